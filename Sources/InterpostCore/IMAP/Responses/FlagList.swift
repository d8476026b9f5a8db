import NIOCore

/// Flags as a server lists them (RFC 9051 §2.3.2): in FLAGS, PERMANENTFLAGS, and FETCH.
///
///     (\Seen $Junk)      system [\Seen], others [$Junk]
///
/// The system flags are bits, so that a listing of a mailbox makes no array for each message.
public struct FlagList: Hashable, Sendable, CustomStringConvertible {
    /// The flags that RFC 3501 §2.3.2 and RFC 9051 §2.3.2 define, one bit each.
    public struct System: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8

        /// A set from its bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let answered = System(rawValue: 1)
        public static let flagged = System(rawValue: 2)
        public static let deleted = System(rawValue: 4)
        public static let seen = System(rawValue: 8)
        public static let draft = System(rawValue: 16)
        /// `\Recent`: of IMAP4rev1 only, deprecated by RFC 9051.
        public static let recent = System(rawValue: 32)
        /// `\*` in PERMANENTFLAGS: a client may make new keywords.
        public static let any = System(rawValue: 64)
    }

    /// The system flags in the list, `\*` included.
    public var system: System
    /// Keywords, and flags with a backslash that are not system flags, in their order.
    public var others: [IMAPString]

    /// A list of flags; empty when both are left out.
    public init(system: System = [], others: [IMAPString] = []) {
        self.system = system
        self.others = others
    }

    fileprivate static let names: [(StaticString, System)] = [
        ("\\Answered", .answered), ("\\Flagged", .flagged), ("\\Deleted", .deleted), ("\\Seen", .seen),
        ("\\Draft", .draft), ("\\Recent", .recent), ("\\*", .any),
    ]
    fileprivate static let byName = KeywordTable(names)

    static func named(_ name: Span<UInt8>) -> System? { Keyword(name).flatMap { byName[$0] } }

    /// By their names; the system flags come first.
    public var flags: [IMAPString] {
        Self.names.filter { system.contains($0.1) }.map { IMAPString($0.0.description) } + others
    }

    public var description: String { "(" + flags.map(\.description).joined(separator: " ") + ")" }
}

extension IMAPReader {
    /// `(\Seen $Junk)`; whatever is in its place is read as flags too.
    mutating func flagList() -> FlagList {
        var flags = FlagList()
        if skipNIL() { note(.nilForList) } else { readList { $0.appendFlag(to: &flags) } }
        return flags
    }

    private mutating func appendFlag(to flags: inout FlagList) {
        if peek == UInt8(ascii: "\\") {
            let place = place
            if let name = keyword(), let flag = FlagList.byName[name] {
                flags.system.insert(flag)
                return
            }
            goBack(to: place)
        }
        if let word = flag() { flags.others.append(word) }
    }

    /// A flag or a mailbox attribute. Gmail has brackets in them, others quotes, and home.pl a lone backslash.
    mutating func flag() -> IMAPString? {
        guard let word = string() else { return nil }
        let name = word.bytes.readableBytesView
        let atom = name.first == UInt8(ascii: "\\") ? name.dropFirst() : name
        if word.form != .atom || atom.isEmpty || atom.contains(where: ByteSet.notInFlags.contains)
            || atom.contains(where: \.isNotASCII)
        {
            note(.flagNotAtom)
        }
        return word
    }

    /// `(\HasNoChildren \Sent)`
    mutating func attributes() -> [IMAPString] {
        var attributes: [IMAPString] = []
        if skipNIL() {
            note(.nilForList)
        } else if isAtList {
            readList { reader in
                if let attribute = reader.flag() { attributes.append(attribute) }
            }
        }
        return attributes
    }
}

extension ByteSet {
    /// Octets that may not be in a flag, apart from those at which a word ends anyway.
    fileprivate static let notInFlags: ByteSet = "{%*\\]"
}

extension UInt8 {
    fileprivate var isNotASCII: Bool { self < 0x21 || self > 0x7E }
}
