// The client half: one blocking IMAP connection, which believes nothing.
//
// It asks one thing at a time, waits for the tagged OK, and compares every byte of every literal with the message it knows.

import Glibc

final class LoadClient {
    private let connection: Connection
    private let secondsToAnswer: Int
    private var buffer = [UInt8](repeating: 0, count: 16_384)
    /// The part of `buffer` that was received and not used yet.
    private var unread = 0..<0
    private var commands = 0

    /// Connects, verifies the certificate, and takes the greeting.
    init(toPort port: UInt16, _ context: TLSContext, secondsToAnswer: Int = 60) throws {
        connection = try Connection(toPort: port, context, secondsToAnswer: secondsToAnswer)
        self.secondsToAnswer = secondsToAnswer
        let greeting = try readLine()
        guard greeting.starts(with: "* OK ".utf8) else { throw ClientError.unexpected(greeting, "the greeting") }
    }

    func login() throws {
        try perform("LOGIN load secret")
    }

    func select() throws {
        try perform("SELECT INBOX")
    }

    func noop() throws {
        try perform("NOOP")
    }

    /// Has one message sent, and compares it with `message`.
    func fetch(_ number: Int, expecting message: Message) throws {
        try perform("FETCH \(number) BODY[]", expecting: message)
    }

    /// Ends the session, and waits until the other side has closed too.
    func logout() throws {
        try perform("LOGOUT")
        connection.finish()
        while try receive() {}
    }

    private func perform(_ command: String, expecting message: Message? = nil) throws {
        commands += 1
        let tag = "a\(commands) "
        try send("\(tag)\(command)\r\n")
        var literals = 0
        var line = try readLine()
        while !line.starts(with: tag.utf8) {
            guard line.starts(with: "* ".utf8) else { throw ClientError.unexpected(line, "an answer to \(command)") }
            while let literal = Literal(endOf: line) {
                guard let message, literal.size == message.size else {
                    throw ClientError.unexpected(line, "a literal of \(message?.size ?? 0) bytes")
                }
                try readLiteral(message)
                literals += 1
                line = try readLine()
            }
            line = try readLine()
        }
        guard line.dropFirst(tag.utf8.count).starts(with: "OK ".utf8), literals == (message == nil ? 0 : 1) else {
            throw ClientError.unexpected(line, "OK to \(command)")
        }
    }

    // MARK: Bytes

    private func send(_ text: String) throws {
        var text = text
        try text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                switch try connection.write(rest) {
                case .moved(let count): rest = .init(rebasing: rest[count...])
                case .needs: throw ClientError.silent(seconds: secondsToAnswer)
                case .ended: throw ClientError.ended
                }
            }
        }
    }

    /// The next line, without its LF.
    private func readLine() throws -> [UInt8] {
        var line: [UInt8] = []
        while true {
            if let end = buffer[unread].firstIndex(of: UInt8(ascii: "\n")) {
                line += buffer[unread.lowerBound..<end]
                unread = end + 1..<unread.upperBound
                return line
            }
            line += buffer[unread]
            guard try receive() else { throw ClientError.ended }
        }
    }

    private func readLiteral(_ message: Message) throws {
        var offset = 0
        while offset < message.size {
            if unread.isEmpty, try !receive() { throw ClientError.short(got: offset, of: message.size) }
            let count = min(unread.count, message.size - offset)
            let part = unread.prefix(count)
            guard buffer.withUnsafeBytes({ message.has(.init(rebasing: $0[part]), at: offset) }) else {
                throw ClientError.altered(between: offset, and: offset + count)
            }
            unread = part.upperBound..<unread.upperBound
            offset += count
        }
    }

    /// Fills the buffer anew. Returns whether anything came; false at the end of the connection.
    private func receive() throws -> Bool {
        switch try buffer.withUnsafeMutableBytes(connection.read) {
        case .moved(let count):
            unread = 0..<count
            return true
        case .needs: throw ClientError.silent(seconds: secondsToAnswer)
        case .ended:
            unread = 0..<0
            return false
        }
    }
}

enum ClientError: Error, CustomStringConvertible {
    case unexpected([UInt8], String)
    case silent(seconds: Int)
    case ended
    case short(got: Int, of: Int)
    case altered(between: Int, and: Int)

    var description: String {
        switch self {
        case .unexpected(let line, let expected):
            "expected \(expected), got \"\(String(decoding: line.prefix(100), as: UTF8.self))\""
        case .silent(let seconds): "no answer for \(seconds) seconds"
        case .ended: "the connection ended before the answer did"
        case .short(let got, let size): "the connection ended after \(got) of a message's \(size) bytes"
        case .altered(let start, let end): "a message arrived altered, somewhere in its bytes \(start)..<\(end)"
        }
    }
}
