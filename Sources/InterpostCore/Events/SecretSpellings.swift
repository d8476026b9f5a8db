import NIOCore

/// All the ways in which the octets of a secret may be written on the wire.
///
///     sesame"1    sesame\"1    sesame%221    sesame=221    736573616d652231    c2VzYW1lIj…, and two more in base64
struct SecretSpellings: Sendable {
    struct Spelling: Sendable, Hashable {
        /// The name that people use for the spelling.
        var name: String
        var bytes: [UInt8]
    }

    /// Shorter runs of base64 would be found everywhere.
    private static let minimumBase64 = 5

    private(set) var all: [Spelling] = []

    init(_ secret: Secret) {
        let bytes = secret.withExposedBytes { Array($0.readableBytesView) }
        add("as it is", bytes)
        add(
            "in quotes", bytes.flatMap { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), $0] : [$0] })
        add("in JSON", Self.json(bytes))
        add("percent-encoded", bytes.flatMap { $0.isUnreserved ? [$0] : Self.escaped($0, "%") })
        add("percent-encoded", bytes.flatMap { Self.escaped($0, "%") })
        add("quoted-printable", bytes.flatMap { $0.isQuotedPrintable ? [$0] : Self.escaped($0, "=") })
        add("in an encoded word", bytes.flatMap { $0.isWord ? [$0] : $0 == .space ? [UInt8(ascii: "_")] : Self.escaped($0, "=") })
        if let text = String(validating: bytes, as: UTF8.self) {
            add("in modified UTF-7", Array(ModifiedUTF7.encode(text).readableBytesView))
        }
        add("in hexadecimal", bytes.flatMap { Self.escaped($0, "") })
        for shift in 0..<3 {
            let base64 = Self.base64(bytes, behind: shift)
            if base64.count >= Self.minimumBase64 { add("in base64", base64) }
        }
    }

    /// The spellings in which the secret cannot be read as it is: base64, hexadecimal and the like.
    var encoded: [[UInt8]] {
        all.filter { ["in hexadecimal", "in base64", "percent-encoded"].contains($0.name) }.map(\.bytes)
    }

    private mutating func add(_ name: String, _ bytes: [UInt8]) {
        if !all.contains(where: { $0.bytes == bytes }) { all.append(Spelling(name: name, bytes: bytes)) }
    }

    private static func escaped(_ byte: UInt8, _ mark: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return Array(mark.utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private static func json(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): [UInt8(ascii: "\\"), byte]
            case 0..<0x20: Array("\\u00".utf8) + escaped(byte, "")
            default: [byte]
            }
        }
    }

    /// The characters that depend on the secret alone, where `shift` other octets of a group of three come before it.
    private static func base64(_ bytes: [UInt8], behind shift: Int) -> [UInt8] {
        let text = Array(Base64.encode(Array(repeating: 0, count: shift) + bytes).readableBytesView)
        let (start, end) = (min((shift * 8 + 5) / 6, text.count), min((shift + bytes.count) * 8 / 6, text.count))
        // A single octet may determine no character by itself.
        return start < end ? Array(text[start..<end]) : []
    }
}

extension UInt8 {
    /// RFC 3986 §2.3.
    fileprivate var isUnreserved: Bool { isLetter || isDigit || "-._~".utf8.contains(self) }

    /// RFC 2045 §6.7, rule 2.
    fileprivate var isQuotedPrintable: Bool { (0x21...0x7E).contains(self) && self != UInt8(ascii: "=") || self == .space }

    /// RFC 2047 §5, rule 3.
    fileprivate var isWord: Bool { isLetter || isDigit || "!*+-/".utf8.contains(self) }
}
