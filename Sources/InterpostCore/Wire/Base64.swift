import NIOCore

/// Strict base64 (RFC 4648 §4): no line ends, no foreign characters, padding where it is due.
enum Base64 {
    /// The decoded bytes, or `nil` when `text` is not base64.
    static func decode(_ text: ByteBufferView) -> ByteBuffer? {
        guard text.count % 4 == 0 else { return nil }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text {
            if character == UInt8(ascii: "=") {
                padding += 1
                group <<= 6
            } else {
                guard padding == 0, let value = value(of: character) else { return nil }
                group = group << 6 | UInt32(value)
            }
            count += 1
            if count % 4 == 0 {
                guard padding <= 2, padding == 0 || count == text.count else { return nil }
                bytes.writeInteger(UInt8(truncatingIfNeeded: group >> 16))
                if padding < 2 { bytes.writeInteger(UInt8(truncatingIfNeeded: group >> 8)) }
                if padding < 1 { bytes.writeInteger(UInt8(truncatingIfNeeded: group)) }
                group = 0
            }
        }
        return bytes
    }

    /// With padding, in one line.
    static func encode(_ bytes: some Collection<UInt8>) -> ByteBuffer {
        var text = ByteBuffer()
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            let value = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * (3 - UInt32(group.count)))
            for index in 0..<4 {
                let digit = UInt8(truncatingIfNeeded: value >> (18 - 6 * UInt32(index)) & 63)
                text.writeInteger(index <= group.count ? character(of: digit) : UInt8(ascii: "="))
            }
        }
        return text
    }

    /// 0 to 63.
    static func character(of value: UInt8) -> UInt8 {
        switch value {
        case ..<26: value + 65
        case ..<52: value + 71
        case ..<62: value - 4
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    /// What a character of the alphabet stands for; padding has no value.
    static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
