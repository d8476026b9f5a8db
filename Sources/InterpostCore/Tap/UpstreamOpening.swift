import NIOCore

/// The beginning of a clear-text connection to a server that Interpost turns into TLS by itself, before the client
/// hears anything: greeting, STARTTLS or STLS, its answer (RFC 9051 §6.2.1, RFC 2595 §4).
///
///     S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready
///     I: interpost STARTTLS
///     S: interpost OK go ahead         → .secure; the greeting goes to the client when TLS is up
///
/// What a server says in between is dropped: before TLS anybody could have said it.
struct UpstreamOpening: Sendable {
    enum Step: Sendable {
        case send(ByteBuffer)
        /// TLS begins now; then the client gets this greeting.
        case secure(greeting: ByteBuffer)
        /// The server does not want us; the client is told in the server's words.
        case refused(greeting: ByteBuffer)
        case failed(reason: String, Anomaly?)
    }

    private static let tag = "interpost"
    private static let maximumLine = 8192

    private let mailProtocol: MailProtocol
    private var framer: POP3Framer
    private var greeting: ByteBuffer?
    private var offset = 0

    init(_ mailProtocol: MailProtocol) {
        self.mailProtocol = mailProtocol
        // Until TLS every line is a plain one in both protocols, and the POP3 framer reads those.
        framer = POP3Framer(limits: WireLimits(lineLength: Self.maximumLine))
    }

    mutating func receive(_ bytes: ByteBuffer) { framer.append(bytes) }

    /// The next thing to do, or `nil` until more bytes arrive.
    mutating func next() -> Step? {
        while let fragment = framer.next() {
            let place = offset
            offset += fragment.bytes.readableBytes
            guard case .line(let line, _) = fragment else {
                return .failed(reason: "the server's line is too long", Anomaly(.lineTooLong, side: .server, offset: place))
            }
            if let step = mailProtocol == .imap ? readIMAP(line, at: place) : readPOP3(line, at: place) { return step }
        }
        framer.settle()
        return nil
    }

    private mutating func readIMAP(_ line: ByteBuffer, at place: Int) -> Step? {
        guard let status = IMAPStatus(reading: line.withoutLineEnd) else {
            return greeting == nil
                ? .failed(reason: "the server did not greet", Anomaly(.greetingMissing, side: .server, offset: place)) : nil
        }
        if greeting == nil {
            switch status.result {
            case .preauth:
                let anomaly = Anomaly(.preauthenticatedInClearText, side: .server, offset: place)
                return .failed(reason: "the server says PREAUTH in clear text, so STARTTLS is impossible", anomaly)
            case .ok:
                greeting = line
                return .send(ByteBuffer(string: "\(Self.tag) STARTTLS\r\n"))
            case .bye, .no, .bad: return .refused(greeting: line)
            }
        }
        guard String(buffer: status.tag) == Self.tag else { return nil }
        guard status.result == .ok else {
            return .failed(reason: "the server refuses STARTTLS: \(String(buffer: status.text))", nil)
        }
        return secure(at: place + line.readableBytes)
    }

    private mutating func readPOP3(_ line: ByteBuffer, at place: Int) -> Step? {
        guard let reply = POP3Reply(reading: line) else {
            return .failed(reason: "the server did not greet", Anomaly(.greetingMissing, side: .server, offset: place))
        }
        if greeting == nil {
            guard reply.result == .ok else { return .refused(greeting: line) }
            greeting = line
            return .send(ByteBuffer(string: "STLS\r\n"))
        }
        guard reply.result == .ok else {
            return .failed(reason: "the server refuses STLS: \(String(buffer: reply.text))", nil)
        }
        return secure(at: place + line.readableBytes)
    }

    private func secure(at place: Int) -> Step {
        if framer.unread > 0 {
            let anomaly = Anomaly(.clearTextBehindSTARTTLS, side: .server, offset: place)
            return .failed(reason: "the server sent clear text after its answer to STARTTLS", anomaly)
        }
        return .secure(greeting: greeting ?? ByteBuffer())
    }
}
