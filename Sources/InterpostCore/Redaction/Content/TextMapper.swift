/// A ``WordMapper`` that also knows what occurs in texts of mail: quoted-printable and encoded words.
///
///     caf=C3=A9 au lait                caf=C3=A9 -> wqb=C3=8E …      still quoted-printable
///     =?utf-8?Q?Gr=C3=BC=C3=9Fe?=      charset, encoding and frame stay, the text in them is mapped
///     =?utf-8?B?R3LDvMOfZQ==?=         base64 of text stays that, see ``Base64TextMapper``
///
/// What it makes of an octet depends only on the octets before it, never on those after: a text may come in any pieces.
struct TextMapper: Sendable {
    /// Where the text is within something that begins with `=`.
    private enum Place: Equatable {
        case text
        /// After `=`, or after `%` where that counts.
        case sign
        case hexDigit(UInt8)
        /// In `=?charset`, after this many octets of it.
        case charset(Int)
        /// After `=?charset?`: the letter that says how the text is encoded.
        case encoding
        /// After that letter.
        case encoded(isBase64: Bool)
        case base64Word
    }

    private let seed: PseudonymSeed
    private var words: WordMapper
    private var base64: Base64TextMapper
    /// The beginning of the charset of the encoded word.
    private var charset: [UInt8] = []
    private var place = Place.text
    /// Whether `%C3` is a character, too, as in parameters of RFC 2231.
    var readsPercent = false

    private static let maximumCharset = 40

    init(_ seed: PseudonymSeed) {
        self.seed = seed
        words = WordMapper(seed)
        base64 = Base64TextMapper(seed, isUTF8: true)
    }

    /// Begins a new text.
    mutating func reset() {
        words.reset()
        place = .text
    }

    @inline(__always) mutating func map(_ byte: UInt8) -> UInt8 {
        if place == .text {
            if byte == UInt8(ascii: "=") || (readsPercent && byte == UInt8(ascii: "%")) { place = .sign }
            return words.map(byte)
        }
        return mapOdd(byte)
    }

    mutating func map(_ bytes: inout MutableSpan<UInt8>, in range: Range<Int>) {
        for index in range { bytes[index] = map(bytes[index]) }
    }

    /// Maps up to a line end, which is mapped too, or up to `end`; says where that is.
    mutating func mapLine(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            if place == .text { index = words.mapPlain(&bytes, from: index, to: end) }
            guard index < end else { break }
            let byte = bytes[index]
            bytes[index] = map(byte)
            index += 1
            if byte == .lineFeed { break }
        }
        return index
    }

    private mutating func mapOdd(_ byte: UInt8) -> UInt8 {
        switch place {
        case .text, .sign:
            if WordMapper.hexValue(byte) != nil {
                place = .hexDigit(byte)
                return byte
            }
            if byte == UInt8(ascii: "?") {
                place = .charset(0)
                charset.removeAll(keepingCapacity: true)
            } else if byte != UInt8(ascii: "=") {
                place = .text
            }
            return words.map(byte)
        case .hexDigit(let first):
            place = .text
            guard WordMapper.hexValue(byte) != nil else { return map(byte) }
            return words.mapSecondHexDigit(byte, behind: first)
        case .charset(let count):
            if byte == UInt8(ascii: "?"), count > 0 { place = .encoding } else { place = .charset(count + 1) }
            guard count < Self.maximumCharset, Self.mayBeInCharset(byte) else {
                place = .text
                return map(byte)
            }
            if count < 3 { charset.append(byte.isLetter ? byte | 0x20 : byte) }
            return byte
        case .encoding:
            switch byte | 0x20 {
            case UInt8(ascii: "b"):
                place = .encoded(isBase64: true)
                base64 = Base64TextMapper(seed, isUTF8: charset.elementsEqual("utf".utf8))
            case UInt8(ascii: "q"): place = .encoded(isBase64: false)
            default:
                place = .text
                return map(byte)
            }
            return byte
        case .encoded(let isBase64):
            words.reset()
            place = isBase64 && byte == UInt8(ascii: "?") ? .base64Word : .text
            return byte == UInt8(ascii: "?") ? byte : map(byte)
        case .base64Word:
            // In base64, `=` is padding.
            if byte == UInt8(ascii: "?") || byte <= .space {
                place = .text
                return words.map(byte)
            }
            return base64.map(byte)
        }
    }

    private static func mayBeInCharset(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?")
    }
}
