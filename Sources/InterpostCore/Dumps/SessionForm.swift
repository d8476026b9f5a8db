public import NIOCore

/// What a file with a recorded session holds, told from its name and its first bytes.
public struct SessionForm: Sendable, Equatable {
    /// How a file writes a session down, and whose half it has.
    public enum Kind: Sendable, Equatable {
        /// `C:` and `S:` lines.
        case transcript
        /// One of the two halves of Dovecot's rawlog; the other one is a file beside it.
        case rawlog(Side)
        /// Bytes of one side as they were, or with the time before each line.
        case oneSide(Side, isTimed: Bool)
    }

    /// How the session is written down.
    public var kind: Kind
    /// The protocol that is spoken in it.
    public var mailProtocol: MailProtocol

    /// Why a file cannot be read, and what would help.
    public struct Undecided: Error, Equatable {
        /// What is said of the file, after its name: `is empty`.
        public var problem: String
        /// What would help: `give --protocol imap or --protocol pop3`.
        public var advice: String
    }

    /// Octets of a file that are enough to tell.
    public static let headSize = 4096

    /// The half of a rawlog that a file name says: `.in` is what the client sent.
    public static func half(of fileName: String) -> Side? {
        fileName.hasSuffix(".in") ? .client : fileName.hasSuffix(".out") ? .server : nil
    }

    /// The name of the other half.
    public static func partner(of fileName: String) -> String? {
        half(of: fileName).map { $0 == .client ? fileName.dropLast(2) + "out" : fileName.dropLast(3) + "in" }
    }

    /// A form that is known beforehand.
    public init(kind: Kind, mailProtocol: MailProtocol) {
        self.kind = kind
        self.mailProtocol = mailProtocol
    }

    /// `head` are the first octets of the file, `partner` those of a rawlog's other half. What the user says counts more than
    /// what can be seen.
    public init(
        fileName: String, head: ByteBuffer, partner: ByteBuffer? = nil, side: Side? = nil, mailProtocol: MailProtocol? = nil
    ) throws(Undecided) {
        guard head.readableBytes > 0 || (partner?.readableBytes ?? 0) > 0 else {
            throw Undecided(problem: "is empty", advice: "leave it out")
        }
        let named = mailProtocol ?? Self.mailProtocol(of: fileName)
        if let side {
            let lines = Rawlog.lines(of: head)
            kind = .oneSide(side, isTimed: lines.isTimed)
            self.mailProtocol = try Self.decide(named, LineOrigin.first(in: lines.texts, from: side))
        } else if Transcript.looksLike(head) {
            kind = .transcript
            self.mailProtocol = try Self.decide(named, Self.origin(inTranscript: head))
        } else if let half = Self.half(of: fileName) {
            kind = .rawlog(half)
            let origin = [head, partner].lazy.compactMap { $0 }
                .compactMap { LineOrigin.first(in: Rawlog.lines(of: $0).texts, from: nil) }.first
            self.mailProtocol = try Self.decide(named, origin)
        } else if let origin = Rawlog.lines(of: head).texts.first.flatMap({ LineOrigin(of: $0) }) {
            kind = .oneSide(origin.side, isTimed: Rawlog.lines(of: head).isTimed)
            self.mailProtocol = named ?? origin.mailProtocol
        } else {
            if let problem = TextEncoding.problem(of: head.readableBytesView) {
                throw Undecided(problem: problem.what, advice: problem.advice)
            }
            throw Undecided(
                problem: "is neither a C:/S: transcript nor a Dovecot rawlog (.in, .out), and does not begin as IMAP or POP3 do",
                advice: "for the bytes of one side give --side client or --side server")
        }
    }

    private static func mailProtocol(of fileName: String) -> MailProtocol? {
        MailProtocol.allCases.first { fileName.lowercased().hasSuffix("." + $0.rawValue) }
    }

    private static func decide(_ named: MailProtocol?, _ origin: LineOrigin?) throws(Undecided) -> MailProtocol {
        guard let mailProtocol = named ?? origin?.mailProtocol else {
            throw Undecided(
                problem: "does not show which protocol it holds", advice: "give --protocol imap or --protocol pop3")
        }
        return mailProtocol
    }

    /// What is shown by the first line that shows anything.
    private static func origin(inTranscript head: ByteBuffer) -> LineOrigin? {
        var reader = TranscriptReader()
        reader.receive(head)
        while let line = try? reader.next() {
            guard case .say(let side, let bytes) = line.step else { continue }
            if let origin = LineOrigin(of: bytes), origin.side == side { return origin }
        }
        return nil
    }
}

/// Takes a file's bytes as they are read, and gives what was said in them. Memory does not grow with the file.
public struct SessionDecoder: Sendable {
    private enum State: Sendable {
        case transcript(TranscriptReader)
        case timed(Side, RawlogReader)
        case bytes(Side, ByteBuffer?, offset: Int)
    }

    private var state: State

    /// `nil` for a rawlog, whose two files are read together: `Rawlog`.
    public init?(_ kind: SessionForm.Kind) {
        switch kind {
        case .transcript: state = .transcript(TranscriptReader())
        case .oneSide(let side, isTimed: true): state = .timed(side, RawlogReader())
        case .oneSide(let side, isTimed: false): state = .bytes(side, nil, offset: 0)
        case .rawlog: return nil
        }
    }

    /// Takes more bytes of the file, once the earlier ones hold no further turn.
    public mutating func receive(_ bytes: ByteBuffer) {
        switch state {
        case .transcript(var reader):
            state = .transcript(TranscriptReader())
            reader.receive(bytes)
            state = .transcript(reader)
        case .timed(let side, var reader):
            state = .timed(side, RawlogReader())
            reader.receive(bytes)
            state = .timed(side, reader)
        case .bytes(let side, _, let offset): state = .bytes(side, bytes, offset: offset)
        }
    }

    /// No more bytes come: a last line without a line end is read as one.
    public mutating func finish() {
        switch state {
        case .transcript(var reader):
            reader.finish()
            state = .transcript(reader)
        case .timed(let side, var reader):
            reader.finish()
            state = .timed(side, reader)
        case .bytes: break
        }
    }

    /// The next turn, or `nil` until there are more bytes.
    public mutating func next() throws(Transcript.SyntaxError) -> SessionTurn? {
        switch state {
        case .transcript(var reader):
            state = .transcript(TranscriptReader())
            defer { state = .transcript(reader) }
            while let line = try reader.next() { if let turn = SessionTurn(line) { return turn } }
            return nil
        case .timed(let side, var reader):
            state = .timed(side, RawlogReader())
            defer { state = .timed(side, reader) }
            return reader.next().map { SessionTurn(side: side, bytes: $0.bytes, time: $0.time, origin: $0.origin) }
        case .bytes(let side, let bytes?, let offset):
            state = .bytes(side, nil, offset: offset + bytes.readableBytes)
            return SessionTurn(side: side, bytes: bytes, origin: .init(offset: offset))
        case .bytes(_, nil, _): return nil
        }
    }
}

extension SessionTurn {
    /// What a line of a transcript says, if it says something.
    public init?(_ line: Transcript.Line) {
        guard case .say(let side, let bytes) = line.step else { return nil }
        self.init(side: side, bytes: bytes, origin: Origin(offset: line.offset, line: line.number))
    }
}
