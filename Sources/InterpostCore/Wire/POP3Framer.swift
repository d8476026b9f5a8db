package import NIOCore

/// Cuts one direction of a POP3 stream into lines, body chunks and terminators without losing a byte.
///
/// Whether a server's `+OK` begins a multi-line reply depends on the command it answers (RFC 1939 §3), so the
/// conversation says so with ``expect(_:)`` after it has read the status line. Bodies are not cut into lines:
/// they are searched for `LF . CR LF` and handed on in the pieces they came in. At most two octets
/// (a `.` or `. CR` at the beginning of a line) are held back until it is known what they are.
///
///     S: +OK 120 octets␍␊       line
///     S: Subject: hi␍␊␍␊..␍␊    body (still dot-stuffed)
///     S: .␍␊                    terminator
package struct POP3Framer: Sendable {
    /// What the bytes after a status line are.
    package enum Expectation: Sendable {
        /// The next line is a command or a status line.
        case line
        /// Lines until the terminator: LIST, UIDL, CAPA.
        case listing
        /// A message until the terminator: RETR, TOP.
        case body
    }

    private let limits: WireLimits
    private var pending = PendingBytes()
    private var expectation = Expectation.line
    private var isOpaque = false
    /// In a body: the byte before the pending ones is an LF, or there is none.
    private var isAtLineStart = true
    /// A line of the body begins with one dot and is not the terminator: the sender does not stuff (RFC 1939 §3).
    private(set) var hasUnstuffedDot = false
    /// Set once, when a limit was passed.
    package private(set) var breach: WireBreach?

    package init(limits: WireLimits = .standard) { self.limits = limits }

    /// Octets that arrived and are in no fragment yet.
    package var unread: Int { pending.count }

    /// The same octets, without taking them.
    var unreadBytes: ByteBuffer { pending.buffer }

    package mutating func append(_ bytes: ByteBuffer) { pending.append(bytes) }

    package mutating func expect(_ expectation: Expectation) {
        self.expectation = expectation
        isAtLineStart = true
        hasUnstuffedDot = false
    }

    /// Gives up cutting: all that follows is `.opaque`.
    package mutating func becomeOpaque() { isOpaque = true }

    /// Takes out what was not cut yet, for a stream that becomes TLS at this byte.
    package mutating func takeUnread() -> ByteBuffer { pending.take(pending.count) }

    /// Called when the caller stops asking, so that no large receive buffer is kept alive.
    package mutating func settle() { pending.settle() }

    /// The next fragment, or `nil` when more bytes are needed.
    package mutating func next() -> WireFragment? {
        if isOpaque { return pending.count == 0 ? nil : .opaque(pending.take(pending.count)) }
        return switch expectation {
        case .line, .listing: nextLine()
        case .body: nextBodyPiece()
        }
    }

    private mutating func nextLine() -> WireFragment? {
        let feed = pending.lineFeed()
        let length = feed.map { $0 - pending.buffer.readerIndex + 1 } ?? pending.count
        guard length <= limits.lineLength else {
            breach = .lineTooLong(limit: limits.lineLength)
            isOpaque = true
            return .opaque(pending.take(pending.count))
        }
        guard feed != nil else {
            pending.settle()
            return nil
        }
        let line = pending.take(length)
        if expectation == .listing, Self.isTerminator(line) {
            expectation = .line
            return .terminator(line)
        }
        return .line(line, literal: nil)
    }

    private mutating func nextBodyPiece() -> WireFragment? {
        let buffer = pending.buffer
        let start = buffer.readerIndex
        guard buffer.readableBytes > 0 else { return nil }
        if isAtLineStart, buffer.byte(at: start) == .dot {
            // ". CR LF" ends the reply; with fewer than three octets here it may still become that.
            let second = buffer.readableBytes > 1 ? buffer.byte(at: start + 1) : nil
            let third = buffer.readableBytes > 2 ? buffer.byte(at: start + 2) : nil
            if second == nil || (second == .carriageReturn && third == nil) {
                pending.settle()
                return nil
            }
            if second == .carriageReturn, third == .lineFeed {
                expectation = .line
                return .terminator(pending.take(3))
            }
            if second != .dot { hasUnstuffedDot = true }
        }
        var end = buffer.writerIndex
        if let terminator = terminator(in: buffer) {
            end = terminator
        } else if let line = Self.undecidedTail(of: buffer) {
            end = line
        }
        guard end > start else { return nil }
        isAtLineStart = buffer.byte(at: end - 1) == .lineFeed
        return .body(pending.take(end - start))
    }

    /// The index of the first `. CR LF` that follows an LF.
    private mutating func terminator(in buffer: ByteBuffer) -> Int? {
        var index = buffer.readerIndex
        while let feed = buffer.firstIndex(of: .lineFeed, before: .dot, from: index) {
            index = feed + 2
            // The second byte, and after a CR the third, is looked at as soon as it is there.
            guard index < buffer.writerIndex else { return nil }
            let second = buffer.byte(at: index)
            if second == .dot || (second == .carriageReturn && index + 1 == buffer.writerIndex) { continue }
            if second == .carriageReturn, buffer.byte(at: index + 1) == .lineFeed { return feed + 1 }
            hasUnstuffedDot = true
        }
        return nil
    }

    /// Where a `LF .` or `LF . CR` at the very end leaves open whether the terminator has begun.
    private static func undecidedTail(of buffer: ByteBuffer) -> Int? {
        let end = buffer.writerIndex
        for length in 1...2 where buffer.readableBytes > length {
            guard buffer.byte(at: end - length) == .dot, buffer.byte(at: end - length - 1) == .lineFeed else { continue }
            if length == 1 || buffer.byte(at: end - 1) == .carriageReturn { return end - length }
        }
        return nil
    }

    private static func isTerminator(_ line: ByteBuffer) -> Bool {
        line.readableBytes <= 3 && line.withoutLineEnd.readableBytes == 1 && line.byte(at: line.readerIndex) == .dot
    }
}
