/// The tokens of one account, through their whole life. It is told what happened and when, and says what is to be done.
///
///     needsToken          .refresh          there is none: the shell asks the authorisation server
///     needsToken          .wait             another one is asking already
///     answered            .store(r2)        the new refresh token has to be on disk before anything else
///     stored              .tell(.refreshed)
///     needsToken          .use(a2)
///
/// What is always so: one refresh at a time; no access token is used after its end; no refresh token is given up for another one that
/// is not stored. The clock may jump: a time that goes back by more than a minute says nothing about the age of a token, so
/// that token is not used any more.
package struct TokenLife: Sendable {
    package let account: String
    package let flow: OAuthFlow
    /// The latest one that is on disk; `nil` where a person has to allow it first, and in flows without people.
    package private(set) var refreshToken: Secret?

    private var access: Access?
    private var phase = Phase.idle
    /// Failures in a row.
    private var failures = 0
    /// The mail server refused the latest token, and none has been made since.
    private var wasRefused = false
    private var latest: WireTime?

    fileprivate struct Access {
        var token: Secret
        var obtained: WireTime
        /// It is time for the next one.
        var due: WireTime
        var expires: WireTime
        /// It was made because the mail server refused the one before.
        var isForced: Bool
    }

    private enum Phase {
        case idle
        case refreshing(since: WireTime)
        /// Nothing is used before the new refresh token is on disk.
        case storing(Secret, Access, since: WireTime)
        /// The disk did not take it; it is tried again.
        case unstored(Secret, Access, until: WireTime, TokenFailure)
        case waiting(until: WireTime, TokenFailure)
        case ended(String)
    }

    static let second: Int64 = 1_000_000_000
    /// The longest that a new attempt is put off, and that a token counts as new.
    private static let longestWait = 300 * second
    /// The longest that somebody waits for a refresh of somebody else.
    private static let patience = 45 * second
    private static let smallJump = 60 * second

    /// - Parameter refreshToken: What is on disk.
    package init(account: String, flow: OAuthFlow, refreshToken: Secret? = nil) {
        self.account = account
        self.flow = flow
        self.refreshToken = refreshToken
    }

    package enum Decision: Sendable, Equatable {
        case use(Secret)
        /// Ask the authorisation server, tell ``answered(_:to:at:jitter:)``, and ask again.
        case refresh
        /// Store this refresh token, tell ``stored(_:at:)`` or ``storingFailed(_:at:)``, and ask again.
        case store(Secret)
        /// Ask again when something was told, and at this time at the latest.
        case wait(until: WireTime)
        case fail(TokenFailure)
    }

    package enum Step: Sendable, Equatable {
        case nothing
        case store(Secret)
        case tell(TokenEvent)
    }

    /// Somebody is about to log in.
    package mutating func needsToken(at time: WireTime) -> Decision {
        let now = see(time)
        switch phase {
        case .idle:
            if let access, now < access.due { return .use(access.token) }
            return refresh(at: now)
        case .refreshing(let since), .storing(_, _, let since):
            if let token = usable(at: now) { return .use(token) }
            let end = since.later(by: Self.patience)
            return now < end ? .wait(until: end) : .fail(.unavailable("the authorisation server does not answer"))
        case .unstored(let new, let next, let until, let failure):
            if now >= until {
                phase = .storing(new, next, since: now)
                return .store(new)
            }
            return usable(at: now).map { .use($0) } ?? .fail(failure)
        case .waiting(let until, let failure):
            if now >= until { return refresh(at: now) }
            return usable(at: now).map { .use($0) } ?? .fail(failure)
        case .ended(let why):
            return usable(at: now).map { .use($0) } ?? .fail(.needsAuthorisation(why))
        }
    }

    private mutating func refresh(at now: WireTime) -> Decision {
        if flow.needsPerson, refreshToken == nil {
            return .fail(.needsAuthorisation("nobody has allowed it yet; run 'interpost account authorise \(account)'"))
        }
        phase = .refreshing(since: now)
        return .refresh
    }

    private func usable(at now: WireTime) -> Secret? { access.flatMap { now < $0.expires ? $0.token : nil } }

    /// The authorisation server answered, or did not.
    ///
    /// - Parameters:
    ///   - used: The refresh token that was shown. If somebody has allowed it anew in the meantime, the answer is about the past.
    ///   - jitter: 0 to 1, so that tokens made together are not renewed together.
    package mutating func answered(
        _ answer: Result<OAuthToken, OAuthFailure>, to used: Secret?, at time: WireTime, jitter: Double
    ) -> Step {
        let now = see(time)
        guard case .refreshing(let since) = phase else { return .nothing }
        guard used == refreshToken else {
            phase = .idle
            return .nothing
        }
        switch answer {
        case .success(let token):
            let next = Access(token, askedFor: since, at: now, jitter: jitter, isForced: wasRefused)
            guard flow.needsPerson, let new = token.refresh, new != refreshToken else { return take(next, at: now) }
            phase = .storing(new, next, since: now)
            return .store(new)
        case .failure(let failure): return failed(failure, at: now)
        }
    }

    private mutating func take(_ next: Access, at now: WireTime) -> Step {
        access = next
        wasRefused = false
        failures = 0
        phase = .idle
        return .tell(.refreshed(account: account, flow: flow, expiresIn: now.seconds(until: next.expires)))
    }

    private mutating func failed(_ failure: OAuthFailure, at now: WireTime) -> Step {
        let why: TokenFailure
        var wait = Self.longestWait
        switch failure {
        case .grantEnded(let text) where flow.needsPerson:
            let text = "\(text); run 'interpost account authorise \(account)'"
            phase = .ended(text)
            return .tell(.needed(account: account, flow: flow, error: text))
        case .transient(let text, let retryAfter):
            why = .unavailable(text)
            wait = max(backOff(), min(retryAfter ?? 0, 86_400) * Self.second)
        case .grantEnded(let text), .denied(let text):
            why = .misconfigured("\(text); look at 'user', 'key' and what the application may do, and at this machine's clock")
        case .misconfigured(let text): why = .misconfigured(text)
        case .pending, .slowDown, .codeExpired:
            why = .misconfigured("the server answers as if a code had been shown to a person; look at 'token-url'")
        }
        phase = .waiting(until: now.later(by: wait), why)
        return .tell(.failed(account: account, flow: flow, error: why.text))
    }

    /// 1 s, 2 s, 4 s …, 5 minutes.
    private mutating func backOff() -> Int64 {
        failures = min(failures + 1, 16)
        return min(Self.second << (failures - 1), Self.longestWait)
    }

    /// The new refresh token is on disk.
    package mutating func stored(_ token: Secret, at time: WireTime) -> Step {
        let now = see(time)
        guard case .storing(token, let next, _) = phase else { return .nothing }
        refreshToken = token
        return take(next, at: now)
    }

    /// The new refresh token could not be written. It is kept in memory until it can: the one before may be worth nothing.
    package mutating func storingFailed(_ why: String, at time: WireTime) -> Step {
        let now = see(time)
        guard case .storing(let new, let next, _) = phase else { return .nothing }
        let text = "the new refresh token cannot be stored: \(why)"
        phase = .unstored(new, next, until: now.later(by: backOff()), .unavailable(text))
        return .tell(.failed(account: account, flow: flow, error: text))
    }

    /// The mail server did not take an access token. One more is made at once; if that is refused, too, the next one is made after five
    /// minutes.
    package mutating func tokenWasRefused(_ token: Secret, at time: WireTime) {
        let now = see(time)
        // Another one was made in the meantime.
        guard let refused = access, refused.token == token else { return }
        access = nil
        wasRefused = true
        let end = refused.obtained.later(by: Self.longestWait)
        if refused.isForced, now < end, case .idle = phase {
            phase = .waiting(until: now.later(by: Self.longestWait), .refused)
        }
    }

    /// A person has allowed it, or another process has stored a newer refresh token: it is on disk.
    package mutating func authorised(_ token: Secret?, at time: WireTime) {
        _ = see(time)
        refreshToken = token
        access = nil
        wasRefused = false
        failures = 0
        // A refresh that is under way is waited for, and its answer is dropped.
        if case .refreshing = phase { return }
        phase = .idle
    }

    /// The configuration was read again: what failed is tried again at once.
    package mutating func retry(at time: WireTime) {
        let now = see(time)
        switch phase {
        case .waiting, .ended: phase = .idle
        case .unstored(let new, let next, _, let failure): phase = .unstored(new, next, until: now, failure)
        case .idle, .refreshing, .storing: break
        }
    }

    /// Keeps the time from going back.
    private mutating func see(_ time: WireTime) -> WireTime {
        guard let latest, time < latest else {
            latest = time
            return time
        }
        guard time.later(by: Self.smallJump) < latest else { return latest }
        self.latest = time
        access = nil
        switch phase {
        case .idle, .ended: break
        case .refreshing(let since): phase = .refreshing(since: min(since, time))
        case .storing(let new, let next, let since): phase = .storing(new, next.expired(at: time), since: min(since, time))
        case .unstored(let new, let next, _, let failure):
            phase = .unstored(new, next.expired(at: time), until: time, failure)
        case .waiting(let until, let failure):
            phase = .waiting(until: until.moved(from: latest, to: time), failure)
        }
        return time
    }
}

extension TokenLife.Access {
    /// Due at 90 % of its life or 5 minutes before its end, whichever is earlier, but not in the first half of its life.
    fileprivate init(_ token: OAuthToken, askedFor start: WireTime, at now: WireTime, jitter: Double, isForced: Bool) {
        let life = min(max(token.lifetime, 1), 1 << 31) * TokenLife.second
        let share = jitter.isFinite ? min(max(jitter, 0), 1) : 0
        let early = Int64(Double(life / 20) * share)
        let due = max(min(life / 10 * 9, life - 300 * TokenLife.second) - early, life / 2)
        self.init(
            token: token.access, obtained: now, due: start.later(by: due), expires: start.later(by: life), isForced: isForced)
    }

    fileprivate func expired(at time: WireTime) -> Self {
        var expired = self
        (expired.due, expired.expires) = (time, time)
        return expired
    }
}

extension WireTime {
    /// Whole seconds; 0 for a moment in the past.
    fileprivate func seconds(until end: WireTime) -> Int64 {
        let (difference, overflows) = end.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return overflows ? 0 : max(0, difference) / 1_000_000_000
    }

    /// A moment that was so far from `old` as it is from `new` afterwards.
    fileprivate func moved(from old: WireTime, to new: WireTime) -> WireTime {
        let (rest, overflows) = nanoseconds.subtractingReportingOverflow(old.nanoseconds)
        return overflows ? new : new.later(by: max(0, rest))
    }
}
