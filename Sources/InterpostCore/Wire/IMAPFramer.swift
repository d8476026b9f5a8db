package import NIOCore

/// Cuts one direction of an IMAP stream into lines and literals without losing a byte.
///
/// The framer knows three things: a line ends in LF; what comes directly before a line's end may announce a literal;
/// and the free text of a status or `+` line announces nothing (RFC 9051 §7.1, §7.5). Everything else is grammar and
/// lives elsewhere. Time is linear in the bytes, memory is bounded by the line limit.
///
///     S: * 1 FETCH (BODY[] {3}␍␊     line, announces 3
///     S: abc                          literal
///     S: )␍␊                          line
///     S: * OK see RFC {5}␍␊           line, announces nothing
package struct IMAPFramer: Sendable {
    private enum State {
        case line
        /// Inside a line of an untagged response that is longer than the limit. Its parts are handed out up to the line's
        /// end.
        case longLine
        case literal(remaining: Int)
        case opaque
    }

    private let sender: Side
    private let limits: WireLimits
    private var pending = PendingBytes()
    private var state = State.line
    /// The previous line announced a literal, so the next line continues the same command or response.
    private var isMidCommand = false
    /// The next client line is a SASL response or DONE: a `{5}` at its end announces nothing.
    private var nextLineIsPlain = false
    /// Set once, when a limit was passed.
    package private(set) var breach: WireBreach?

    package init(sender: Side, limits: WireLimits = .standard) {
        self.sender = sender
        self.limits = limits
    }

    /// Octets that arrived and are in no fragment yet.
    package var unread: Int { pending.count }

    /// The same octets, without taking them.
    var unreadBytes: ByteBuffer { pending.buffer }

    /// The line that ``next()`` would return, if it is whole.
    var nextWholeLine: ByteBuffer? {
        let bytes = pending.buffer
        guard case .line = state, let feed = bytes.firstIndex(of: .lineFeed, from: bytes.readerIndex) else { return nil }
        return bytes.getSlice(at: bytes.readerIndex, length: feed - bytes.readerIndex + 1)
    }

    package mutating func append(_ bytes: ByteBuffer) { pending.append(bytes) }

    /// The next fragment, or `nil` when more bytes are needed.
    package mutating func next() -> WireFragment? {
        switch state {
        case .line: return nextLine()
        case .longLine: return nextOfLongLine()
        case .literal(let remaining):
            let length = min(remaining, pending.count)
            guard length > 0 else { return nil }
            state = remaining == length ? .line : .literal(remaining: remaining - length)
            return .literal(pending.take(length), remaining: remaining - length)
        case .opaque:
            return pending.count == 0 ? nil : .opaque(pending.take(pending.count))
        }
    }

    /// The server refused a synchronising literal: its octets will not come, a new command will.
    package mutating func cancelLiteral() {
        guard case .literal = state else { return isMidCommand = false }
        state = .line
        isMidCommand = false
    }

    /// The next line is not a command: no literal in it, whatever it looks like.
    package mutating func expectPlainLine() { nextLineIsPlain = true }

    /// The plain line that was expected will not come; the next line is a command again.
    package mutating func expectCommand() { nextLineIsPlain = false }

    /// Gives up cutting: all that follows is `.opaque`.
    package mutating func becomeOpaque() { state = .opaque }

    /// Takes out the octets that are in no fragment yet, for a stream that changes its nature (TLS, DEFLATE) at this byte.
    package mutating func takeUnread() -> ByteBuffer { pending.take(pending.count) }

    /// Called when the caller stops asking, so that no large receive buffer is kept alive.
    package mutating func settle() { pending.settle() }

    private mutating func nextLine() -> WireFragment? {
        guard let feed = pending.lineFeed() else {
            if pending.count > limits.lineLength { return lineTooLong() }
            pending.settle()
            return nil
        }
        let length = feed - pending.buffer.readerIndex + 1
        guard length <= limits.lineLength else { return lineTooLong() }
        let line = pending.take(length)
        let isPlain = nextLineIsPlain || (sender == .server && !isMidCommand && Self.isFreeText(line))
        nextLineIsPlain = false
        let place: LiteralAnnouncement.Place =
            sender == .server ? .response : isMidCommand ? .restOfCommand : .command
        let reading: LiteralAnnouncement.Reading =
            isPlain ? .none : LiteralAnnouncement.read(endOf: line, in: place, limit: limits.literalSize)
        switch reading {
        case .none:
            isMidCommand = false
            return .line(line, literal: nil)
        case .announced(let literal):
            isMidCommand = true
            if literal.length > 0 { state = .literal(remaining: literal.length) }
            return .line(line, literal: literal)
        case .tooLarge:
            breach = .literalTooLarge(limit: limits.literalSize)
            state = .opaque
            return .line(line, literal: nil)
        }
    }

    /// The answer to a SEARCH may be longer than any limit.
    private mutating func lineTooLong() -> WireFragment? {
        // However the bytes were split by the network, the decision rests on the same number of them.
        let head = pending.buffer.getSlice(at: pending.buffer.readerIndex, length: limits.lineLength + 1) ?? pending.buffer
        let isUntagged = isMidCommand || head.hasPrefixIgnoringCase("* ") && !Self.isFreeText(head)
        guard sender == .server, isUntagged else { return breach(.lineTooLong(limit: limits.lineLength)) }
        state = .longLine
        return .longLine(pending.take(limits.lineLength / 2 + 1), literal: nil, isLast: false)
    }

    /// Octets held back from the end of a long line until its line end has come: they may announce a literal.
    private static let announcementSize = 64

    private mutating func nextOfLongLine() -> WireFragment? {
        let end = pending.lineFeed().map { $0 + 1 - pending.buffer.readerIndex }
        let length = end ?? pending.count
        if length > Self.announcementSize {
            return .longLine(pending.take(length - Self.announcementSize), literal: nil, isLast: false)
        }
        guard end != nil else {
            pending.settle()
            return nil
        }
        let line = pending.take(length)
        state = .line
        switch LiteralAnnouncement.read(endOf: line, in: .response, limit: limits.literalSize) {
        case .none:
            isMidCommand = false
            return .longLine(line, literal: nil, isLast: true)
        case .announced(let literal):
            isMidCommand = true
            if literal.length > 0 { state = .literal(remaining: literal.length) }
            return .longLine(line, literal: literal, isLast: true)
        case .tooLarge:
            breach = .literalTooLarge(limit: limits.literalSize)
            state = .opaque
            return .longLine(line, literal: nil, isLast: true)
        }
    }

    private mutating func breach(_ breach: WireBreach) -> WireFragment {
        self.breach = breach
        state = .opaque
        return .opaque(pending.take(pending.count))
    }

    /// A `+` line, and one with `OK`, `NO`, `BAD`, `BYE` or `PREAUTH` after its first word, end in text for people. A line
    /// that is neither may be the second half of a line whose quoted string contains a line end: `NAME="A.PDF") BODY[] {76}`.
    private static func isFreeText(_ line: ByteBuffer) -> Bool {
        guard line.byte(at: line.readerIndex) != UInt8(ascii: "+") else { return true }
        var rest = line
        guard let space = line.firstIndex(of: .space, from: line.readerIndex) else { return true }
        rest.moveReaderIndex(to: space + 1)
        for word: StaticString in ["OK", "NO", "BAD", "BYE", "PREAUTH"] where rest.hasPrefixIgnoringCase(word) {
            let after = rest.byte(at: rest.readerIndex + word.utf8CodeUnitCount)
            if after == .space || after == .carriageReturn || after == .lineFeed { return true }
        }
        return false
    }
}
