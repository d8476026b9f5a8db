// Strategy: times are numbers. Whoever plays the shell sets a clock to what the value asks for, and nothing waits.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The patience of a session` {
    static let second = Shell.second

    /// A session's shell: it knows the time, and calls when it was asked to.
    struct Shell {
        static let limits = Patience.Limits(
            handshake: 30, login: 600, beforeLogin: 120, afterLogin: 1_860, idle: 3_600, closing: 60)
        static let second: Int64 = 1_000_000_000

        var patience: Patience
        var now = WireTime(nanoseconds: 1_000 * Shell.second)
        var phase = SessionPhase.beforeLogin
        /// The client's words wait in the gate.
        var holdsBack = false
        private(set) var alarm: WireTime?
        private(set) var wakes = 0

        init(_ limits: Patience.Limits = Shell.limits) { patience = Patience(limits, at: now) }

        /// Both legs are ready.
        static func running(_ limits: Patience.Limits = Shell.limits, in phase: SessionPhase = .beforeLogin) -> Shell {
            var shell = Shell(limits)
            shell.phase = phase
            shell.patience.becameReady(.client, at: shell.now)
            shell.patience.becameReady(.server, at: shell.now)
            shell.patience.greeted(at: shell.now)
            _ = shell.decisions()
            return shell
        }

        /// What is decided now, but for when to wake up.
        mutating func decisions() -> [Patience.Decision] {
            var decided: [Patience.Decision] = []
            while let decision = patience.next(holdsBack: holdsBack) {
                if case .wake(let time) = decision { alarm = time } else { decided.append(decision) }
            }
            return decided
        }

        /// What is decided while so much time passes, and when, in nanoseconds from now.
        mutating func pass(nanoseconds: Int64) -> [(Int64, Patience.Decision)] {
            let (start, end) = (now, now.later(by: nanoseconds))
            var decided = decisions().map { (Int64(0), $0) }
            while let time = alarm, time <= end {
                wakes += 1
                now = max(now, time)
                alarm = nil
                patience.tick(at: now, in: phase)
                decided += decisions().map { (now.nanoseconds - start.nanoseconds, $0) }
            }
            now = end
            return decided
        }

        mutating func pass(seconds: Int64) -> [Patience.Decision] { pass(nanoseconds: seconds * Self.second).map(\.1) }

        mutating func hear() { patience.received(at: now) }
    }

    // MARK: - Each limit

    @Test(arguments: [
        (SessionPhase.beforeLogin, Patience.Limit.beforeLogin, 120), (.afterLogin, .afterLogin, 1_860), (.idle, .idle, 3_600),
    ])
    func `is that of the conversation's phase, to the nanosecond`(phase: SessionPhase, limit: Patience.Limit, seconds: Int) {
        var early = Shell.running(in: phase)
        #expect(early.pass(nanoseconds: Int64(seconds) * Self.second - 1).isEmpty)
        var shell = Shell.running(in: phase)
        let decided = shell.pass(nanoseconds: Int64(seconds) * Self.second + 1)
        #expect(decided.map(\.0) == [Int64(seconds) * Self.second])
        #expect(decided.map(\.1) == [.timedOut(limit, seconds: seconds)])
    }

    static let bye = "* BYE Interpost closes an inactive session\r\n"

    /// What was said, and which limit counts behind it.
    static let conversations: [(MailProtocol, String, Patience.Limit)] = [
        (.imap, "S: * OK ready", .beforeLogin),
        (.imap, "S: * OK ready\nC: a LOGIN anna sesame\nS: a NO no", .beforeLogin),
        (.imap, "S: * OK ready\nC: a LOGIN anna sesame\nS: a OK in", .afterLogin),
        (.imap, "S: * PREAUTH ready", .afterLogin),
        (.imap, "S: * PREAUTH ready\nC: a IDLE\nS: + idling", .idle),
        (.imap, "S: * PREAUTH ready\nC: a IDLE\nS: + idling\nC: DONE\nS: a OK done", .afterLogin),
        (.pop3, "S: +OK ready\nC: USER anna\nS: +OK", .beforeLogin),
        (.pop3, "S: +OK ready\nC: USER anna\nS: +OK\nC: PASS sesame\nS: +OK in", .afterLogin),
    ]

    @Test(arguments: conversations)
    func `follows what is said, and an IMAP client is told when it is over`(
        mailProtocol: MailProtocol, transcript: String, limit: Patience.Limit
    ) throws {
        var tap = Tap(SessionSettings(mailProtocol: mailProtocol, listener: .implicit, upstream: .implicit))
        var shell = Shell.running()
        for turn in try Transcript(reading: ByteBuffer(string: transcript + "\n")).lines.compactMap(SessionTurn.init) {
            tap.receive(turn.bytes, from: turn.side, at: shell.now)
            while tap.next() != nil {}
            shell.hear()
        }
        shell.phase = tap.conversation.phase
        let decided = shell.pass(seconds: 3_600)
        guard case .timedOut(limit, let seconds)? = decided.first else {
            Issue.record("\(decided)")
            return
        }
        tap.timedOut(limit: limit.rawValue, seconds: seconds)
        var said: [String] = []
        var isTold = false
        var closer: Closer?
        while let action = tap.next() {
            switch action {
            case .say(let bytes, to: .client): said.append(String(buffer: bytes))
            case .tell(.limit(let name, let value, nil)): isTold = name == limit.rawValue && value == seconds
            case .close(let by, _): closer = by
            default: break
            }
        }
        #expect(said == (mailProtocol == .imap ? [Self.bye] : []))
        #expect(isTold && closer == .limit)
    }

    @Test func `counts from the last octet of either side`() {
        var shell = Shell.running(in: .afterLogin)
        #expect(shell.pass(seconds: 1_859).isEmpty)
        shell.hear()
        #expect(shell.pass(seconds: 1_859).isEmpty)
        #expect(shell.pass(seconds: 1) == [.timedOut(.afterLogin, seconds: 1_860)])
    }

    @Test func `becomes shorter at once when the phase does`() {
        var shell = Shell.running(in: .idle)
        #expect(shell.pass(seconds: 3_500).isEmpty)
        // DONE
        shell.hear()
        shell.phase = .afterLogin
        let decided = shell.pass(nanoseconds: 1_860 * Self.second)
        #expect(decided.map(\.0) == [1_860 * Self.second] && decided.map(\.1) == [.timedOut(.afterLogin, seconds: 1_860)])
    }

    @Test func `is a short limit although the others are long`() {
        let limits = Patience.Limits(handshake: 60, login: 60, beforeLogin: 60, afterLogin: 1, idle: 3_600, closing: 60)
        var shell = Shell.running(limits, in: .afterLogin)
        #expect(shell.pass(nanoseconds: Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.timedOut(.afterLogin, seconds: 1)])
    }

    @Test func `is not asked about with every octet`() {
        var shell = Shell.running(in: .afterLogin)
        for _ in 0..<100_000 {
            shell.hear()
            #expect(shell.pass(nanoseconds: 1_000_000).isEmpty)
        }
        // In 100 seconds.
        #expect(shell.wakes <= 1)
    }

    @Test func `is that of handshakes until both legs are ready, whatever is said`() {
        for ready in [nil, Side.client, .server] {
            var shell = Shell()
            if let ready { shell.patience.becameReady(ready, at: shell.now) }
            #expect(shell.pass(seconds: 29).isEmpty)
            shell.hear()
            #expect(shell.pass(nanoseconds: Self.second - 1).isEmpty)
            #expect(shell.pass(nanoseconds: 1).map(\.1) == [.timedOut(.handshake, seconds: 30)])
        }
    }

    @Test func `is that of handshakes until the server has greeted`() {
        var shell = Shell()
        shell.patience.becameReady(.client, at: shell.now)
        shell.patience.becameReady(.server, at: shell.now)
        #expect(shell.pass(nanoseconds: 30 * Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.timedOut(.handshake, seconds: 30)])
    }

    /// As long as the client sends an octet each half second.
    private static func drip(_ shell: inout Shell, seconds: Int) -> [Patience.Decision] {
        var decided: [Patience.Decision] = []
        for _ in 0..<(2 * seconds) where decided.isEmpty {
            decided += shell.pass(nanoseconds: second / 2).map(\.1)
            shell.hear()
        }
        return decided
    }

    @Test func `before login has an end, however much is said`() {
        var shell = Shell.running()
        #expect(Self.drip(&shell, seconds: 599).isEmpty)
        #expect(Self.drip(&shell, seconds: 2) == [.timedOut(.login, seconds: 600)])
        var closing = Shell.running()
        closing.patience.inputEnded(of: .client, at: closing.now)
        #expect(closing.decisions() == [.endOutput(to: .server)])
        #expect(Self.drip(&closing, seconds: 601) == [.timedOut(.login, seconds: 600)])
    }

    @Test func `before login counts from the end of the one before, after which somebody was logged in`() {
        var shell = Shell.running()
        #expect(Self.drip(&shell, seconds: 300).isEmpty)
        shell.phase = .afterLogin
        #expect(Self.drip(&shell, seconds: 1_000).isEmpty)
        shell.phase = .beforeLogin
        #expect(Self.drip(&shell, seconds: 590).isEmpty)
        #expect(Self.drip(&shell, seconds: 200) == [.timedOut(.login, seconds: 600)])
    }

    @Test func `begins anew when the last leg is ready`() {
        var shell = Shell()
        #expect(shell.pass(seconds: 29).isEmpty)
        shell.patience.becameReady(.client, at: shell.now)
        shell.patience.becameReady(.server, at: shell.now)
        shell.patience.greeted(at: shell.now)
        #expect(shell.pass(seconds: 119).isEmpty)
        #expect(shell.pass(seconds: 1) == [.timedOut(.beforeLogin, seconds: 120)])
    }

    @Test(arguments: Side.allCases) func `is that of handshakes again behind STARTTLS, from there on`(side: Side) {
        var shell = Shell.running()
        #expect(shell.pass(seconds: 100).isEmpty)
        shell.patience.handshakeBegins(on: side, at: shell.now)
        #expect(shell.pass(nanoseconds: 30 * Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.timedOut(.handshake, seconds: 30)])
        var quick = Shell.running()
        quick.patience.handshakeBegins(on: side, at: quick.now)
        #expect(quick.pass(seconds: 29).isEmpty)
        quick.patience.becameReady(side, at: quick.now)
        #expect(quick.pass(seconds: 119).isEmpty)
        #expect(quick.pass(seconds: 1) == [.timedOut(.beforeLogin, seconds: 120)])
    }

    @Test func `has no end that can be counted where a limit is too large`() {
        let limits = Patience.Limits(handshake: .max, login: .max, beforeLogin: .max, afterLogin: .max, idle: .max, closing: .max)
        var shell = Shell.running(limits)
        #expect(shell.pass(seconds: 1 << 32).isEmpty)
    }

    // MARK: - Half-close

    @Test(arguments: Side.allCases) func `lets the other side finish when one has ended its input`(side: Side) {
        var shell = Shell.running(in: .afterLogin)
        shell.patience.inputEnded(of: side, at: shell.now)
        #expect(shell.decisions() == [.endOutput(to: side.peer)])
        #expect(shell.patience.firstCloser == side)
        // It answers, slowly.
        for _ in 0..<10 {
            #expect(shell.pass(nanoseconds: 60 * Self.second - 1).isEmpty)
            shell.hear()
        }
        shell.patience.inputEnded(of: side.peer, at: shell.now)
        #expect(shell.decisions() == [.closed(by: side)])
    }

    @Test(arguments: Side.allCases) func `with a side that does not answer the other's end is that of closing`(side: Side) {
        var shell = Shell.running(in: .idle)
        #expect(shell.pass(seconds: 50).isEmpty)
        shell.patience.inputEnded(of: side, at: shell.now)
        #expect(shell.decisions() == [.endOutput(to: side.peer)])
        #expect(shell.pass(nanoseconds: 60 * Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.closingTimedOut(of: side.peer, seconds: 60), .closed(by: side)])
    }

    @Test func `an end is passed on once`() {
        var shell = Shell.running()
        shell.patience.inputEnded(of: .client, at: shell.now)
        shell.patience.inputEnded(of: .client, at: shell.now)
        #expect(shell.decisions() == [.endOutput(to: .server)])
        shell.patience.inputEnded(of: .client, at: shell.now)
        #expect(shell.decisions() == [])
    }

    @Test func `an end waits until the other leg is ready`() {
        var shell = Shell()
        shell.patience.becameReady(.client, at: shell.now)
        shell.patience.inputEnded(of: .client, at: shell.now)
        #expect(shell.pass(seconds: 20).isEmpty)
        shell.patience.becameReady(.server, at: shell.now)
        shell.patience.greeted(at: shell.now)
        #expect(shell.decisions() == [.endOutput(to: .server)])
        #expect(shell.pass(seconds: 59).isEmpty)
        #expect(shell.pass(seconds: 1) == [.closingTimedOut(of: .server, seconds: 60), .closed(by: .client)])
    }

    @Test func `a client's end does not overtake what it said, and a server's has nothing to wait for`() {
        var shell = Shell.running(in: .afterLogin)
        shell.holdsBack = true
        shell.patience.inputEnded(of: .client, at: shell.now)
        #expect(shell.pass(seconds: 30).isEmpty)
        shell.holdsBack = false
        #expect(shell.decisions() == [.endOutput(to: .server)])
        var other = Shell.running(in: .afterLogin)
        other.holdsBack = true
        other.patience.inputEnded(of: .server, at: other.now)
        #expect(other.decisions() == [.endOutput(to: .client)])
    }

    @Test func `a server that leaves without a greeting is not waited for`() {
        var shell = Shell.running()
        shell.patience.inputEnded(of: .server, at: shell.now, isTooEarly: true)
        #expect(shell.decisions() == [.closed(by: .server)])
        var other = Shell.running()
        other.patience.inputEnded(of: .client, at: other.now)
        #expect(other.decisions() == [.endOutput(to: .server)])
        other.patience.inputEnded(of: .server, at: other.now, isTooEarly: true)
        #expect(other.decisions() == [.closed(by: .client)])
    }

    // MARK: - A command that is held

    @Test func `with a person is as long as the rule says`() {
        var shell = Shell.running(in: .afterLogin)
        shell.patience.holdBegan(seconds: 10, at: shell.now)
        #expect(shell.pass(nanoseconds: 10 * Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.refuseHold])
        #expect(shell.pass(seconds: 1_849).isEmpty)
        #expect(shell.pass(seconds: 1) == [.timedOut(.afterLogin, seconds: 1_860)])
    }

    @Test func `with a person who has decided is over`() {
        var shell = Shell.running(in: .afterLogin)
        shell.patience.holdBegan(seconds: 10, at: shell.now)
        #expect(shell.pass(seconds: 9).isEmpty)
        shell.patience.holdEnded()
        #expect(shell.pass(seconds: 100).isEmpty)
        // The next one has all of its time.
        shell.patience.holdBegan(seconds: 10, at: shell.now)
        #expect(shell.pass(seconds: 9).isEmpty)
        #expect(shell.pass(seconds: 1) == [.refuseHold])
    }

    // MARK: - The end

    @Test func `ends a session when the program has waited for it`() {
        var shell = Shell.running(in: .idle)
        shell.patience.drainBegan(seconds: 30, at: shell.now)
        #expect(shell.pass(nanoseconds: 30 * Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.end])
    }

    @Test func `closes what still lingers when the program has waited for it`() {
        var shell = Shell.running(in: .idle)
        shell.patience.drainBegan(seconds: 30, at: shell.now)
        #expect(shell.pass(seconds: 10).isEmpty)
        shell.patience.sessionEnded(at: shell.now, hasLastWords: false)
        #expect(shell.pass(nanoseconds: 20 * Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.closeNow(.client), .closeNow(.server)])
    }

    @Test func `decides about nothing more when the session is over`() {
        var shell = Shell.running(in: .beforeLogin)
        shell.patience.holdBegan(seconds: 10, at: shell.now)
        shell.patience.inputEnded(of: .client, at: shell.now)
        shell.patience.sessionEnded(at: shell.now, hasLastWords: false)
        shell.patience.inputEnded(of: .server, at: shell.now)
        shell.patience.holdBegan(seconds: 10, at: shell.now)
        shell.patience.handshakeBegins(on: .client, at: shell.now)
        #expect(shell.pass(seconds: 10_000).isEmpty)
    }

    @Test func `with last words is five seconds, unless the client's handshake ends before`() {
        var shell = Shell()
        shell.patience.sessionEnded(at: shell.now, hasLastWords: true)
        #expect(shell.pass(nanoseconds: 5 * Self.second - 1).isEmpty)
        #expect(shell.pass(nanoseconds: 1).map(\.1) == [.closeNow(.client)])
        var quick = Shell()
        quick.patience.sessionEnded(at: quick.now, hasLastWords: true)
        #expect(quick.pass(seconds: 4).isEmpty)
        quick.patience.becameReady(.client, at: quick.now)
        #expect(quick.pass(seconds: 100).isEmpty)
    }
}
