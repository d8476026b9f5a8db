import InterpostConfiguration
import InterpostCore

/// The tokens of one account, or of one user of it: does what its `TokenLife` says, one thing at a time.
actor TokenKeeper {
    struct Surroundings: Sendable {
        var store: GrantStore
        var transport: any OAuthTransport
        var clock: any TokenClock
        var tell: @Sendable (TokenEvent) -> Void
    }

    /// Nanoseconds after which those that wait ask again.
    private static let patience: Int64 = 45_000_000_000

    /// Under which name the refresh token is stored.
    let tokenName: String
    let user: String?
    let surroundings: Surroundings
    private let configuration: OAuthConfiguration
    private let accountUser: String?

    var account: OAuthAccount
    var life: TokenLife
    /// Why what is on disk is of no use.
    var problem: TokenFailure?
    /// What was on disk when it was looked at.
    var seen: FileIdentity?
    /// When a person has allowed it.
    var authorised: WireTime?

    private var isLoaded = false
    private var work: Task<Void, Never>?
    private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    private var number = 0
    private var end: String?

    init(_ account: OAuthAccount, _ tokenName: String, user: String?, _ surroundings: Surroundings) {
        self.account = account
        self.tokenName = tokenName
        self.user = user
        self.surroundings = surroundings
        configuration = account.configuration
        accountUser = account.user
        life = TokenLife(account: tokenName, flow: account.flow)
    }

    var now: WireTime { surroundings.clock.now }

    func accessToken() async throws -> Secret {
        while true {
            if Task.isCancelled { throw CancellationError() }
            if let end { throw TokenFailure.unavailable(end) }
            guard isLoaded else {
                if work == nil { begin { await $0.read() } }
                await change()
                continue
            }
            if let problem {
                guard await reloadsIfChanged() else { throw problem }
                continue
            }
            switch life.needsToken(at: now) {
            case .use(let token): return token
            case .refresh: begin { await $0.refresh() }
            case .store(let token): begin { await $0.storeAgain(token) }
            case .wait: await change()
            case .fail(.needsAuthorisation(let why)):
                // A person may have allowed it in the meantime, by another program.
                guard await reloadsIfChanged() else { throw TokenFailure.needsAuthorisation(why) }
            case .fail(let failure): throw failure
            }
        }
    }

    func tokenWasRefused(_ token: Secret) { life.tokenWasRefused(token, at: now) }

    /// Whether tokens are the same for an account of another configuration.
    nonisolated func isFor(_ account: OAuthAccount) -> Bool {
        account.configuration == configuration && account.user == accountUser
    }

    /// Keys, secrets and the file may be others: what failed is tried again.
    func reload(_ account: OAuthAccount) {
        self.account = account
        life.retry(at: now)
        isLoaded = false
    }

    /// Ends when nothing is on its way to the disk any more.
    func shutdown(_ why: String) async {
        end = why
        wakeAll()
        await work?.value
    }

    private func reloadsIfChanged() async -> Bool {
        guard await hasChanged() else { return false }
        isLoaded = false
        return true
    }

    func loaded() { isLoaded = true }

    // MARK: - One thing at a time, and those that wait for it

    /// What was begun goes on when whoever asked for it is gone.
    private func begin(_ body: @escaping @Sendable (TokenKeeper) async -> Void) {
        let clock = surroundings.clock
        let limit = now.later(by: Self.patience)
        let alarm = Task { [weak self] in
            await clock.sleep(until: limit)
            await self?.wakeAll()
        }
        work = Task {
            await body(self)
            alarm.cancel()
            self.finish()
        }
    }

    private func finish() {
        work = nil
        wakeAll()
    }

    private func change() async {
        number += 1
        let number = number
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // What was cancelled before is woken by nobody.
                if Task.isCancelled { continuation.resume() } else { waiters[number] = continuation }
            }
        } onCancel: {
            Task { await self.wake(number) }
        }
    }

    private func wake(_ number: Int) { waiters.removeValue(forKey: number)?.resume() }

    private func wakeAll() {
        let woken = waiters
        waiters = [:]
        for continuation in woken.values { continuation.resume() }
    }
}
