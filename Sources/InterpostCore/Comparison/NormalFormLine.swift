import NIOCore

/// Writes a command or response anew in its normal form: what differs from run to run is made alike.
///
///     * 3 FETCH (UID 4711 INTERNALDATE "17-Jul-2026 02:44:25 +0000" BODY[] {5}␍␊…)␍␊
///     * 3 FETCH (UID u1 INTERNALDATE "<date>" BODY[] {5:9af1…})
///
/// One pass over the words, with nothing nested but a count: a word says what follows it.
struct NormalFormLine {
    /// The meaning of the words that do not show it themselves.
    struct Context {
        /// What the first words are.
        var slots: [NormalFormSlot] = []
        /// All numbers are UIDs: `* SEARCH 4711 4713`.
        var isRunOfUIDs = false
        /// `* ESEARCH (TAG "a") UID ALL 4711:4713`
        var isSearchResult = false
        /// Strings that look like dates are dates.
        var hasDates = false
        var mailbox: UInt64 = 0
        /// The mailbox of the UIDs after the first ones, and of the validity: what COPYUID says of the copies.
        var otherMailbox: UInt64?
    }

    private let bytes: [UInt8]
    private let base: Int
    private let literals: [IMAPText.Literal]
    private let digests: [String]
    private let normalisation: Normalisation
    private var context: Context
    private var pending: ArraySlice<NormalFormSlot>
    private var depth = 0
    /// The slots are those of a list at this depth, and are dropped after it.
    private var pendingDepth = 0
    private var findsUIDs = false
    private var index = 0
    private var nextLiteral = 0
    private var sets = 0

    /// - Parameter digests: The digests of the literals, in their order.
    init(_ text: IMAPText, digests: [String], _ normalisation: Normalisation, _ context: Context) {
        bytes = Array(buffer: text.bytes)
        base = text.bytes.readerIndex
        literals = text.literals
        self.digests = digests
        self.normalisation = normalisation
        self.context = context
        pending = context.slots[...]
    }

    /// - Parameter tag: What stands for a tag.
    mutating func write(_ names: inout NormalFormNames, to text: inout [UInt8], tag: (ArraySlice<UInt8>) -> String) {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "("):
                depth += 1
                if pendingDepth == 0, !pending.isEmpty { pendingDepth = depth }
                copy(to: &text)
            case UInt8(ascii: ")"):
                if depth <= pendingDepth || pendingDepth == 0 { (pending, pendingDepth) = ([], 0) }
                depth = max(0, depth - 1)
                copy(to: &text)
            case UInt8(ascii: "\""): writeQuoted(&names, to: &text, tag)
            case UInt8(ascii: "{"), UInt8(ascii: "~"):
                if !writeLiteral(to: &text) { writeWord(&names, to: &text, tag) }
            case let byte where byte == .space || byte == 9: copy(to: &text)
            default: writeWord(&names, to: &text, tag)
            }
        }
    }

    private mutating func copy(to text: inout [UInt8]) {
        text.append(bytes[index])
        index += 1
    }

    /// The slot that is here, if it is to be made alike.
    private mutating func nextSlot() -> NormalFormSlot? {
        guard let slot = pending.popFirst() else { return nil }
        if pending.isEmpty { pendingDepth = 0 }
        return slot.normalisation.isSubset(of: normalisation) ? slot : .kept
    }

    // MARK: - Words

    private mutating func writeWord(
        _ names: inout NormalFormNames, to text: inout [UInt8], _ tag: (ArraySlice<UInt8>) -> String
    ) {
        let start = index
        index += 1
        while index < bytes.count, !ByteSet.wordEnds.contains(bytes[index]) { index += 1 }
        let word = bytes[start..<index]
        let slot = nextSlot()
        if let slot, slot.fits(word) { return write(word, as: slot, &names, to: &text, tag) }
        if context.isRunOfUIDs, slot == nil, normalisation.contains(.uids), NormalFormNames.isSet(word) {
            return write(word, as: .uids, &names, to: &text, tag)
        }
        text.append(contentsOf: word)
        guard slot != .kept, let name = Keyword(Array(word).span) else { return }
        if context.isSearchResult, depth == 0, name == Keyword("UID") {
            findsUIDs = true
            return
        }
        let slots = findsUIDs ? NormalFormSlot.behindFound(name) : NormalFormSlot.behind(name)
        if !slots.isEmpty { (pending, pendingDepth) = (slots[...], 0) }
    }

    private mutating func write(
        _ word: ArraySlice<UInt8>, as slot: NormalFormSlot, _ names: inout NormalFormNames, to text: inout [UInt8],
        _ tag: (ArraySlice<UInt8>) -> String
    ) {
        switch slot {
        case .kept: text.append(contentsOf: word)
        case .uids:
            sets += 1
            names.write(set: word, of: sets > 1 ? context.otherMailbox ?? context.mailbox : context.mailbox, to: &text)
        case .modSequence:
            names.write(NormalFormNames.number(word) ?? 0, .modSequence, of: context.mailbox, to: &text)
        case .validity:
            names.write(NormalFormNames.number(word) ?? 0, .validity, of: context.otherMailbox ?? context.mailbox, to: &text)
        case .id: names.write(Hash64(word).value, .id, of: 0, to: &text)
        case .date: text.append(contentsOf: "<date>".utf8)
        case .tag: text.append(contentsOf: tag(word).utf8)
        case .user: text.append(contentsOf: "<user>".utf8)
        case .secret: text.append(contentsOf: "<secret>".utf8)
        }
    }

    private mutating func writeQuoted(
        _ names: inout NormalFormNames, to text: inout [UInt8], _ tag: (ArraySlice<UInt8>) -> String
    ) {
        let start = index + 1
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
        let value = bytes[start..<min(end, bytes.count)]
        index = min(end + 1, bytes.count)
        let slot = nextSlot()
        text.append(UInt8(ascii: "\""))
        if let slot, slot.fits(value) {
            write(value, as: slot, &names, to: &text, tag)
        } else if slot == nil, context.hasDates, normalisation.contains(.dates), Self.looksLikeDate(value) {
            text.append(contentsOf: "<date>".utf8)
        } else {
            text.append(contentsOf: value)
        }
        if end < bytes.count { text.append(UInt8(ascii: "\"")) }
    }

    /// Whether the announcement of the next literal is here.
    private mutating func writeLiteral(to text: inout [UInt8]) -> Bool {
        guard nextLiteral < literals.count else { return false }
        let end = literals[nextLiteral].position - base
        guard end > index, end <= bytes.count, !bytes[index..<end].contains(.space), bytes[index..<end].last == .lineFeed
        else { return false }
        if bytes[index] == UInt8(ascii: "~") { text.append(bytes[index]) }
        if let slot = nextSlot(), slot == .user || slot == .secret {
            text.append(contentsOf: "{<\(slot == .user ? "user" : "secret")>}".utf8)
        } else {
            text.append(contentsOf: (nextLiteral < digests.count ? digests[nextLiteral] : "{?}").utf8)
        }
        if bytes[index..<end].contains(UInt8(ascii: "+")) { text.append(UInt8(ascii: "+")) }
        index = end
        nextLiteral += 1
        return true
    }

    /// `17-Jul-2026 02:44:25 +0000`, `Fri, 17 Jul 2026 02:44:25 +0200`
    private static func looksLikeDate(_ text: ArraySlice<UInt8>) -> Bool {
        guard (11...64).contains(text.count), text.contains(UInt8(ascii: ":")), text.contains(where: \.isDigit) else {
            return false
        }
        let words = text.split { !$0.isLetter }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return words.count <= 3 && words.contains { word in months.contains { $0.utf8.elementsEqual(word) } }
    }
}
