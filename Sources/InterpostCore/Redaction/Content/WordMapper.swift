/// Replaces words by words of the same length, one octet at a time.
///
///     Dear Müller, 24 Oct     Kqnz Vülbtw, 61 Rfy      (whatever the key makes of them)
///
/// A letter becomes another letter of its case, a digit another digit; which one depends on the key and on the word up
/// to it, in lower case. So the same word is mapped the same everywhere, wherever the network cut it; different words
/// stay different; and no letter stays what it is. UTF-8 stays UTF-8 of the same length. Everything else stays: spaces,
/// line ends, punctuation, and with them lines, lists, addresses, boundaries, the padding of base64.
struct WordMapper: Sendable {
    private let seed: PseudonymSeed
    /// The state for the word up to here.
    private var state: UInt64
    /// What has to follow within a character of UTF-8.
    private var utf8 = UTF8Place.none
    /// Octets of an escape sequence of ISO 2022 (`ESC $ B`) that are still to come.
    private var escaped: UInt8 = 0

    /// Which octets continue a character of UTF-8.
    private enum UTF8Place: UInt8 { case none, last, lastOfC2, two, twoOfE0, twoOfED, three, threeOfF0, threeOfF4 }

    static let escape: UInt8 = 0x1B

    init(_ seed: PseudonymSeed) {
        self.seed = seed
        state = seed.start
    }

    /// Begins a new word.
    mutating func reset() {
        state = seed.start
        utf8 = .none
        escaped = 0
    }

    @inline(__always) mutating func map(_ byte: UInt8) -> UInt8 {
        let isLetter = byte.isLetter
        guard isLetter || byte.isDigit else { return mapOther(byte) }
        if escaped != 0 { return passEscaped(byte) }
        utf8 = .none
        // Without branches: letters and digits are in no order in base64.
        let first = isLetter ? byte & 0x20 | 0x41 : 0x30
        let count: UInt8 = isLetter ? 26 : 10
        let mapped = shift(byte, first, count)
        state = seed.next(state, isLetter ? byte | 0x20 : byte)
        return mapped
    }

    /// Maps octets as long as they are plain US-ASCII, and neither `=` nor a line end; says where that ends.
    ///
    /// Does what ``map(_:)`` does, with everything in registers.
    func mapPlain(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int, state: inout UInt64) -> Int {
        let seed = seed
        var current = state
        var index = start
        while index < end {
            let byte = bytes[index]
            let isLetter = byte.isLetter
            // Never both, and without a branch for each.
            if isLetter != byte.isDigit {
                let first = isLetter ? byte & 0x20 | 0x41 : 0x30
                let count: UInt8 = isLetter ? 26 : 10
                let place = byte &- first &+ 1 &+ PseudonymSeed.choice(of: count &- 1, current)
                bytes[index] = first &+ (place >= count ? place &- count : place)
                current = seed.next(current, isLetter ? byte | 0x20 : byte)
            } else if byte < 0x20 && byte != .carriageReturn || byte >= 0x80 || byte == UInt8(ascii: "=") {
                break
            } else {
                current = seed.start
            }
            index += 1
        }
        state = current
        return index
    }

    /// Maps a run of such octets, unless something else has begun.
    mutating func mapPlain(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int) -> Int {
        guard escaped == 0 else { return start }
        var state = state
        let index = mapPlain(&bytes, from: start, to: end, state: &state)
        if index > start {
            self.state = state
            utf8 = .none
        }
        return index
    }

    /// Maps one octet after others that the caller keeps account of.
    @inline(__always) mutating func map(_ byte: UInt8, behind state: UInt64) -> UInt8 {
        self.state = state
        return map(byte)
    }

    /// Another octet of the `count` from `first` on, unless there is only one.
    @inline(__always) private func shift(_ byte: UInt8, _ first: UInt8, _ count: UInt8) -> UInt8 {
        let place = byte &- first &+ 1 &+ PseudonymSeed.choice(of: count &- 1, state)
        return first &+ (place >= count ? place &- count : place)
    }

    private mutating func passEscaped(_ byte: UInt8) -> UInt8 {
        escaped -= 1
        return byte
    }

    @inline(__always) private mutating func mapOther(_ byte: UInt8) -> UInt8 {
        if byte >= 0x80 { return mapEightBit(byte) }
        if escaped != 0, byte >= 0x20 { return passEscaped(byte) }
        state = seed.start
        utf8 = .none
        escaped = byte == Self.escape ? 2 : 0
        return byte
    }

    /// A character stays in the range of UTF-8 that has as many octets. In a charset of one octet each, the same rules
    /// turn most octets into other ones.
    private mutating func mapEightBit(_ byte: UInt8) -> UInt8 {
        escaped = 0
        let mapped: UInt8
        if byte < 0xC0 {
            (mapped, utf8) = mapContinuation(byte)
        } else {
            let place: UTF8Place
            switch byte {
            case 0xC0...0xC1: (mapped, place) = (shift(byte, 0xC0, 2), .none)
            case 0xC2: (mapped, place) = (byte, .lastOfC2)
            case 0xC3...0xDF: (mapped, place) = (shift(byte, 0xC3, 29), .last)
            case 0xE0: (mapped, place) = (byte, .twoOfE0)
            case 0xE1...0xEC: (mapped, place) = (shift(byte, 0xE1, 12), .two)
            case 0xED: (mapped, place) = (byte, .twoOfED)
            case 0xEE...0xEF: (mapped, place) = (shift(byte, 0xEE, 2), .two)
            case 0xF0: (mapped, place) = (byte, .threeOfF0)
            case 0xF1...0xF3: (mapped, place) = (shift(byte, 0xF1, 3), .three)
            case 0xF4: (mapped, place) = (byte, .threeOfF4)
            default: (mapped, place) = (shift(byte, 0xF5, 11), .none)
            }
            utf8 = place
        }
        state = seed.next(state, byte)
        return mapped
    }

    private func mapContinuation(_ byte: UInt8) -> (UInt8, UTF8Place) {
        switch utf8 {
        case .none, .last: (shift(byte, 0x80, 64), .none)
        // U+0080 to U+009F are control characters.
        case .lastOfC2: (byte >= 0xA0 ? shift(byte, 0xA0, 32) : byte, .none)
        case .two: (shift(byte, 0x80, 64), .last)
        case .twoOfE0: (byte >= 0xA0 ? shift(byte, 0xA0, 32) : byte, .last)
        case .twoOfED: (byte < 0xA0 ? shift(byte, 0x80, 32) : byte, .last)
        case .three: (shift(byte, 0x80, 64), .two)
        case .threeOfF0: (byte >= 0x90 ? shift(byte, 0x90, 48) : byte, .two)
        case .threeOfF4: (byte < 0x90 ? shift(byte, 0x80, 16) : byte, .two)
        }
    }

    /// The second digit of `=C3`, whose first digit stays. Continuation octets of UTF-8 become others, and letters become
    /// printable characters. First octets of UTF-8 become others that are followed by as many octets. Control characters and
    /// `=3D` stay.
    @inline(__always) mutating func mapSecondHexDigit(_ byte: UInt8, behind first: UInt8) -> UInt8 {
        guard let value = Self.hexValue(byte), let high = Self.hexValue(first) else { return map(byte) }
        // Digits of ASCII are written without an escape, so `=3` begins something else: `=3D`.
        guard high > 3 else { return byte }
        state = seed.next(state, high << 4)
        let mapped = OctetHalves.low(value, of: high, isUTF8: true) { shift(value, $0, $1) }
        state = seed.next(state, value)
        return mapped < 10 ? 0x30 + mapped : (byte.isLowerCase ? 0x57 : 0x37) + mapped
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte.isDigit { return byte - 0x30 }
        let letter = byte | 0x20
        return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : nil
    }
}
