import Crypto
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOPosix
import Synchronization

/// Lets clients in at Interpost itself: one desk for all sessions of a program that has relays with accounts.
///
/// A token, and a password that was right before, is taken at once. Whatever else is said waits as long as ``LoginThrottle`` has it,
/// and is then looked at on a thread of its own. A refusal takes as long for a name that does not exist as for a secret that is wrong.
final class ClientDesk: Sendable {
    /// Who asks to be let in.
    struct Visitor: Sendable {
        var session: Int
        /// The address without the port.
        var host: String
        var mailProtocol: MailProtocol
        /// The accounts of the relay.
        var accounts: [String]
        /// What the client was asked about, in an exchange of SCRAM.
        var keys: SCRAMKeys?
    }

    /// A session that a client has, and how to end it.
    private struct Visit {
        var login: String
        /// What the client has shown that it knows.
        var proof: ClientRecord.Proof
        var end: @Sendable (_ reason: String) -> Void
    }

    private struct State {
        var directory: ClientDirectory
        var throttle = LoginThrottle()
        var visits: [String: [Int: Visit]] = [:]
        /// Attempts that are being looked at, by their digest: the same one is not looked at twice.
        var waiting: [[UInt8]: [@Sendable (Found) -> Void]] = [:]
        var known = KnownPasswords()
        /// Addresses from which somebody was let in.
        var regulars: Set<String> = []
        var usage = TokenUsage()
    }

    private enum Found: Sendable {
        case right(ClientRecord.Proof)
        case wrong
        case nobodyLooked
    }

    private static let maximumRegulars = 16_384

    private let state: Mutex<State>
    private let clock: SessionClock
    /// The time of day, which ends what has an end. Unlike the clock, it follows when it is set.
    private let today: @Sendable () -> WireTime
    /// Made anew at each start: what is kept of passwords that were right says nothing without it.
    private let key = SymmetricKey(size: .bits256)
    private let hashes = HashQueue()
    /// Looks whether the token file has changed, and calls back; nobody waits for a token that was just made.
    private let refresh = Mutex<(@Sendable (_ done: @escaping @Sendable () -> Void) -> Void)?>(nil)

    init(
        _ directory: ClientDirectory, clock: SessionClock, today: @escaping @Sendable () -> WireTime = { SessionClock().now }
    ) {
        state = Mutex(State(directory: directory))
        self.clock = clock
        self.today = today
    }

    /// Has `body` look for news before a login is taken for a failure.
    func onDoubt(_ body: @escaping @Sendable (_ done: @escaping @Sendable () -> Void) -> Void) {
        refresh.withLock { $0 = body }
    }

    /// The mechanisms that can be offered to clients.
    var mechanisms: [LoginMechanism] { state.withLock { $0.directory.mechanisms } }

    /// What SCRAM needs for this name; for one that does not exist, or has no keys, what looks like it.
    func keys(for login: String) -> SCRAMKeys {
        state.withLock { state in
            if case .scram(let keys)? = state.directory.record(for: login)?.proof { return keys }
            let bytes = key.withUnsafeBytes { Array($0) }
            return SCRAMKeys.madeUp(for: login, key: bytes, iterations: state.directory.usualIterations)
        }
    }

    // MARK: - Judging

    /// Calls `then` on `eventLoop` with whether a client is let in. That may take its time. A client that was let in has a session from
    /// here on, until ``ended(_:session:)``.
    func judge(
        _ attempt: LoginAttempt, of visitor: Visitor, on eventLoop: any EventLoop,
        then: @escaping @Sendable (LoginVerdict) -> Void
    ) {
        switch attempt.proof {
        case .scram(isRight: true): then(conclude(attempt, visitor, shown: visitor.keys.map { .scram($0) }))
        case .scram(isRight: false):
            later(attempt, visitor, on: eventLoop) { then(self.conclude(attempt, visitor, shown: nil)) }
        case .secret(let secret):
            let digest = digest(of: attempt.name, secret)
            if let proof = proofAtOnce(attempt.name, secret, digest) { return then(conclude(attempt, visitor, shown: proof)) }
            let refresh = refresh.withLock { $0 } ?? { done in done() }
            refresh { [self] in
                eventLoop.execute { [self] in
                    if let proof = proofAtOnce(attempt.name, secret, digest) {
                        then(conclude(attempt, visitor, shown: proof))
                    } else {
                        lookLater(at: secret, digest, attempt, visitor, on: eventLoop, then: then)
                    }
                }
            }
        }
    }

    /// What the secret is right for, where that can be said without a slow hash.
    private func proofAtOnce(_ name: String, _ secret: Secret, _ digest: [UInt8]) -> ClientRecord.Proof? {
        guard let proof = state.withLock({ $0.directory.record(for: name)?.proof }) else { return nil }
        if case .token = proof { return (try? PasswordCheck.matches(secret, proof)) == true ? proof : nil }
        return state.withLock { $0.known.contains(digest, for: proof) } ? proof : nil
    }

    private func lookLater(
        at secret: Secret, _ digest: [UInt8], _ attempt: LoginAttempt, _ visitor: Visitor, on eventLoop: any EventLoop,
        then: @escaping @Sendable (LoginVerdict) -> Void
    ) {
        let isFirst = state.withLock { state in
            state.waiting[digest, default: []].append { found in
                eventLoop.execute {
                    switch found {
                    case .right(let proof): then(self.conclude(attempt, visitor, shown: proof))
                    case .wrong: then(self.conclude(attempt, visitor, shown: nil))
                    case .nobodyLooked: then(.refused(.busy))
                    }
                }
            }
            return state.waiting[digest]?.count == 1
        }
        guard isFirst else { return }
        later(attempt, visitor, on: eventLoop) { self.look(at: secret, attempt.name, digest, visitor) }
    }

    /// Calls `body` when the attempt has waited as long as it has to.
    private func later(
        _ attempt: LoginAttempt, _ visitor: Visitor, on eventLoop: any EventLoop, _ body: @escaping @Sendable () -> Void
    ) {
        let now = clock.now
        // It counts as a failure until it is known to be none: many at once do not all wait as long as the first.
        let wait = state.withLock { state in
            let wait = state.throttle.wait(address: visitor.host, name: attempt.name, at: now)
            state.throttle.failed(address: visitor.host, name: attempt.name, at: now)
            return wait
        }
        if wait == 0 { body() } else { eventLoop.scheduleTask(in: .nanoseconds(wait), body) }
    }

    /// Makes the slow hash, or one that takes as long, and tells all who wait for it.
    private func look(at secret: Secret, _ name: String, _ digest: [UInt8], _ visitor: Visitor) {
        let (found, decoy, isRegular) = state.withLock { state in
            (state.directory.record(for: name)?.proof, state.directory.slowestProof, state.regulars.contains(visitor.host))
        }
        let isSlow = found.map { if case .token = $0 { false } else { true } } ?? false
        guard let asked = isSlow ? found : decoy else { return tell(digest, .wrong) }
        let isQueued = hashes.submit(isRegular: isRegular) { [self] in
            let matches = (try? PasswordCheck.matches(secret, asked)) == true
            if matches, isSlow { state.withLock { $0.known.insert(digest, for: asked) } }
            tell(digest, matches && isSlow ? .right(asked) : .wrong)
        }
        if !isQueued { tell(digest, .nobodyLooked) }
    }

    private func tell(_ digest: [UInt8], _ found: Found) {
        for waiter in state.withLock({ $0.waiting.removeValue(forKey: digest) }) ?? [] { waiter(found) }
    }

    /// - Parameter proof: What the client has shown that it knows. It has to be what the client must know now, too.
    private func conclude(_ attempt: LoginAttempt, _ visitor: Visitor, shown proof: ClientRecord.Proof?) -> LoginVerdict {
        let now = today()
        return state.withLock { state in
            let record = state.directory.record(for: attempt.name)
            let knowsSecret = proof != nil && record?.proof == proof
            let sessions = record.flatMap { state.visits[$0.name]?.count } ?? 0
            let verdict = state.directory.verdict(
                login: attempt.name, knowsSecret: knowsSecret,
                ClientDirectory.Circumstances(
                    visitor.mailProtocol, address: IPAddress(visitor.host), time: now, sessions: sessions,
                    accounts: visitor.accounts))
            if knowsSecret { state.throttle.succeeded(address: visitor.host, name: attempt.name) }
            if case .accepted(let grant) = verdict, let proof {
                if state.regulars.count >= Self.maximumRegulars { state.regulars = [] }
                state.regulars.insert(visitor.host)
                state.visits[grant.client, default: [:]][visitor.session] = Visit(login: grant.login, proof: proof, end: { _ in })
            }
            if knowsSecret, let record, record.isToken { state.usage.note(verdict, of: record.name, at: now) }
            return verdict
        }
    }

    /// What was counted of tokens since the last time, if it is time to write it.
    func takeUsage(isLast: Bool) -> TokenUsage? {
        let now = today()
        return state.withLock { isLast ? $0.usage.take() : $0.usage.takeIfDue(at: now) }
    }

    /// Counts what could not be written.
    func putBack(_ usage: TokenUsage) { state.withLock { $0.usage.add(usage) } }

    private func digest(of name: String, _ secret: Secret) -> [UInt8] {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array(name.utf8) + [0])
        code.update(data: secret.withExposedBytes { Array($0.readableBytesView) })
        return Array(code.finalize())
    }

    // MARK: - Visits

    /// How to end a session of a client that was let in.
    func began(_ grant: ClientGrant, session: Int, end: @escaping @Sendable (_ reason: String) -> Void) {
        let now = today()
        let reason = state.withLock { state -> String? in
            guard var visit = state.visits[grant.client]?[session] else { return "\(grant.client) has left" }
            visit.end = end
            state.visits[grant.client]?[session] = visit
            // What lets the client in may have been taken back since the verdict.
            return Self.reasonToEnd(state.directory.record(for: grant.login), visit, grant.client, at: now)
        }
        if let reason { end(reason) }
    }

    func ended(_ grant: ClientGrant, session: Int) {
        state.withLock { state in
            state.visits[grant.client]?.removeValue(forKey: session)
            if state.visits[grant.client]?.isEmpty == true { state.visits.removeValue(forKey: grant.client) }
        }
    }

    /// From here on these clients are let in. Sessions of those that are not among them any more end.
    func replace(_ directory: ClientDirectory) {
        state.withLock { $0.directory = directory }
        endOutdated()
    }

    /// Ends the sessions of clients whose time is over, whose secret is another one now, or whose token was taken back.
    func endOutdated() {
        let now = today()
        let ends = state.withLock { state in
            state.visits.flatMap { client, visits in
                visits.values.compactMap { visit -> (@Sendable () -> Void)? in
                    let record = state.directory.record(for: visit.login)
                    guard let reason = Self.reasonToEnd(record, visit, client, at: now) else { return nil }
                    return { visit.end(reason) }
                }
            }
        }
        for end in ends { end() }
    }

    private static func reasonToEnd(
        _ record: ClientRecord?, _ visit: Visit, _ client: String, at time: WireTime
    ) -> String? {
        guard let record, record.name == client else { return "\(client) is not let in any more" }
        if record.revoked != nil { return "what lets \(client) in was taken back" }
        if record.proof != visit.proof { return "\(client) has another secret now" }
        if let expires = record.expires, expires <= time { return "the time of \(client) is over" }
        return nil
    }
}

extension TokenUsage {
    fileprivate mutating func note(_ verdict: LoginVerdict, of token: String, at time: WireTime) {
        if case .accepted = verdict { noteSession(of: token, at: time) } else { noteRefusal(of: token) }
    }
}

/// Passwords that were right, as digests that say nothing to anybody else: the slow hash is made once for each.
private struct KnownPasswords {
    private static let maximum = 4096
    private var proofs: [[UInt8]: ClientRecord.Proof] = [:]

    /// Whether it was right when the client's password was this one.
    func contains(_ digest: [UInt8], for proof: ClientRecord.Proof) -> Bool { proofs[digest] == proof }

    mutating func insert(_ digest: [UInt8], for proof: ClientRecord.Proof) {
        if proofs.count >= Self.maximum { proofs = [:] }
        proofs[digest] = proof
    }
}

/// Slow hashes, one at a time for addresses from which somebody was let in, and one at a time for the others: those who guess do not
/// delay the others.
private final class HashQueue: Sendable {
    private static let maximumWaiting = 256

    private let pools: (regulars: NIOThreadPool, strangers: NIOThreadPool)
    private let waiting = Mutex((regulars: 0, strangers: 0))

    init() {
        pools = (NIOThreadPool(numberOfThreads: 1), NIOThreadPool(numberOfThreads: 1))
        pools.regulars.start()
        pools.strangers.start()
    }

    deinit {
        for pool in [pools.regulars, pools.strangers] { pool.shutdownGracefully { _ in } }
    }

    /// - Returns: Whether it will be done; not where too many wait.
    func submit(isRegular: Bool, _ body: @escaping @Sendable () -> Void) -> Bool {
        let hasRoom = waiting.withLock { waiting in
            guard (isRegular ? waiting.regulars : waiting.strangers) < Self.maximumWaiting else { return false }
            if isRegular { waiting.regulars += 1 } else { waiting.strangers += 1 }
            return true
        }
        guard hasRoom else { return false }
        (isRegular ? pools.regulars : pools.strangers).submit { [self] _ in
            body()
            waiting.withLock { if isRegular { $0.regulars -= 1 } else { $0.strangers -= 1 } }
        }
        return true
    }
}
