/// Replaces a name as a whole: of a mailbox, a user, a keyword; an identifier.
///
///     Projects/Client A      Wqtbnmsk/Zfdrtu K      a mailbox: each level by itself, so that a tree stays a tree
///     INBOX, Sent            INBOX, Sent
///     fred@example.org       kxva@mtqwzhe.bdl       a user
///
/// Letters become letters and digits digits, as with ``WordMapper``, but here everything before the octet counts, not
/// only the word: two names that differ have pseudonyms that differ. The pseudonym is as long as the name and has the
/// same characters apart from letters and digits, so a name that was an atom still is one. Backslashes that only escape
/// are handed to ``pass(_:)``, so that all three forms of a string have one pseudonym.
///
/// Names come one octet at a time, as literals come in any pieces. Where a word begins like one that is kept, those
/// letters stay: `Sentinel` becomes `Sentxqbf`.
struct NameMapper: Sendable {
    private let seed: PseudonymSeed
    private let kept: KeptNames
    private let hasLevels: Bool
    private var words: WordMapper
    private var state: UInt64
    /// The kept names that begin like this one, and how many octets of them it has.
    private var candidates: Range<Int>
    private var depth = 0
    /// The octet's place in the base64 of modified UTF-7.
    private var shifted: Int?

    init(_ seed: PseudonymSeed, _ kind: PseudonymKind) {
        self.seed = seed
        kept = KeptNames.of(kind)
        hasLevels = kind == .mailbox
        words = WordMapper(seed)
        state = seed.start
        candidates = kept.all
    }

    /// Begins a new name, or a new level of one.
    mutating func reset() {
        words.reset()
        state = seed.start
        candidates = kept.all
        depth = 0
        shifted = nil
    }

    mutating func map(_ bytes: inout MutableSpan<UInt8>, in range: Range<Int>, isQuoted: Bool = false) {
        var index = range.lowerBound
        while index < range.upperBound {
            if isQuoted, bytes[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound { index += 1 }
            let byte = bytes[index]
            bytes[index] = map(byte)
            if byte == UInt8(ascii: "&"), !Self.isShift(bytes, in: index + 1..<range.upperBound) { shifted = nil }
            index += 1
        }
    }

    mutating func map(_ byte: UInt8) -> UInt8 {
        if let place = shifted { return mapShifted(byte, place) }
        if hasLevels, byte == UInt8(ascii: "/") || byte == .dot || byte == UInt8(ascii: "\\") {
            reset()
            return byte
        }
        if hasLevels, byte == UInt8(ascii: "&") { shifted = 0 }
        let mapped = mapLetter(byte)
        state = seed.next(state, byte)
        return mapped
    }

    private mutating func mapLetter(_ byte: UInt8) -> UInt8 {
        guard !candidates.isEmpty else { return words.map(byte, behind: state) }
        let letter = byte.isLetter ? byte | 0x20 : byte
        let following = kept.octets(behind: depth, of: candidates)
        candidates = kept.narrow(candidates, to: letter, at: depth)
        depth += 1
        if !candidates.isEmpty { return byte }
        guard byte.isLetter, !following.isEmpty else { return words.map(byte, behind: state) }
        // It becomes none of the letters that would have stayed.
        let others = (UInt8(ascii: "a")...UInt8(ascii: "z")).filter { !following.contains($0) }
        guard let place = others.firstIndex(of: letter), others.count > 1 else { return byte }
        let step = 1 + Int(PseudonymSeed.choice(of: UInt8(others.count - 1), state))
        return others[(place + step) % others.count] & (byte & 0x20 | 0xDF)
    }

    /// Whether base64 and a `-` follow.
    private static func isShift(_ bytes: borrowing MutableSpan<UInt8>, in range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound, value(of: bytes[index]) != nil { index += 1 }
        return index < range.upperBound && bytes[index] == UInt8(ascii: "-")
    }

    /// The bits of eight characters of base64 that are the lowest six of a unit of UTF-16. Changing them never turns a unit
    /// that is not US-ASCII into one that is, nor a whole unit into half of a pair.
    private static let lowBits: [UInt8] = [0, 0b11, 0b11_1100, 0, 0b1111, 0b11_0000, 0, 0b11_1111]

    private mutating func mapShifted(_ byte: UInt8, _ place: Int) -> UInt8 {
        guard let value = Self.value(of: byte) else {
            shifted = nil
            return byte == UInt8(ascii: "-") ? byte : map(byte)
        }
        shifted = (place + 1) % 8
        let mask = Self.lowBits[place]
        // The lowest bit of the mask always changes, so that the character does.
        let change = mask & (PseudonymSeed.choice(of: 64, state) | (0 &- mask) & mask)
        state = seed.next(state, byte)
        return mask == 0 ? byte : Self.character(value ^ change)
    }

    private static func value(of byte: UInt8) -> UInt8? { byte == UInt8(ascii: ",") ? 63 : Base64.value(of: byte) }

    private static func character(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: value + 65
        case 26..<52: value + 71
        case 52..<62: value - 4
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: ",")
        }
    }
}
