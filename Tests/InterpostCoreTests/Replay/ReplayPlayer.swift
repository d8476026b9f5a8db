import NIOCore

@testable import InterpostCore

/// A client of a replay server that writes down what it hears.
struct ReplayPlayer {
    var server: ReplayServer
    var heard = ByteBuffer()
    var actions: [String] = []
    var wait: WireTime?
    var now = WireTime(nanoseconds: 0)

    init(_ session: RecordedSession, _ options: ReplayOptions = ReplayOptions()) {
        server = ReplayServer(session, options: options)
        server.opened(at: now)
        pump()
    }

    init(_ transcript: String, _ options: ReplayOptions = ReplayOptions()) throws {
        try self.init(.imap, transcript, options)
    }

    /// A recording written as a transcript.
    init(_ mailProtocol: MailProtocol, _ transcript: String, _ options: ReplayOptions = ReplayOptions()) throws {
        self.init(try RecordedSession(mailProtocol, transcript: transcript), options)
    }

    /// Says lines, and tells what comes back, with `|` for each line end.
    @discardableResult
    mutating func says(_ lines: String) -> String {
        heard.clear()
        send(ByteBuffer(string: lines.replacing("|", with: "\r\n")))
        return hears
    }

    var hears: String { String(buffer: heard).replacing("\r\n", with: "|") }

    mutating func send(_ bytes: ByteBuffer) {
        server.receive(bytes, at: now)
        pump()
    }

    mutating func pass(until time: Int64) -> String {
        heard.clear()
        now = WireTime(nanoseconds: time)
        server.tick(at: now)
        pump()
        return hears
    }

    mutating func pump() {
        while let action = server.next() {
            switch action {
            case .send(let bytes): heard.writeImmutableBuffer(bytes)
            case .startTLS: actions.append("TLS")
            case .startDeflate(let unread):
                actions.append("deflate")
                if unread.readableBytes > 0 { server.receive(unread, at: now) }
            case .wait(let time): wait = time
            case .close(let by, let reason): actions.append("close by \(by): \(reason)")
            case .tell, .record: break
            }
        }
    }
}

extension RecordedSession {
    init(_ mailProtocol: MailProtocol = .imap, transcript: String, stepNanoseconds: Int64 = 1000) throws {
        let lines = try Transcript(reading: ByteBuffer(string: transcript)).lines
        self.init(mailProtocol, records: Self.records(lines.compactMap(SessionTurn.init), step: stepNanoseconds))
    }

    static func records(_ turns: [SessionTurn], step: Int64 = 1000) -> [CaptureRecord] {
        turns.enumerated().map { index, turn in
            CaptureRecord(CaptureRecord.Kind(turn.side), session: 1, nanoseconds: Int64(index) * step, bytes: turn.bytes)
        }
    }
}
