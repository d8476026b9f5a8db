import NIOCore

/// What replaces LOGIN's two arguments, whichever way they are spelled (RFC 9051 §6.2.3).
///
///     a LOGIN {5}␍␊         a LOGIN {13}␍␊
///     alice {7+}␍␊          user-mzqvakdr {8+}␍␊
///     hunter2␍␊             xxxxxxxx␍␊
struct LoginPlaceholders: Sendable {
    /// Octets of a user name that count.
    private static let maximumName = 1024

    /// Words of the command so far: the tag, the verb, the user, and then nothing but secrets.
    private var words = 0
    private var literal = ByteBuffer()

    /// A line of the command: its first one, one that follows a literal, or both.
    mutating func line(_ line: ByteBuffer, key: any PseudonymKey, echoes: inout SecretEchoes) -> ByteBuffer {
        var redacted = ByteBuffer()
        var rest = line.withoutLineEnd.readableBytesView
        while let first = rest.first {
            if first == .space || first == 9 {
                redacted.writeInteger(first)
                rest = rest.dropFirst()
            } else if first == UInt8(ascii: "\"") {
                let quoted = Self.quoted(rest)
                redacted.writeInteger(first)
                redacted.writeImmutableBuffer(word(quoted.value, key, &echoes))
                if quoted.isClosed { redacted.writeInteger(first) }
                rest = rest.dropFirst(quoted.length)
            } else {
                let word = rest.prefix { $0 != .space && $0 != 9 }
                rest = rest.dropFirst(word.count)
                if rest.isEmpty, let announcement = Self.announcement(word) {
                    redacted.writeString(announcement(words == 2 ? Placeholder.userLength : Placeholder.password.readableBytes))
                    literal = ByteBuffer()
                } else {
                    redacted.writeImmutableBuffer(self.word(ByteBuffer(bytes: word), key, &echoes))
                }
            }
        }
        redacted.writeImmutableBuffer(line.lineEnd)
        return redacted
    }

    /// Octets of a literal: nothing, until the last of them is there.
    mutating func literal(
        _ chunk: ByteBuffer, remaining: Int, key: any PseudonymKey, echoes: inout SecretEchoes
    ) -> ByteBuffer {
        literal.writeBytes(chunk.readableBytesView.prefix(max(0, Self.maximumName - literal.readableBytes)))
        return remaining > 0 ? ByteBuffer() : word(literal, key, &echoes)
    }

    private mutating func word(_ value: ByteBuffer, _ key: any PseudonymKey, _ echoes: inout SecretEchoes) -> ByteBuffer {
        words += 1
        switch words {
        case 1, 2: return value
        case 3:
            echoes.learn(user: value.readableBytesView)
            return Placeholder.user(value, key: key)
        default:
            echoes.learn(Secret(value))
            return Placeholder.password
        }
    }

    /// What is in quotes, and how many octets it takes with them.
    private static func quoted(_ text: ByteBufferView) -> (value: ByteBuffer, length: Int, isClosed: Bool) {
        var value = ByteBuffer()
        var isEscaped = false
        for (index, byte) in text.enumerated().dropFirst() {
            if isEscaped {
                value.writeInteger(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return (value, index + 1, true)
            } else {
                value.writeInteger(byte)
            }
        }
        return (value, text.count, false)
    }

    /// `{7}`, `{7+}`, `~{7}`: the same with another number. An empty literal stays empty, because no octets come.
    private static func announcement(_ word: ByteBufferView) -> ((Int) -> String)? {
        let line = ByteBuffer(bytes: Array("a b ".utf8) + Array(word) + [.carriageReturn, .lineFeed])
        guard case .announced(let literal) = LiteralAnnouncement.read(endOf: line, in: .command, limit: .max) else { return nil }
        return { length in
            (literal.isBinary ? "~" : "") + "{\(literal.length == 0 ? 0 : length)"
                + (literal.isMinus ? "-" : literal.isNonSynchronising ? "+" : "") + "}"
        }
    }
}
