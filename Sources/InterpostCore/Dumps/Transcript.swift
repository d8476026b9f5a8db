public import NIOCore

/// A session written as the RFCs write them: one line per wire line, with `C:` or `S:` before it.
///
///     # A refused literal does not swallow the next command.
///     S: * OK ready
///     C: a LOGIN {5}
///     S: a NO too long
///     = completion tag=a result=NO
///
/// MailKit's protocol log is a transcript, too: its lines that tell of a connection are passed over.
///
/// Every wire line ends in CR LF, unless it ends in a backslash, which stands for nothing. `\xNN` is one octet; `\x5C` is a
/// backslash at the end, or before an x. `#` begins a comment, `=` what the fixture tests expect at this place, `@` a setting
/// for them.
public struct Transcript: Sendable {
    /// What a line of a transcript asks for: bytes of a side, an expectation (`=`), or a setting (`@`).
    public enum Step: Sendable {
        case say(Side, ByteBuffer)
        case expect(String)
        case set(String)
    }

    /// A line of a transcript that says or sets something, and its place.
    public struct Line: Sendable {
        /// What the line says or sets.
        public var step: Step
        /// Counts from 1 in the file.
        public var number: Int
        /// Octets of the file before the line.
        public var offset: Int
    }

    /// A line that cannot be read as one of a transcript.
    public struct SyntaxError: Error, CustomStringConvertible {
        /// Counted from 1 in the file.
        public var line: Int
        /// What is wrong with the line, for people.
        public var problem: String
        public var description: String { "line \(line): \(problem)" }
    }

    /// The lines that say or set something, in order. Comments and empty lines are left out.
    public var lines: [Line] = []

    /// Whether a text looks like a transcript: its first line that is not a comment begins with `C:` or `S:`.
    public static func looksLike(_ text: ByteBuffer) -> Bool {
        for line in text.withoutByteOrderMark.readableBytesView.prefix(4096).split(separator: UInt8.lineFeed) {
            if line.starts(with: TranscriptReader.connected) || line.first == UInt8(ascii: "#") || line.first == UInt8(ascii: "@")
                || line.first == .carriageReturn
            {
                continue
            }
            return line.starts(with: "C:".utf8) || line.starts(with: "S:".utf8)
        }
        return false
    }

    /// Whether all that is said in a whole transcript is said by the server.
    ///
    ///     S: +OK 2 messages      replies without the commands that they answer
    ///     S: 1 120
    package static func isOfServer(_ text: ByteBuffer) -> Bool {
        guard let lines = try? Transcript(reading: text).lines else { return false }
        return lines.allSatisfy { if case .say(.client, _) = $0.step { false } else { true } }
    }

    /// Reads a whole transcript. Throws at the first line that is not one of a transcript.
    public init(reading text: ByteBuffer) throws(SyntaxError) {
        var reader = TranscriptReader()
        reader.receive(text)
        reader.finish()
        while let line = try reader.next() { lines.append(line) }
    }
}

/// Reads a transcript as it comes, however long it is: text in, lines out.
public struct TranscriptReader: Sendable {
    /// Octets in one line of the file.
    static let maximumLine = 1 << 23

    /// `Connected to imaps://imap.example.net:993/`, as MailKit's ProtocolLogger writes it.
    static let connected = Array("Connected to ".utf8)

    private var pending = ByteBuffer()
    private var number = 0
    private var offset = 0
    private var isFinished = false

    /// A reader at the beginning of a transcript.
    public init() {}

    /// Takes more of the text, cut anywhere.
    public mutating func receive(_ text: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = text
        } else {
            pending.discardReadBytes()
            pending.writeImmutableBuffer(text)
        }
    }

    /// Nothing more comes: a last line without a line end is a line, too.
    public mutating func finish() { isFinished = true }

    /// The next line that says or sets something, or `nil` until there is more text.
    public mutating func next() throws(Transcript.SyntaxError) -> Transcript.Line? {
        while pending.readableBytes > 0 {
            let end = pending.firstIndex(of: .lineFeed, from: pending.readerIndex)
            let length = end.map { $0 - pending.readerIndex + 1 } ?? pending.readableBytes
            guard length <= Self.maximumLine else {
                throw Transcript.SyntaxError(line: number + 1, problem: "a line of a transcript has no more than 8 MiB")
            }
            guard end != nil || isFinished, let line = pending.readSlice(length: length) else { return nil }
            number += 1
            let start = offset
            offset += length
            let text = number == 1 ? line.withoutByteOrderMark : line
            if let step = try Self.step(text.withoutLineEnd, number: number) {
                return Transcript.Line(step: step, number: number, offset: start)
            }
        }
        return nil
    }

    private static func step(_ line: ByteBuffer, number: Int) throws(Transcript.SyntaxError) -> Transcript.Step? {
        if line.readableBytesView.starts(with: connected) { return nil }
        var rest = line
        guard let mark = rest.readInteger(as: UInt8.self), mark != UInt8(ascii: "#") else { return nil }
        switch mark {
        case UInt8(ascii: "="): return .expect(trimmed(rest))
        case UInt8(ascii: "@"): return .set(trimmed(rest))
        case UInt8(ascii: "C"), UInt8(ascii: "S"):
            guard rest.readInteger(as: UInt8.self) == UInt8(ascii: ":") else { break }
            if rest.byte(at: rest.readerIndex) == .space { rest.moveReaderIndex(forwardBy: 1) }
            guard let wire = wire(rest) else {
                throw Transcript.SyntaxError(
                    line: number, problem: "two hexadecimal digits follow \\x; a backslash that precedes an x is \\x5C")
            }
            return .say(mark == UInt8(ascii: "C") ? .client : .server, wire)
        default: break
        }
        throw Transcript.SyntaxError(line: number, problem: "a line begins with C:, S:, =, @ or #")
    }

    private static func trimmed(_ rest: ByteBuffer) -> String {
        var text = rest
        if text.byte(at: text.readerIndex) == .space { text.moveReaderIndex(forwardBy: 1) }
        return String(buffer: text)
    }

    /// `nil` where an octet is not written as it has to be.
    private static func wire(_ text: ByteBuffer) -> ByteBuffer? {
        var wire = ByteBuffer()
        wire.reserveCapacity(text.readableBytes + 2)
        var rest = text
        while let mark = rest.firstIndex(of: UInt8(ascii: "\\"), from: rest.readerIndex) {
            if let plain = rest.readSlice(length: mark - rest.readerIndex) { wire.writeImmutableBuffer(plain) }
            guard mark + 1 < rest.writerIndex else { return wire }
            guard rest.byte(at: mark + 1) == UInt8(ascii: "x") else {
                wire.writeInteger(UInt8(ascii: "\\"))
                rest.moveReaderIndex(forwardBy: 1)
                continue
            }
            let digits = rest.readableBytesView.dropFirst(2).prefix(2)
            guard digits.count == 2, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
                let octet = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            wire.writeInteger(octet)
            rest.moveReaderIndex(forwardBy: 4)
        }
        wire.writeImmutableBuffer(rest)
        wire.writeStaticString("\r\n")
        return wire
    }
}

extension ByteBuffer {
    /// The text without the three octets that some editors put before UTF-8.
    fileprivate var withoutByteOrderMark: ByteBuffer {
        guard readableBytesView.starts(with: [0xEF, 0xBB, 0xBF]) else { return self }
        var text = self
        text.moveReaderIndex(forwardBy: 3)
        return text
    }
}
