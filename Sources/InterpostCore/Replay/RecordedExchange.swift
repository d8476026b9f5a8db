import NIOCore

/// One client command of a recording with all that the server said to it.
///
///     C: a AUTHENTICATE PLAIN␍␊       the command
///     S: + ␍␊                         turn 0: a challenge
///     C: AGFubmEAc2VzYW1l␍␊
///     S: a OK done␍␊                  turn 1: the completion
package struct RecordedExchange: Sendable {
    /// The command as people may see it, without its tag and its secrets: `LOGIN anna [redacted]`.
    package let shown: String
    /// Whether the completion of it was recorded.
    package var isComplete: Bool { succeeded != nil }

    let request: ReplayRequest
    let tag: ByteBuffer?
    /// `+` lines that asked for the command's literals.
    var continuations: [ByteBuffer] = []
    /// What the server said after the command, and after each thing that the client said next.
    var turns: [RecordedTurn]
    /// What the server said then without being asked.
    var afterwards: [Utterance] = []
    /// `nil` without a completion.
    var succeeded: Bool?
    /// Where the completion led, if it led anywhere.
    var transition: ReplayState?
    /// The state of the session when the command came.
    var stateBefore = ReplayState.notAuthenticated

    init(_ request: ReplayRequest, tag: ByteBuffer?, at time: WireTime, shown: String) {
        self.request = request
        self.tag = tag
        self.shown = shown
        turns = [RecordedTurn(.command, at: time)]
    }

    /// A line that is not a command. What the server says to it, if it says something, comes afterwards.
    init(noiseAt time: WireTime) {
        self.init(.noise, tag: nil, at: time, shown: ReplayRequest.shownNoise)
        succeeded = true
    }

    /// What the server said, without challenges: what a client hears that logs in another way.
    var outcome: [Utterance] { turns.flatMap(\.said).filter { $0.kind != .challenge } }

    /// All that the server said from this exchange to the next one.
    var everything: [Utterance] { turns.flatMap(\.said) + afterwards }

    /// The server closed the connection after it, as far as was recorded.
    var endsSession: Bool {
        !isComplete || turns.contains { $0.said.contains(where: \.isFarewell) } || afterwards.contains(where: \.isFarewell)
    }

    /// What the server said that would have come without the command.
    var news: [Utterance] {
        switch request.role {
        case .poll: turns.flatMap(\.said).filter { $0.kind != .completion } + afterwards
        case .noise: []
        default: afterwards
        }
    }
}

/// Something that a client said within an exchange, and what the server said then.
struct RecordedTurn: Sendable {
    enum Kind: Sendable {
        case command
        /// A SASL response, or `*`.
        case response, cancellation
        /// DONE.
        case done
        /// The message that follows XTND XMIT.
        case message
    }

    let kind: Kind
    let time: WireTime
    var said: [Utterance] = []

    init(_ kind: Kind, at time: WireTime) {
        self.kind = kind
        self.time = time
    }
}

/// A piece of the server's words: a line, or part of a literal or body.
struct Utterance: Sendable {
    enum Kind: Sendable {
        case plain
        /// `+`, in a SASL exchange.
        case challenge
        /// Said while the client was silent: after IDLE, or with no command in progress.
        case push
        case completion
    }

    enum Piece: Sendable {
        case bytes(ByteBuffer)
        /// The tag of a command is here.
        case tag(ByteBuffer, quoted: Bool)
    }

    var pieces: [Piece]
    var kind: Kind
    /// Nanoseconds after what the client said last.
    var delay: Int64 = 0
    /// A line with a list of capabilities or mechanisms.
    var isOffer = false
    /// It ends the connection: BYE, a greeting that refuses, the answer to QUIT.
    var isFarewell = false

    init(_ pieces: [Piece], _ kind: Kind = .plain) {
        self.pieces = pieces
        self.kind = kind
    }

    init(_ text: String, _ kind: Kind = .plain) { self.init([.bytes(ByteBuffer(string: text + "\r\n"))], kind) }

    /// The words of an IMAP capability list; `nil` where there is none.
    var capabilities: String? {
        guard isOffer else { return nil }
        let words = pieces.lazy.compactMap { piece in
            if case .bytes(let bytes) = piece { CapabilityWords(in: bytes)?.words } else { nil }
        }.first
        return words?.map { String(buffer: $0) }.joined(separator: " ")
    }

    /// The octets, with the tags of the live client in place of the recorded ones.
    func rendered(tag: (ByteBuffer) -> ByteBuffer) -> ByteBuffer {
        if pieces.count == 1, case .bytes(let bytes) = pieces[0] { return bytes }
        var rendered = ByteBuffer()
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): rendered.writeImmutableBuffer(bytes)
            case .tag(let recorded, quoted: false): rendered.writeImmutableBuffer(tag(recorded))
            case .tag(let recorded, quoted: true):
                rendered.writeStaticString("\"")
                for byte in tag(recorded).readableBytesView {
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { rendered.writeInteger(UInt8(ascii: "\\")) }
                    rendered.writeInteger(byte)
                }
                rendered.writeStaticString("\"")
            }
        }
        return rendered
    }
}

/// The state of a session, as far as it decides what a command means.
enum ReplayState: Hashable, Sendable {
    case notAuthenticated, authenticated, logout
    case selected(MailboxName)

    init(_ conversation: Conversation) {
        if let state = conversation.imap?.state {
            switch state {
            case .notAuthenticated: self = .notAuthenticated
            case .authenticated: self = .authenticated
            case .selected(let mailbox, _): self = .selected(mailbox)
            case .logout: self = .logout
            }
        } else {
            self = conversation.pop3?.state == .authorization ? .notAuthenticated : .authenticated
        }
    }
}
