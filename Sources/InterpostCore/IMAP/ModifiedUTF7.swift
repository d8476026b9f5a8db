public import NIOCore

/// The spelling of mailbox names in IMAP4rev1 (RFC 3501 §5.1.3): US-ASCII, with runs of UTF-16 in base64 between
/// `&` and `-`.
///
///     Entw&APw-rfe      Entwürfe
///     A &- B            A & B
///
/// Every name has one correct spelling. ``decode(_:)`` understands others too, and says what is wrong with them: the
/// names in which it finds no quirk are exactly those that ``encode(_:)`` would write.
public enum ModifiedUTF7 {
    /// The name in UTF-8. Octets above 127 are passed on as they are; what cannot be decoded stays as it is written.
    public static func decode(_ name: ByteBuffer) -> (text: ByteBuffer, quirks: Quirks) {
        // Arrays, because looking at a byte of an array costs a tenth of looking at one of a buffer.
        let bytes = Array(buffer: name)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var quirks = Quirks()
        var index = 0
        var endOfShift: Int?
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "&") else {
                if byte >= 0x80 { quirks.insert(.eightBitInMailboxName) }
                if byte < 0x20 || byte == 0x7F { quirks.insert(.controlInMailboxName) }
                text.append(byte)
                index += 1
                continue
            }
            if index + 1 < bytes.endIndex, bytes[index + 1] == UInt8(ascii: "-") {
                text.append(byte)
                index += 2
                continue
            }
            if endOfShift == index { quirks.insert(.superfluousShift) }
            var shift = Shift()
            let start = index
            index += 1
            while index < bytes.endIndex, let value = value(of: bytes[index]) {
                if bytes[index] == UInt8(ascii: "/") { quirks.insert(.shiftNotBase64) }
                shift.append(value, to: &text, quirks: &quirks)
                index += 1
            }
            let isEmpty = shift.finish(&text, quirks: &quirks)
            if index < bytes.endIndex, bytes[index] == UInt8(ascii: "-") {
                index += 1
            } else {
                quirks.insert(.shiftNotClosed)
            }
            endOfShift = index
            if isEmpty { text += bytes[start..<index] }
        }
        return (ByteBuffer(bytes: text), quirks)
    }

    /// The one correct spelling of a name that is given in UTF-8.
    public static func encode(_ text: String) -> ByteBuffer {
        var name: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        var isShifted = false
        func endShift() {
            guard isShifted else { return }
            if bits > 0 { name.append(alphabet(group << UInt32(6 - bits))) }
            name.append(UInt8(ascii: "-"))
            (group, bits, isShifted) = (0, 0, false)
        }
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x20, scalar.value < 0x7F {
                endShift()
                name.append(UInt8(truncatingIfNeeded: scalar.value))
                if scalar == "&" { name.append(UInt8(ascii: "-")) }
                continue
            }
            if !isShifted { name.append(UInt8(ascii: "&")) }
            isShifted = true
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                // At most 4 bits are left over from before.
                group = (group << 16 | UInt32(unit)) & 0xF_FFFF
                bits += 16
                while bits >= 6 {
                    bits -= 6
                    name.append(alphabet(group >> UInt32(bits)))
                }
            }
        }
        endShift()
        return ByteBuffer(bytes: name)
    }

    /// The base64 between `&` and `-`, character by character.
    private struct Shift {
        private var group: UInt32 = 0
        private var bits = 0
        private var isEmpty = true
        /// The first half of a character beyond 16 bits.
        private var high: UInt16?

        mutating func append(_ value: UInt8, to text: inout [UInt8], quirks: inout Quirks) {
            // At most 15 bits are left over from before.
            group = (group << 6 | UInt32(value)) & 0x1F_FFFF
            bits += 6
            guard bits >= 16 else { return }
            bits -= 16
            write(UInt16(truncatingIfNeeded: group >> UInt32(bits)), to: &text, quirks: &quirks)
        }

        /// Whether there was no character in it.
        mutating func finish(_ text: inout [UInt8], quirks: inout Quirks) -> Bool {
            flushHigh(&text, quirks: &quirks)
            if isEmpty || bits >= 6 || group & ((1 << UInt32(bits)) - 1) != 0 { quirks.insert(.shiftNotBase64) }
            return isEmpty
        }

        private mutating func write(_ unit: UInt16, to text: inout [UInt8], quirks: inout Quirks) {
            isEmpty = false
            if let high, UTF16.isTrailSurrogate(unit) {
                self.high = nil
                let value = 0x10000 + (UInt32(high & 0x3FF) << 10 | UInt32(unit & 0x3FF))
                append(Unicode.Scalar(value) ?? "\u{FFFD}", to: &text)
                return
            }
            flushHigh(&text, quirks: &quirks)
            if UTF16.isLeadSurrogate(unit) {
                high = unit
            } else if let scalar = Unicode.Scalar(unit) {
                if unit >= 0x20, unit < 0x7F { quirks.insert(.asciiInShift) }
                append(scalar, to: &text)
            } else {
                quirks.insert(.surrogateUnpaired)
                append("\u{FFFD}", to: &text)
            }
        }

        private func append(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
            text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }

        private mutating func flushHigh(_ text: inout [UInt8], quirks: inout Quirks) {
            guard high != nil else { return }
            high = nil
            quirks.insert(.surrogateUnpaired)
            append("\u{FFFD}", to: &text)
        }
    }

    private static func alphabet(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value & 0x3F)
        switch value {
        case 0..<26: return value + 65
        case 26..<52: return value + 71
        case 52..<62: return value - 4
        case 62: return UInt8(ascii: "+")
        default: return UInt8(ascii: ",")
        }
    }

    /// Plain UTF-7 has `/` where this spelling has `,`; both are understood.
    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: ","), UInt8(ascii: "/"): 63
        default: Base64.value(of: character)
        }
    }
}

extension MailboxName {
    /// The name for people.
    /// - Parameter utf8: Whether names are in UTF-8 in this session: with UTF8=ACCEPT (RFC 9755) or IMAP4rev2 enabled.
    public func displayName(utf8: Bool = false) -> String { read(utf8: utf8).name }

    /// The name for people, and what is wrong with its spelling.
    public func read(utf8: Bool = false) -> (name: String, quirks: Quirks) {
        guard string.length <= string.bytes.readableBytes else { return (string.description, Quirks()) }
        guard !string.isINBOX else { return ("INBOX", Quirks()) }
        guard utf8 else {
            let (text, quirks) = ModifiedUTF7.decode(string.bytes)
            return (String(buffer: text), quirks)
        }
        var quirks = Quirks()
        if string.bytes.readableBytesView.contains(where: { $0 < 0x20 || $0 == 0x7F }) { quirks.insert(.controlInMailboxName) }
        if !string.bytes.isUTF8 { quirks.insert(.invalidUTF8) }
        return (String(buffer: string.bytes), quirks)
    }
}

extension ByteBuffer {
    /// Whether the readable bytes are well-formed UTF-8.
    var isUTF8: Bool { String(validating: readableBytesView, as: UTF8.self) != nil }
}
