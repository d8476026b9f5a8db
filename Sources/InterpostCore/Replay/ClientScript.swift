import NIOCore

/// The client's half of a recorded session: what it said, and what the server said to each of its commands.
///
///     C: a SELECT INBOX␍␊                     a step
///     S: * 3 EXISTS␍␊S: a OK done␍␊          what is expected of it
package struct ClientScript: Sendable {
    package let mailProtocol: MailProtocol
    /// What it holds is not what went over the wire.
    package let isRedacted: Bool
    /// From some place on the recording could not be read, and ends there.
    package let isCutShort: Bool
    let greeting: ComparedEntry?
    let steps: [ClientStep]
    let normalisation: Normalisation

    /// Reads the records of one session, in order; what is compared is what the server heard and said.
    package init(
        _ mailProtocol: MailProtocol, records: some Sequence<CaptureRecord>, isRedacted: Bool = false,
        _ normalisation: Normalisation = .all
    ) {
        var reader = ClientScriptReader(mailProtocol, normalisation)
        for (side, record) in records.conversation(onLegTo: .server) {
            reader.receive(record.bytes, from: side, at: WireTime(nanoseconds: record.nanoseconds))
        }
        self.mailProtocol = mailProtocol
        self.isRedacted = isRedacted
        self.normalisation = normalisation
        isCutShort = reader.isCutShort
        greeting = reader.greeting
        steps = reader.steps
    }

    /// Whether the recorded client logged in.
    package var logsIn: Bool { steps.contains { $0.role == .login } }

    /// The commands that change what is in the account, once each: `APPEND`, `STORE`, `FETCH BODY[]`.
    package var changes: [String] {
        var found: [String] = []
        for step in steps { if let change = step.change, !found.contains(change) { found.append(change) } }
        return found
    }
}

/// Something that the recorded client said.
struct ClientStep: Sendable {
    enum Role: Sendable, Equatable {
        case plain
        /// The login that succeeded, however it was made.
        case login
        /// A login that has not succeeded; it is not made again.
        case failedLogin
        /// USER, the first half of a login; XCLIENT, which says who a proxy's client is.
        case user
        /// It is not said again: STARTTLS and COMPRESS, which are each leg's own.
        case leftOut
        case idle
        /// A line that is not a command, and has no completion.
        case noise
    }

    enum Piece: Sendable {
        /// A line, and the literal that it announces.
        case line(ByteBuffer, LiteralAnnouncement?)
        case literal(ByteBuffer)
    }

    var role = Role.plain
    var pieces: [Piece] = []
    /// The command as people may see it.
    var shown = ""
    /// It was said before the commands that precede it were completed.
    var isPipelined = false
    /// The recorded server refused it at its last literal, whose octets are not known.
    var isRefused = false
    /// What the server said during an IDLE.
    var pushes = 0
    /// DONE was said.
    var endsIdle = false
    /// The message that follows XTND XMIT.
    var message = ByteBuffer()
    /// What it changes, if it changes something.
    var change: String?
    /// What the server said to it, the completion last.
    var answer: [ComparedEntry] = []
    var isComplete = false

    /// What the client said to the challenges of a SASL exchange; `nil` where this is not one.
    var responses: [ByteBuffer]?

    var isLogin: Bool { role == .login || role == .failedLogin }

    /// Whether it is said again, by somebody else or by the recorded client.
    func isPlayed(_ login: ReplayClientOptions.Login) -> Bool {
        switch (role, login) {
        case (.leftOut, _), (.failedLogin, .given), (.user, .given): false
        default: true
        }
    }
}

extension ClientStep.Role {
    init(_ command: IMAPCommand) {
        switch command.body {
        case .login, .authenticate: self = .failedLogin
        case .malformed where command.name == Keyword("LOGIN") || command.name == Keyword("AUTHENTICATE"): self = .failedLogin
        case .startTLS, .compress: self = .leftOut
        case .idle: self = .idle
        default: self = .plain
        }
    }

    init(_ command: POP3Command) {
        switch command {
        case .pass, .apop, .rpop, .auth(.some, _): self = .failedLogin
        case .user, .xclient: self = .user
        case .stls, .compress: self = .leftOut
        default: self = .plain
        }
    }
}
