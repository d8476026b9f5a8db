import NIOCore

/// What replaces a credential.
enum Placeholder {
    static let password = ByteBuffer(string: "xxxxxxxx")
    /// As long as an MD5 in hexadecimal.
    static let digest = ByteBuffer(string: String(repeating: "0", count: 32))
    /// Octets of every user's pseudonym.
    static let userLength = 13

    /// The same number of octets, of which only the line ends are left.
    static func blank(_ bytes: ByteBuffer) -> ByteBuffer {
        ByteBuffer(bytes: bytes.readableBytesView.map { $0 == .carriageReturn || $0 == .lineFeed ? $0 : UInt8(ascii: "x") })
    }

    /// `user-mzqvakdr`, the same for the same name.
    static func user(_ name: ByteBuffer, key: any PseudonymKey) -> ByteBuffer {
        let letters = key.digest(name, of: .user).prefix(8).map { UInt8(ascii: "a") + $0 % 26 }
        return ByteBuffer(bytes: Array("user-".utf8) + letters)
    }
}

/// The timestamp of a POP3 greeting, from which APOP's digest is made (RFC 1939 §7).
enum APOPTimestamp {
    /// `+OK <1896.697170952@mail.example.org> ready` becomes `+OK <1.1@interpost> ready`.
    static func replaced(in line: ByteBuffer) -> ByteBuffer? {
        let bytes = line.readableBytesView
        guard let start = bytes.firstIndex(of: UInt8(ascii: "<")),
            let end = bytes[start...].firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        var replaced = ByteBuffer(bytes: bytes[..<start])
        replaced.writeString("<1.1@interpost>")
        replaced.writeBytes(bytes[(end + 1)...])
        return replaced
    }
}

/// Tokens in hexadecimal, which end URLs (RFC 4467) and name devices.
enum TokenDigits {
    /// An MD5 has 32.
    private static let minimumLength = 32

    /// The line with zeros for the digits of every token; `nil` where there is no token.
    static func zeroed(in line: ByteBuffer) -> ByteBuffer? {
        var bytes = Array(line.readableBytesView)
        var start = 0
        var hasToken = false
        for index in 0...bytes.count {
            if index < bytes.count, bytes[index].isHexadecimal || bytes[index] == UInt8(ascii: "-") { continue }
            if index - start >= minimumLength {
                hasToken = true
                for place in start..<index where bytes[place] != UInt8(ascii: "-") { bytes[place] = UInt8(ascii: "0") }
            }
            start = index + 1
        }
        return hasToken ? ByteBuffer(bytes: bytes) : nil
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool { isDigit || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(uppercased) }
}

extension ByteBuffer {
    /// The CR and LF at the end, as far as they are there.
    var lineEnd: ByteBuffer {
        getSlice(
            at: writerIndex - (readableBytes - withoutLineEnd.readableBytes), length: readableBytes - withoutLineEnd.readableBytes
        ) ?? ByteBuffer()
    }

    /// The beginning, up to the end of this many words.
    func start(words: Int) -> ByteBuffer {
        let line = withoutLineEnd.readableBytesView
        let found = line.split(maxSplits: words) { $0 == .space || $0 == 9 }
        guard let last = found.prefix(words).last else { return ByteBuffer() }
        return ByteBuffer(bytes: line[..<last.endIndex])
    }

    /// This text, followed by words and the line end.
    func followed(by words: ByteBuffer..., lineEnd: ByteBuffer) -> ByteBuffer {
        var line = self
        for word in words {
            line.writeInteger(UInt8.space)
            line.writeImmutableBuffer(word)
        }
        line.writeImmutableBuffer(lineEnd)
        return line
    }
}
