// Strategy: a desk alone, with a time of day that the test sets. A token that is right is judged at once, so nothing waits.

import Crypto
import InterpostCore
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import InterpostProxy

@Suite struct `A desk` {
    private final class Day: Sendable {
        let now = Mutex(WireTime(nanoseconds: 1_000))
        let ended = Mutex<[String]>([])

        func desk(_ records: ClientRecord...) -> ClientDesk {
            ClientDesk(ClientDirectory(records), clock: SessionClock(), today: { self.now.withLock { $0 } })
        }

        /// The client of this session is let in, and its session begins.
        func letIn(_ desk: ClientDesk, _ session: Int, _ secret: String = "ip-1") throws {
            let grant = try #require(Self.grant(judged(desk, session, secret)))
            desk.began(grant, session: session) { reason in self.ended.withLock { $0.append(reason) } }
        }

        func judged(_ desk: ClientDesk, _ session: Int, _ secret: String = "ip-1") -> LoginVerdict? {
            let verdict = Mutex<LoginVerdict?>(nil)
            desk.judge(
                LoginAttempt(name: "agent", mechanism: .plain, proof: .secret(Secret(ByteBuffer(string: secret)))),
                of: ClientDesk.Visitor(session: session, host: "192.0.2.1", mailProtocol: .imap, accounts: ["anna"]),
                on: MultiThreadedEventLoopGroup.singleton.next()
            ) { found in verdict.withLock { $0 = found } }
            return verdict.withLock { $0 }
        }

        private static func grant(_ verdict: LoginVerdict?) -> ClientGrant? {
            if case .accepted(let grant)? = verdict { grant } else { nil }
        }
    }

    private static func agent(
        _ secret: String = "ip-1", expires: WireTime? = nil, revoked: WireTime? = nil, sessions: Int? = nil
    ) -> ClientRecord {
        ClientRecord(
            name: "agent", proof: .token(sha256: Array(SHA256.hash(data: Array(secret.utf8)))), account: "anna", expires: expires,
            revoked: revoked, sessions: sessions)
    }

    @Test func `ends the sessions of a token that was taken back, or made anew under the same name`() throws {
        for other in [Self.agent(revoked: WireTime(nanoseconds: 1)), Self.agent("ip-2")] {
            let day = Day()
            let desk = day.desk(Self.agent())
            try day.letIn(desk, 1)
            desk.replace(ClientDirectory([Self.agent()]))
            #expect(day.ended.withLock { $0 } == [])
            desk.replace(ClientDirectory([other]))
            #expect(day.ended.withLock { $0.count } == 1)
        }
    }

    @Test func `ends sessions at the time of day at which a token expires`() throws {
        let day = Day()
        let desk = day.desk(Self.agent(expires: WireTime(nanoseconds: 2_000)))
        try day.letIn(desk, 1)
        day.now.withLock { $0 = WireTime(nanoseconds: 1_999) }
        desk.endOutdated()
        #expect(day.ended.withLock { $0 } == [])
        day.now.withLock { $0 = WireTime(nanoseconds: 2_000) }
        desk.endOutdated()
        #expect(day.ended.withLock { $0 } == ["the time of agent is over"])
        #expect(day.judged(desk, 2) == .refused(.expired))
    }

    @Test func `counts a session from the verdict on, until it has ended`() throws {
        let day = Day()
        let desk = day.desk(Self.agent(sessions: 1))
        let verdict = day.judged(desk, 1)
        guard case .accepted(let grant)? = verdict else {
            Issue.record("\(String(describing: verdict))")
            return
        }
        #expect(day.judged(desk, 2) == .refused(.tooManySessions))
        desk.ended(grant, session: 1)
        try day.letIn(desk, 3)
    }
}
