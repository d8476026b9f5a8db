public import NIOCore

/// Text of a header for people: the encoded words in it are decoded (RFC 2047).
///
///     =?iso-8859-1?Q?Entw=FCrfe?= (2)      Entwürfe (2)
///
/// UTF-8, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252 are known; words in other charsets stay as they are. Control
/// characters come out as spaces, so that a subject cannot draw on a terminal.
public enum EncodedWords {
    /// How many octets of a text are looked at.
    public static let standardLimit = 4096

    /// Decodes the first `limit` octets; when there are more, the text ends in `…`.
    public static func decode(_ text: ByteBuffer, limit: Int = standardLimit) -> String {
        let bytes = Array(text.readableBytesView.prefix(max(0, limit)))[...]
        var decoded = Decoded()
        var index = bytes.startIndex
        var plain = index
        while let start = bytes[index...].firstIndex(of: UInt8(ascii: "=")) {
            guard let word = EncodedWord(at: start, in: bytes), let octets = word.decoded else {
                index = start + 1
                continue
            }
            decoded.append(plain: bytes[plain..<start], isBetweenWords: plain > bytes.startIndex)
            decoded.append(octets, in: word.charset)
            index = word.end
            plain = index
        }
        decoded.append(plain: bytes[plain...], isBetweenWords: false)
        return decoded.text + (bytes.count < text.readableBytes ? "…" : "")
    }

    /// What has been decoded so far. Octets of neighbouring words are put together first, because many mailers cut
    /// words in the middle of a character.
    private struct Decoded {
        private var finished = ""
        private var octets: [UInt8] = []
        private var charset = Charset.utf8

        var text: String {
            mutating get {
                flush()
                return finished
            }
        }

        /// White space between two encoded words is not part of the text.
        mutating func append(plain: ArraySlice<UInt8>, isBetweenWords: Bool) {
            if isBetweenWords, plain.allSatisfy({ $0 == .space || $0 == 9 || $0 == .carriageReturn || $0 == .lineFeed }) {
                return
            }
            append(plain, in: .utf8)
            flush()
        }

        mutating func append(_ new: some Sequence<UInt8>, in charset: Charset) {
            if charset != self.charset { flush() }
            self.charset = charset
            octets += new
        }

        private mutating func flush() {
            guard !octets.isEmpty else { return }
            let text = charset.decode(octets).unicodeScalars.map { scalar in
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? " " : scalar
            }
            finished.unicodeScalars += text
            octets.removeAll(keepingCapacity: true)
        }
    }
}

/// `=?charset?Q?text?=`, `=?charset*language?B?text?=`
private struct EncodedWord {
    let charset: Charset
    private let isBase64: Bool
    private let text: ArraySlice<UInt8>
    let end: Int

    /// - Parameter start: Where a `=` is. Looks no further than the fourth `?` after it.
    init?(at start: Int, in bytes: ArraySlice<UInt8>) {
        var rest = bytes[start...].dropFirst()
        guard rest.popFirst() == UInt8(ascii: "?"), let mark = rest.prefix(64).firstIndex(of: UInt8(ascii: "?")) else {
            return nil
        }
        let name = rest[rest.startIndex..<mark].prefix { $0 != UInt8(ascii: "*") }
        guard let charset = Charset(name) else { return nil }
        rest = rest[(mark + 1)...]
        guard let encoding = rest.popFirst()?.uppercased, rest.popFirst() == UInt8(ascii: "?"),
            encoding == UInt8(ascii: "B") || encoding == UInt8(ascii: "Q"),
            let close = rest.firstIndex(of: UInt8(ascii: "?")), close + 1 < rest.endIndex,
            rest[close + 1] == UInt8(ascii: "=")
        else { return nil }
        self.charset = charset
        isBase64 = encoding == UInt8(ascii: "B")
        text = rest[rest.startIndex..<close]
        end = close + 2
    }

    /// `nil` when the text is not in the encoding.
    var decoded: [UInt8]? { isBase64 ? Self.base64(text) : Self.quoted(text) }

    /// Padding may be missing.
    private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var octets: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        for character in text where character != UInt8(ascii: "=") {
            guard let value = Base64.value(of: character) else { return nil }
            // At most 6 bits are left over from before.
            group = (group << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            octets.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
        }
        return octets
    }

    private static func quoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var octets: [UInt8] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case UInt8(ascii: "_"): octets.append(.space)
            case UInt8(ascii: "="):
                guard let high = rest.popFirst()?.hexadecimalValue, let low = rest.popFirst()?.hexadecimalValue else {
                    return nil
                }
                octets.append(high << 4 | low)
            default: octets.append(character)
            }
        }
        return octets
    }
}

extension UInt8 {
    fileprivate var hexadecimalValue: UInt8? {
        switch uppercased {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: uppercased - 0x37
        default: nil
        }
    }
}

/// The charsets that are decoded.
private enum Charset {
    case utf8, latin9, windows1252

    /// `nil` for one that is not known.
    init?(_ name: some Sequence<UInt8>) {
        switch String(decoding: name.map(\.uppercased), as: UTF8.self) {
        case "UTF-8", "UTF8", "US-ASCII", "ASCII", "ANSI_X3.4-1968": self = .utf8
        // As in HTML, ISO-8859-1 is read as the superset that is meant: its own control characters are never used.
        case "ISO-8859-1", "ISO8859-1", "ISO_8859-1", "LATIN1", "WINDOWS-1252", "CP1252", "CP-1252": self = .windows1252
        case "ISO-8859-15", "ISO8859-15", "LATIN9": self = .latin9
        default: return nil
        }
    }

    func decode(_ octets: [UInt8]) -> String {
        switch self {
        case .utf8: return String(decoding: octets, as: UTF8.self)
        default: break
        }
        var text = ""
        for octet in octets { text.unicodeScalars.append(scalar(octet)) }
        return text
    }

    private func scalar(_ octet: UInt8) -> Unicode.Scalar {
        let table = self == .windows1252 ? Self.windows1252Table : Self.latin9Table
        return table[octet] ?? Unicode.Scalar(octet)
    }

    /// Where it differs from ISO-8859-1.
    private static let windows1252Table: [UInt8: Unicode.Scalar] = [
        0x80: "\u{20AC}", 0x82: "\u{201A}", 0x83: "\u{0192}", 0x84: "\u{201E}", 0x85: "\u{2026}", 0x86: "\u{2020}",
        0x87: "\u{2021}", 0x88: "\u{02C6}", 0x89: "\u{2030}", 0x8A: "\u{0160}", 0x8B: "\u{2039}", 0x8C: "\u{0152}",
        0x8E: "\u{017D}", 0x91: "\u{2018}", 0x92: "\u{2019}", 0x93: "\u{201C}", 0x94: "\u{201D}", 0x95: "\u{2022}",
        0x96: "\u{2013}", 0x97: "\u{2014}", 0x98: "\u{02DC}", 0x99: "\u{2122}", 0x9A: "\u{0161}", 0x9B: "\u{203A}",
        0x9C: "\u{0153}", 0x9E: "\u{017E}", 0x9F: "\u{0178}",
    ]

    /// Where it differs from ISO-8859-1.
    private static let latin9Table: [UInt8: Unicode.Scalar] = [
        0xA4: "\u{20AC}", 0xA6: "\u{0160}", 0xA8: "\u{0161}", 0xB4: "\u{017D}", 0xB8: "\u{017E}", 0xBC: "\u{0152}",
        0xBD: "\u{0153}", 0xBE: "\u{0178}",
    ]
}
