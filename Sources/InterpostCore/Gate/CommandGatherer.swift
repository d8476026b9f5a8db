import NIOCore

/// Cuts what a client sends to the gate into whole commands, and stops at each literal until the gate has said what becomes
/// of it.
///
///     C: a LOGIN {4}␍␊      .literal: gather, stream or refuse it
///     C: anna "x"␍␊         .command with the literal in it
///
/// A line ends in LF, whatever precedes the LF. Whether it ends in CR LF, and everything else, is checked once the line is
/// complete. So a line here never contains an octet that a server takes for a line end.
struct CommandGatherer: Sendable {
    enum Piece: Sendable {
        case command(IMAPText)
        /// The command goes on with a literal. Nothing more comes out until ``gather()``, ``stream()`` or ``refuse()``.
        case literal(IMAPText, LiteralAnnouncement)
        /// Octets of a literal that is streamed.
        case streamed(ByteBuffer, remaining: Int)
        /// A line that no strict reader takes; the command that it belongs to is over.
        case malformed(line: ByteBuffer, reason: String)
        /// A command whose literal was refused is read to its end.
        case refusedCommandEnded
        /// The line, or its command so far, is longer than any command may be.
        case tooLong
    }

    /// A line that is not a command: a SASL response, DONE.
    enum PlainLine: Sendable {
        case line(ByteBuffer)
        case malformed
        case tooLong
    }

    /// The most octets of a command without its literals, and of all its literals except a message.
    static let maximumCommand = 65_536
    /// The most literals of one command.
    static let maximumLiterals = 100
    /// The most octets of a line that is not a command.
    static let maximumPlainLine = 12_288
    /// Client octets buffered while a command is in flight; beyond this the socket is not read.
    static let patience = 65_536

    private enum State {
        case line
        /// The gate has not yet said what becomes of a literal.
        case undecided(LiteralAnnouncement)
        case gathering(remaining: Int)
        case streaming(remaining: Int)
        /// The literal of a refused command.
        case draining(remaining: Int)
        /// The rest of its line.
        case drainingLine
    }

    private static let limits = WireLimits(lineLength: maximumCommand, keptLiteralSize: maximumCommand)

    private var pending = PendingBytes()
    private var state = State.line
    private var text: IMAPTextAssembly?
    /// Octets of the literals so far.
    private var literalOctets = 0

    mutating func receive(_ bytes: ByteBuffer) { pending.append(bytes) }

    var waiting: Int { pending.count }

    /// What comes next is a line.
    var isAtLine: Bool { if case .line = state { true } else { false } }

    /// Called when there is nothing more to read for now.
    mutating func settle() { pending.settle() }

    /// Forgets what the client said so far.
    mutating func forget() { self = CommandGatherer() }

    /// The next piece, or `nil` until more bytes come.
    mutating func next() -> Piece? {
        while true {
            switch state {
            case .line:
                guard let line = takeLine(upTo: Self.maximumCommand) else {
                    return isTooLong(Self.maximumCommand) ? .tooLong : nil
                }
                return read(line)
            case .undecided: return nil
            case .gathering(let remaining):
                guard remaining > 0 else {
                    state = .line
                    continue
                }
                guard let chunk = take(upTo: remaining) else { return nil }
                text?.append(literal: chunk)
                state = .gathering(remaining: remaining - chunk.readableBytes)
            case .streaming(let remaining):
                guard let chunk = take(upTo: remaining) else { return nil }
                let rest = remaining - chunk.readableBytes
                state = rest == 0 ? .line : .streaming(remaining: rest)
                return .streamed(chunk, remaining: rest)
            case .draining(let remaining):
                guard remaining > 0 else {
                    state = .drainingLine
                    continue
                }
                guard let chunk = take(upTo: remaining) else { return nil }
                state = .draining(remaining: remaining - chunk.readableBytes)
            case .drainingLine:
                guard let line = takeLine(upTo: Self.maximumCommand) else {
                    return isTooLong(Self.maximumCommand) ? .tooLong : nil
                }
                // The octets of a synchronising literal do not come, because the command was refused.
                if case .announced(let literal) = StrictLiteral.announcement(endOf: line, isFirst: false),
                    literal.isNonSynchronising
                {
                    state = .draining(remaining: literal.length)
                    continue
                }
                state = .line
                return .refusedCommandEnded
            }
        }
    }

    private mutating func read(_ line: ByteBuffer) -> Piece {
        let isFirst = text == nil
        guard Self.endsStrictly(line) else {
            (text, literalOctets) = (nil, 0)
            return .malformed(line: line, reason: "a line ends in CR LF and nothing else")
        }
        switch StrictLiteral.announcement(endOf: line, isFirst: isFirst) {
        case .none: break
        case .malformed:
            (text, literalOctets) = (nil, 0)
            return .malformed(line: line, reason: "the line ends within quotes, or in braces that announce no literal")
        case .announced(let literal):
            if isFirst {
                text = IMAPTextAssembly(line: line, announcing: literal, limits: Self.limits)
            } else {
                text?.append(line: line, announcing: literal)
            }
            guard (text?.soFar.literals.count ?? 0) <= Self.maximumLiterals else { return .tooLong }
            state = .undecided(literal)
            return .literal(text?.soFar ?? IMAPText(line: line), literal)
        }
        defer { (text, literalOctets) = (nil, 0) }
        return .command(text?.finished(with: line) ?? IMAPText(line: line.ownCopy))
    }

    /// Whether the line ends in CR LF, with no other CR before it.
    private static func endsStrictly(_ line: ByteBuffer) -> Bool {
        let end = line.writerIndex
        return line.readableBytes >= 2 && line.byte(at: end - 2) == .carriageReturn
            && (line.readableBytes == 2 || line.byte(at: end - 3) != .carriageReturn)
    }

    // MARK: - What becomes of a literal

    /// Whether the literal and those before it are no more than a command may hold.
    func hasRoom(for literal: LiteralAnnouncement) -> Bool { literal.length <= Self.maximumCommand - literalOctets }

    mutating func gather() {
        guard case .undecided(let literal) = state else { return }
        literalOctets += literal.length
        state = .gathering(remaining: literal.length)
    }

    /// The literal is handed out as it comes; ``takeEnd()`` follows.
    mutating func stream() {
        guard case .undecided(let literal) = state else { return }
        (text, literalOctets) = (nil, 0)
        state = literal.length > 0 ? .streaming(remaining: literal.length) : .line
    }

    /// Ends the command. Where the client sends the octets of the literal without waiting, they are passed over, with
    /// everything that follows them in the command. Returns whether the client waits for an answer, and so sends no more of
    /// the command.
    mutating func refuse() -> Bool {
        guard case .undecided(let literal) = state else { return true }
        (text, literalOctets) = (nil, 0)
        state = literal.isNonSynchronising ? .draining(remaining: literal.length) : .line
        return !literal.isNonSynchronising
    }

    /// Whether nothing but a line end follows the literal that was streamed; `nil` until that is there.
    mutating func takeEnd() -> Bool? {
        guard let line = takeLine(upTo: Self.maximumCommand) else { return isTooLong(Self.maximumCommand) ? false : nil }
        return line.readableBytesView.elementsEqual([.carriageReturn, .lineFeed])
    }

    // MARK: - Plain lines

    mutating func takePlainLine() -> PlainLine? {
        guard let line = takeLine(upTo: Self.maximumPlainLine) else {
            return isTooLong(Self.maximumPlainLine) ? .tooLong : nil
        }
        let count = line.readableBytes - 2
        guard count >= 0, let text = line.getSlice(at: line.readerIndex, length: count),
            line.byte(at: line.writerIndex - 2) == .carriageReturn,
            text.readableBytesView.allSatisfy({ $0 >= .space && $0 < 0x7F })
        else { return .malformed }
        return .line(text)
    }

    // MARK: - Octets

    private mutating func take(upTo count: Int) -> ByteBuffer? {
        let length = min(count, pending.count)
        return length > 0 ? pending.take(length) : nil
    }

    /// A line with its LF; `nil` while there is none, and for one that is longer than `limit`.
    private mutating func takeLine(upTo limit: Int) -> ByteBuffer? {
        guard let feed = pending.lineFeed() else { return nil }
        let length = feed - pending.buffer.readerIndex + 1
        guard length <= limit else { return nil }
        return pending.take(length)
    }

    /// Whether as much as may wait here, or more, has come without a line end.
    private func isTooLong(_ limit: Int) -> Bool { pending.count >= min(limit, Self.patience) }
}
