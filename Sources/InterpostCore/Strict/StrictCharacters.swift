/// Which octets of printable ASCII a token may hold (RFC 9051 §9).
struct StrictCharacters: Sendable {
    private let isIn: [Bool]

    private init(_ isIn: (UInt8) -> Bool) { self.isIn = (0...UInt8.max).map { $0 < 0x7F && $0 >= 0x20 && isIn($0) } }

    func contains(_ byte: UInt8) -> Bool { isIn[Int(byte)] }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit }

    /// `1*64 of [A-Za-z0-9._-]`, narrower than the RFC: what servers take for a tag differs.
    static let tag = StrictCharacters { isLetterOrDigit($0) || "._-".utf8.contains($0) }
    static let verb = StrictCharacters { isLetterOrDigit($0) || ".-".utf8.contains($0) }
    /// ATOM-CHAR
    static let atom = StrictCharacters { !"(){ %*\"\\]".utf8.contains($0) }
    /// ASTRING-CHAR
    static let astring = StrictCharacters { !"(){ %*\"\\".utf8.contains($0) }
    /// list-char
    static let pattern = StrictCharacters { !"(){ \"\\".utf8.contains($0) }
    /// QUOTED-CHAR without what needs a backslash
    static let quoted = StrictCharacters { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    static let fetchName = StrictCharacters { isLetterOrDigit($0) || ".-".utf8.contains($0) }
    static let base64 = StrictCharacters { isLetterOrDigit($0) || "+/=".utf8.contains($0) }
    /// Characters of RFC 8474 object identifiers.
    static let objectID = StrictCharacters { isLetterOrDigit($0) || "_-".utf8.contains($0) }
    /// ftext of RFC 5322 §3.6.8
    static let fieldName = StrictCharacters { $0 > 0x20 && $0 != UInt8(ascii: ":") }
    static let date = StrictCharacters { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    /// What is written as an atom where a string is allowed.
    static let plain = StrictCharacters { isLetterOrDigit($0) || "._/-".utf8.contains($0) }
    /// What is written as it is: flags, sets, dates, numbers, names of options.
    static let bare = StrictCharacters { !"(){ \"".utf8.contains($0) }
}
