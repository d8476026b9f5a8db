import NIOCore

/// A command as the gate sends it.
struct WrittenCommand: Sendable {
    /// Each but the last ends in `{n}` and CR LF, and the next waits for the server's `+`.
    var segments: [ByteBuffer]
    /// The last segment ends with this announcement of a message, which follows with a line end behind it.
    var messageLiteral: LiteralAnnouncement?
}

/// Writes commands in one spelling: upper-case verbs, words where words will do, quotes where not, literals for the rest.
///
///     a uid fetch 1:4 (body[text] flags)      → a UID FETCH 1:4 (BODY[TEXT] FLAGS)␍␊
///     a status "x\"y" (messages)              → a STATUS "x\"y" (MESSAGES)␍␊
struct CommandWriter: Sendable {
    /// How the server takes literals (RFC 7888).
    enum Literals: Sendable {
        /// Each one after a `+`.
        case none
        /// Up to 4096 octets at once.
        case minus
        case plus
    }

    private static let maximumQuoted = 1000
    private static let maximumMinus = 4096

    private let literals: Literals
    private var line = ByteBuffer()
    private var segments: [ByteBuffer] = []
    private var messageLiteral: LiteralAnnouncement?

    init(literals: Literals) { self.literals = literals }

    /// `nil` for a command that is not written by anybody: a vendor's, or one with parts that the strict reader does not give.
    func write(_ command: StrictCommand) -> WrittenCommand? {
        var writer = self
        writer.raw(command.tag)
        writer.raw(command.usesUIDs ? " UID " : " ")
        writer.raw(command.name.description)
        guard writer.write(command.body, name: command.name) else { return nil }
        if writer.messageLiteral == nil { writer.raw("\r\n") }
        writer.segments.append(writer.line)
        return WrittenCommand(segments: writer.segments, messageLiteral: writer.messageLiteral)
    }

    private mutating func write(_ body: IMAPCommand.Body, name: Keyword) -> Bool {
        switch body {
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .namespace, .idle, .check, .close, .unselect: break
        case .id(let fields): write(fields)
        case .enable(let names): for name in names { word(name.bytes.uppercased) }
        case .login(let user, let password):
            argument(user)
            password.withExposedBytes { string($0) }
        case .authenticate(let mechanism, let response):
            word(mechanism)
            response?.withExposedBytes { word($0) }
        case .compress(let algorithm): word(algorithm)
        case .language(let tags), .comparator(let tags): for tag in tags { argument(tag) }
        case .select(let mailbox, _, let parameters):
            argument(mailbox)
            options(parameters)
        case .create(let mailbox, let parameters):
            argument(mailbox)
            options(parameters)
        case .delete(let mailbox), .subscribe(let mailbox), .unsubscribe(let mailbox), .getACL(let mailbox),
            .myRights(let mailbox),
            .getQuotaRoot(let mailbox):
            argument(mailbox)
        case .rename(let old, let new, _):
            argument(old)
            argument(new)
        case .list(let request): write(request)
        case .status(let mailbox, let items):
            argument(mailbox)
            words(items)
        case .append(let mailbox, let messages):
            guard messages.count == 1, let message = messages.first else { return false }
            argument(mailbox)
            return write(message)
        case .expunge(let set): if let set { word(set.text) }
        case .search(let request): write(request, hasCharset: false)
        case .sort(let criteria, let request):
            write(returns: request.returns)
            words(criteria)
            write(SearchRequest(charset: request.charset, keys: request.keys), hasCharset: true)
        case .thread(let algorithm, let request):
            word(algorithm)
            write(SearchRequest(charset: request.charset, keys: request.keys), hasCharset: true)
        case .fetch(let set, let items, let modifiers):
            word(set.text)
            write(items)
            options(modifiers)
        case .store(let set, let request):
            word(set.text)
            return write(request)
        case .copy(let set, let mailbox), .move(let set, let mailbox):
            word(set.text)
            argument(mailbox)
        case .setACL(let mailbox, let identifier, let rights):
            argument(mailbox)
            argument(identifier)
            argument(rights)
        case .deleteACL(let mailbox, let identifier), .listRights(let mailbox, let identifier):
            argument(mailbox)
            argument(identifier)
        case .getQuota(let root): argument(root)
        case .setQuota(let root, let limits):
            argument(root)
            raw(" (" + limits.map { "\($0.resource) \($0.limit)" }.joined(separator: " ") + ")")
        case .getMetadata(let mailbox, let entries, let modifiers):
            options(modifiers)
            argument(mailbox)
            list(entries)
        case .setMetadata(let mailbox, let entries):
            argument(mailbox)
            write(entries)
        case .getAnnotation(let mailbox, let entries, let attributes):
            argument(mailbox)
            list(entries)
            list(attributes)
        case .notify(nil): raw(" NONE")
        case .cancelUpdate(let tags): for tag in tags { quoted(tag.bytes) }
        case .conversions(let source, let target):
            argument(source)
            argument(target)
        case .uidBatches(let size, let range):
            raw(" \(size)")
            if let range { word(range.text) }
        default: return false
        }
        return true
    }

    // MARK: - Parts of commands

    private mutating func write(_ fields: [IDField]) {
        guard !fields.isEmpty else { return raw(" NIL") }
        raw(" (")
        for (index, field) in fields.enumerated() {
            if index > 0 { raw(" ") }
            bareString(field.name.bytes, asAtom: false)
            raw(" ")
            if let value = field.value { bareString(value.bytes, asAtom: false) } else { raw("NIL") }
        }
        raw(")")
    }

    private mutating func write(_ request: ListRequest) {
        if !request.selection.isEmpty { options(request.selection) }
        quoted(request.reference.bytes)
        if request.patterns.count == 1 {
            quoted(request.patterns[0].bytes)
        } else {
            raw(" (")
            for (index, pattern) in request.patterns.enumerated() {
                if index > 0 { raw(" ") }
                bareString(pattern.bytes, asAtom: false)
            }
            raw(")")
        }
        if !request.returns.isEmpty {
            raw(" RETURN")
            options(request.returns)
        }
    }

    private mutating func write(_ message: AppendedMessage) -> Bool {
        if !message.flags.isEmpty { flags(message.flags) }
        if let date = message.internalDate { quoted(date.bytes) }
        let isBinary: Bool
        let length: Int
        switch message.parts.first {
        case .text(let octets): (isBinary, length) = (false, octets)
        case .binary(let octets): (isBinary, length) = (true, octets)
        default: return false
        }
        guard message.parts.count == 1, message.extensions.isEmpty else { return false }
        let literal = LiteralAnnouncement(length: length, isNonSynchronising: goesAtOnce(length), isBinary: isBinary)
        raw(isBinary ? " ~{\(length)" : " {\(length)")
        raw(literal.isNonSynchronising ? "+}\r\n" : "}\r\n")
        messageLiteral = literal
        return true
    }

    private mutating func write(_ request: StoreRequest) -> Bool {
        options(request.modifiers)
        let sign =
            switch request.operation {
            case .add: " +"
            case .remove: " -"
            case .replace: " "
            }
        let silent = request.isSilent ? ".SILENT" : ""
        switch request.item {
        case .flags(let names):
            raw("\(sign)FLAGS\(silent)")
            flags(names)
        case .labels(let labels):
            raw("\(sign)X-GM-LABELS\(silent) (")
            for (index, label) in labels.enumerated() {
                if index > 0 { raw(" ") }
                if label.form == .atom, label.bytes.byte(at: label.bytes.readerIndex) == UInt8(ascii: "\\") {
                    raw(label.bytes)
                } else {
                    bareString(label.bytes)
                }
            }
            raw(")")
        case .annotations, .other: return false
        }
        return true
    }

    private mutating func write(_ items: [FetchItem]) {
        if items.count == 1, !items[0].expansion.isEmpty { return word(items[0].name) }
        raw(" (")
        for (index, item) in items.enumerated() {
            if index > 0 { raw(" ") }
            raw(item.name.description)
            if let section = item.section { write(section) }
            if let partial = item.partial { raw("<\(partial.offset).\(partial.count ?? 0)>") }
            for argument in item.arguments {
                raw(" ")
                value(argument)
            }
        }
        raw(")")
    }

    private mutating func write(_ section: FetchSection) {
        raw("[")
        raw(section.part.map(\.description).joined(separator: "."))
        if !section.part.isEmpty, section.content != .whole { raw(".") }
        switch section.content {
        case .whole, .other: break
        case .header: raw("HEADER")
        case .text: raw("TEXT")
        case .mime: raw("MIME")
        case .headerFields(let names):
            raw("HEADER.FIELDS")
            list(names)
        case .headerFieldsNot(let names):
            raw("HEADER.FIELDS.NOT")
            list(names)
        }
        raw("]")
    }

    private mutating func write(_ entries: [MetadataEntry]) {
        raw(" (")
        for (index, entry) in entries.enumerated() {
            if index > 0 { raw(" ") }
            bareString(entry.name.bytes)
            raw(" ")
            guard let value = entry.value else {
                raw("NIL")
                continue
            }
            if value.form == .literal8 { literal(value.bytes, isBinary: true) } else { bareString(value.bytes, asAtom: false) }
        }
        raw(")")
    }

    // MARK: - Values

    mutating func raw(_ text: String) { line.writeString(text) }

    mutating func raw(_ bytes: ByteBuffer) { line.writeImmutableBuffer(bytes) }

    mutating func word(_ bytes: ByteBuffer) {
        raw(" ")
        raw(bytes)
    }

    mutating func word(_ keyword: Keyword) { raw(" \(keyword)") }

    private mutating func words(_ keywords: [Keyword]) {
        raw(" (" + keywords.map(\.description).joined(separator: " ") + ")")
    }

    private mutating func argument(_ mailbox: MailboxName) {
        if mailbox.string.isINBOX { raw(" INBOX") } else { string(mailbox.string.bytes) }
    }

    mutating func argument(_ value: IMAPString) { string(value.bytes) }

    /// An astring with a space in front.
    mutating func string(_ bytes: ByteBuffer) {
        raw(" ")
        bareString(bytes)
    }

    /// The same, never as a word.
    mutating func quoted(_ bytes: ByteBuffer) {
        raw(" ")
        bareString(bytes, asAtom: false)
    }

    mutating func bareString(_ bytes: ByteBuffer, asAtom: Bool = true) {
        if asAtom, bytes.isPlainWord {
            raw(bytes)
        } else if bytes.readableBytes <= Self.maximumQuoted, bytes.readableBytesView.allSatisfy({ $0 >= .space && $0 < 0x7F }) {
            raw("\"")
            for byte in bytes.readableBytesView {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { raw("\\") }
                line.writeInteger(byte)
            }
            raw("\"")
        } else {
            literal(bytes, isBinary: false)
        }
    }

    private mutating func literal(_ bytes: ByteBuffer, isBinary: Bool) {
        let length = bytes.readableBytes
        raw(isBinary ? "~{\(length)" : "{\(length)")
        if goesAtOnce(length) {
            raw("+}\r\n")
        } else {
            raw("}\r\n")
            segments.append(line)
            line = ByteBuffer()
        }
        raw(bytes)
    }

    private func goesAtOnce(_ length: Int) -> Bool {
        switch literals {
        case .none: false
        case .minus: length <= Self.maximumMinus
        case .plus: true
        }
    }

    private mutating func list(_ strings: [IMAPString]) {
        raw(" (")
        for (index, string) in strings.enumerated() {
            if index > 0 { raw(" ") }
            bareString(string.bytes)
        }
        raw(")")
    }

    private mutating func flags(_ names: [IMAPString]) {
        raw(" (" + names.map { String(buffer: $0.bytes) }.joined(separator: " ") + ")")
    }

    /// ` (A B (x y))`; nothing for no options.
    private mutating func options(_ options: [IMAPOption]) {
        guard !options.isEmpty else { return }
        raw(" (")
        for (index, option) in options.enumerated() {
            if index > 0 { raw(" ") }
            raw(option.name.description)
            guard let argument = option.argument else { continue }
            raw(" ")
            value(argument)
        }
        raw(")")
    }

    /// Words and numbers that the strict reader has looked at, in lists of such.
    private mutating func value(_ value: IMAPValue) {
        switch value {
        case .nil: raw("NIL")
        case .string(let string): raw(string.bytes)
        case .list(let values):
            raw("(")
            for (index, value) in values.enumerated() {
                if index > 0 { raw(" ") }
                self.value(value)
            }
            raw(")")
        }
    }
}

extension ByteBuffer {
    /// What no server takes for anything else than a word.
    fileprivate var isPlainWord: Bool {
        readableBytes > 0 && !equalsIgnoringCase("NIL")
            && readableBytesView.allSatisfy { $0.isTagChar || $0 == UInt8(ascii: "/") }
    }

    fileprivate var uppercased: ByteBuffer { ByteBuffer(bytes: readableBytesView.map(\.uppercased)) }
}
