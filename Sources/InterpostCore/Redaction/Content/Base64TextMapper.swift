/// The text in the base64 of an encoded word (RFC 2047 §4.1): what it decodes to stays text of the same charset and length.
///
///     =?utf-8?B?R3LDvMOfZQ==?=      Grüße
///     =?utf-8?B?VnfDo8OaYw==?=      VwãÚc, or the like
///
/// In each octet only those bits change that leave it what it is: a letter or digit of ASCII, the first octet of a UTF-8
/// character, or an octet that continues one. In charsets of one octet each, letters become other letters of the upper half.
/// What an octet becomes depends only on the octets before it, though a character of base64 may end in the middle of one.
struct Base64TextMapper: Sendable {
    private let seed: PseudonymSeed
    private var state: UInt64
    /// Characters of the group of four that have come.
    private var place = 0
    /// Bits of the octet that is incomplete, as they were.
    private var pending: UInt8 = 0
    /// Octets of an escape sequence (ISO 2022) that are still to come, and stay.
    private var escaped = 0
    private let isUTF8: Bool

    init(_ seed: PseudonymSeed, isUTF8: Bool) {
        self.seed = seed
        state = seed.start
        self.isUTF8 = isUTF8
    }

    mutating func map(_ character: UInt8) -> UInt8 {
        guard let value = Base64.value(of: character) else { return character }
        defer { place = (place + 1) % 4 }
        let mapped: UInt8
        switch place {
        case 0:
            // Six bits of the first octet: two of its lower half can change now, and two with the next character.
            mapped = value & 0x3C | half(value & 3, of: value >> 2, first: nil)
            pending = value
        case 1:
            let (high, first, last) = (pending >> 2, pending & 3, value >> 4)
            mapped = half(last, of: high, first: first) << 4 | value & 0xF
            finish(pending << 2 | last)
            pending = value & 0xF
        case 2:
            let low = value >> 2
            mapped = nibble(low, of: pending) << 2 | value & 3
            finish(pending << 4 | low)
            pending = value & 3
        default:
            let high = pending << 2 | value >> 4
            mapped = value & 0x30 | nibble(value & 0xF, of: high)
            finish(high << 4 | value & 0xF)
        }
        return Base64.character(of: mapped)
    }

    private mutating func finish(_ octet: UInt8) {
        state = seed.next(state, octet)
        escaped = octet == WordMapper.escape ? 2 : max(0, escaped - 1)
    }

    /// The lower half of an octet whose upper half is `high`.
    private func nibble(_ value: UInt8, of high: UInt8) -> UInt8 {
        escaped > 0 ? value : OctetHalves.low(value, of: high, isUTF8: isUTF8) { shift(value, $0, $1) }
    }

    /// Two bits of that half: the upper ones, or the lower ones where the upper ones were `first`.
    private func half(_ bits: UInt8, of high: UInt8, first: UInt8?) -> UInt8 {
        guard escaped == 0 else { return bits }
        switch high {
        // Digits are 30 to 39.
        case 3:
            guard let first else { return bits < 2 ? shift(bits, 0, 2) : bits }
            return first < 2 ? shift(bits, 0, 4) : bits
        // 7F is a control character.
        case 7:
            guard let first else { return bits < 3 ? shift(bits, 0, 3) : bits }
            return first < 3 ? shift(bits, 0, 4) : bits
        case 4...6, 8...11: return shift(bits, 0, 4)
        case 12...15: return isUTF8 ? bits : shift(bits, 0, 4)
        default: return bits
        }
    }

    private func shift(_ value: UInt8, _ first: UInt8, _ count: UInt8) -> UInt8 {
        let place = value &- first &+ 1 &+ PseudonymSeed.choice(of: count &- 1, state)
        return first &+ (place >= count ? place &- count : place)
    }
}

/// Which lower halves an octet may have, so that it stays what it is.
enum OctetHalves {
    /// - Parameter shift: Gives another one of the `count` values from `first` on.
    static func low(_ value: UInt8, of high: UInt8, isUTF8: Bool, shift: (_ first: UInt8, _ count: UInt8) -> UInt8) -> UInt8 {
        switch high {
        case 3: value < 10 ? shift(0, 10) : value
        case 4...6, 8...11: shift(0, 16)
        case 7: value == 15 ? value : shift(0, 15)
        case 12...15 where !isUTF8: shift(0, 16)
        case 12: value < 2 ? shift(0, 2) : value == 2 ? value : shift(3, 13)
        case 13: shift(0, 16)
        // After E0 and ED, F0 and F4 not every octet can follow.
        case 14: value == 0 || value == 13 ? value : value < 13 ? shift(1, 12) : shift(14, 2)
        case 15: value == 0 || value == 4 ? value : value < 4 ? shift(1, 3) : shift(5, 11)
        default: value
        }
    }
}
