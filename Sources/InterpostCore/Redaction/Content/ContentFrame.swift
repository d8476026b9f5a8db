import NIOCore

/// A list, or the arguments of a command or response, while they are read: which value is next, and what it is.
struct ContentFrame: Sendable {
    let shape: ContentShape
    /// How many values come before the next one.
    private var index = 0
    /// What the next values are, where a word has said so.
    private var queue: [ContentSlot] = []
    /// The word that decides what follows: the type of a part, the item of STORE.
    private var word: [UInt8] = []
    private var isMultipart = false
    private var messages = 0

    init(_ shape: ContentShape) { self.shape = shape }

    /// A name of an item of FETCH is next, which may have brackets.
    var expectsItem: Bool { if case .named(.fetch) = shape { queue.isEmpty } else { false } }

    /// `"\"` may be next, which is a whole string.
    var expectsSeparator: Bool {
        switch shape {
        case .listed, .namespace: index == 1
        default: false
        }
    }

    /// Takes a string, and says what it is.
    /// - Parameter text: Its octets, as far as they are known; they matter in words of the protocol.
    mutating func string(_ text: [UInt8], _ form: ContentMappers.Form) -> ContentRole {
        defer { index += 1 }
        if !queue.isEmpty { return queue.removeFirst().string }
        func isWord(_ word: StaticString) -> Bool { form == .atom && ContentTable.isName(word, text) }
        switch shape {
        case .kept, .namespaces: return .kept
        case .each(.words): return Address.placeholders.contains(ByteBuffer(bytes: text)) ? .kept : .words
        case .each(let role): return role
        case .sequence(let slots): return slots[min(index, slots.count - 1)].string
        case .named(let table):
            queue = [table.slot(text)]
            return .kept
        case .envelope: return index == 0 ? .kept : .words
        case .body: return bodyString(text)
        case .namespace: return index == 0 ? .mailbox : .kept
        case .listed: return index < 2 ? .kept : .mailbox
        case .listRequest:
            if isWord("RETURN"), index > 1 { queue = [ContentSlot(.mailbox, list: .kept)] }
            return isWord("RETURN") && index > 1 ? .kept : .mailbox
        // Names that are not quoted may have several words.
        case .status: return .mailbox
        case .getMetadata:
            defer { messages = 1 }
            return messages == 0 ? .mailbox : .kept
        case .rights: return index == 0 ? .mailbox : index % 2 == 1 ? .user : .kept
        case .search(let skipped): return index < skipped ? .kept : searchString(text, form)
        case .appended(let place): return appendedString(text, form, mailboxAt: place)
        case .catenated:
            if isWord("URL") { queue = [.kept] }
            guard form != .atom else { return .kept }
            defer { messages += 1 }
            return messages == 0 ? .message(.header) : .restOfMessage
        case .stored: return storedString(text)
        case .notified:
            if isWord("MAILBOXES") || isWord("SUBTREE") { queue = [ContentSlot(.mailbox)] }
            return .kept
        case .converted: return .kept
        case .urlFetched:
            if isWord("BODY") || isWord("BINARY") { queue = [ContentSlot(.message(.unknown))] }
            if isWord("BODYPARTSTRUCTURE") { queue = [ContentSlot(.kept, list: .body)] }
            return form == .literal || index % 2 == 1 ? .message(.unknown) : .kept
        case .pushService:
            if ContentTable.isName("MAILBOXES", text) { queue = [ContentSlot(.mailbox)] }
            return .kept
        case .filter: return filterString(text)
        }
    }

    /// Begins a list, and says what is in it.
    mutating func list() -> ContentShape {
        defer { index += 1 }
        if !queue.isEmpty { return queue.removeFirst().list }
        switch shape {
        case .kept, .listed, .getMetadata: return .kept
        case .each, .named, .search, .urlFetched: return shape.nested
        case .sequence(let slots): return slots[min(index, slots.count - 1)].list
        case .envelope: return .each(.words)
        case .body: return bodyList()
        case .namespaces: return depthOfNamespaces
        case .namespace: return .kept
        case .listRequest: return index == 0 ? .kept : .each(.mailbox)
        case .status: return .named(.statusItems)
        case .rights: return .kept
        case .appended: return .each(.flag)
        case .catenated: return .catenated
        case .stored: return word.isEmpty ? .kept : storedSlot.list
        case .notified: return .notified
        case .converted: return index == 0 ? .kept : .named(.fetch)
        case .pushService: return .each(.mailbox)
        case .filter: return .search(skipping: 0)
        }
    }

    /// `((prefix separator) …) NIL ((…))`: the lists in lists are namespaces.
    private var depthOfNamespaces: ContentShape { .sequence([ContentSlot(.kept, list: .namespace)]) }

    // MARK: - BODYSTRUCTURE

    /// The fields before the extensions: what a part of this type has.
    private mutating func bodyString(_ text: [UInt8]) -> ContentRole {
        if isMultipart { return index == 0 || index == 3 ? .kept : .words }
        switch index {
        case 0:
            word = text
            return .kept
        case 1:
            // Only message types contain another message, apart from those that hold only a header.
            messages = ContentTable.isName("RFC822", text) || ContentTable.isName("GLOBAL", text) ? 1 : 0
            return .kept
        case 2, 5, 6: return .kept
        case 3, 4: return .words
        default:
            let extensions = firstExtension
            // MD5, disposition, language, location.
            return index < extensions || index == extensions + 2 ? .kept : .words
        }
    }

    private var firstExtension: Int {
        if ContentTable.isName("TEXT", word) { return 8 }
        return ContentTable.isName("MESSAGE", word) && messages == 1 ? 10 : 7
    }

    private mutating func bodyList() -> ContentShape {
        if index == 0 {
            (isMultipart, index) = (true, -1)
            return .body
        }
        if isMultipart { return index == 3 ? .kept : .named(.parameters) }
        // A subtype is missing.
        if index == 1 { index = 2 }
        if firstExtension == 10, index == 7 { return .envelope }
        if firstExtension == 10, index == 8 { return .body }
        return index == firstExtension + 2 ? .kept : .named(.parameters)
    }

    // MARK: - Commands

    private mutating func searchString(_ text: [UInt8], _ form: ContentMappers.Form) -> ContentRole {
        guard form == .atom, let name = Keyword(text.span) else { return form == .atom ? .kept : .searched }
        if let slots = Self.searchKeys[name] {
            queue = slots
        } else if let read = Self.wordsBeforeLists[name] {
            queue = [read]
        }
        return .kept
    }

    private static let wordsBeforeLists = KeywordTable<ContentSlot>([
        ("RETURN", .kept), ("IN", ContentSlot(.kept, list: .notified)),
    ])

    private static let searchKeys = KeywordTable<[ContentSlot]>(
        [
            ("HEADER", [.kept, ContentSlot(.searched)]), ("KEYWORD", [ContentSlot(.flag)]),
            ("UNKEYWORD", [ContentSlot(.flag)]), ("CHARSET", [.kept]),
            ("ANNOTATION", [.kept, .kept, ContentSlot(.searched)]), ("EMAILID", [ContentSlot(.identifier)]),
            ("THREADID", [ContentSlot(.identifier)]), ("X-GM-LABELS", [ContentSlot(.label)]),
            ("X-GM-MSGID", [ContentSlot(.number)]), ("X-GM-THRID", [ContentSlot(.number)]),
        ]
            + (["BCC", "CC", "FROM", "SUBJECT", "TO", "BODY", "TEXT", "X-GM-RAW"] as [StaticString]).map {
                ($0, [ContentSlot(.searched)])
            }
            + ([
                "BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE", "SAVEDBEFORE", "SAVEDON", "SAVEDSINCE", "FILTER",
            ] as [StaticString]).map { ($0, [.kept]) })

    private mutating func appendedString(
        _ text: [UInt8], _ form: ContentMappers.Form, mailboxAt place: Int
    ) -> ContentRole {
        if index <= place { return index == place ? .mailbox : .kept }
        switch form {
        case .quoted: return .kept
        case .literal: return .message(.header)
        case .atom:
            if ContentTable.isName("CATENATE", text) {
                queue = [ContentSlot(.kept, list: .catenated)]
            } else if ContentTable.isName("UTF8", text) {
                queue = [ContentSlot(.kept, list: .catenated)]
            } else {
                queue = [ContentSlot(.kept, list: .named(.annotations))]
            }
            return .kept
        }
    }

    private mutating func storedString(_ text: [UInt8]) -> ContentRole {
        if index == 0 { return .kept }
        if !word.isEmpty { return storedSlot.string }
        let hasSign = text.first == UInt8(ascii: "+") || text.first == UInt8(ascii: "-")
        word = Array(text.dropFirst(hasSign ? 1 : 0))
        return .kept
    }

    private var storedSlot: ContentSlot {
        let name = ByteBuffer(bytes: word)
        if name.hasPrefixIgnoringCase("FLAGS") { return ContentSlot(.flag) }
        if name.hasPrefixIgnoringCase("X-GM-LABELS") { return ContentSlot(.label) }
        return name.equalsIgnoringCase("ANNOTATION")
            ? ContentSlot(.searched, list: .named(.annotations)) : ContentSlot(.unknown)
    }

    /// `SIEVE SCRIPT {n}`, followed by keys of a search.
    private mutating func filterString(_ text: [UInt8]) -> ContentRole {
        switch index {
        case 0: return .kept
        case 1:
            messages = ContentTable.isName("DELIVERY", text) ? 0 : 1
            if messages == 1 { queue = [ContentSlot(.text)] }
            return .kept
        default: return searchString(text, .atom)
        }
    }
}

extension ContentShape {
    /// What a list is in a place where nothing else is known about it.
    fileprivate var nested: ContentShape { if case .search = self { .search(skipping: 0) } else { self } }
}
