/// How long a session waits, and for what, as a value: times and what happened go in, what to do comes out. It has no clock and
/// no timer.
///
///     var patience = Patience(limits, at: now)
///     patience.received(at: now)                      the client said "a IDLE␍␊"
///     while let decision = patience.next() { … }      .wake(at: …): call tick(at:in:) then
///     patience.tick(at: later, in: .idle)             nothing was said for an hour
///     while let decision = patience.next() { … }      .timedOut(.idle, seconds: 3600)
///
/// Until both legs can carry the session and the server has greeted, the limit of handshakes counts, whatever is said. Then what
/// counts is the time since the last octet of either side, and the limit is that of the conversation's phase; once one side has ended
/// its input (half-close), that of closing. Before login the whole time counts, too: a client that sends an octet now and then does not
/// stay for ever. A limit of n seconds is over when n seconds have passed, and not a nanosecond earlier.
package struct Patience: Sendable {
    /// Seconds, as the configuration's `timeouts` has them.
    package struct Limits: Sendable {
        package var handshake: Int
        package var login: Int
        package var beforeLogin: Int
        package var afterLogin: Int
        package var idle: Int
        package var closing: Int

        package init(handshake: Int, login: Int, beforeLogin: Int, afterLogin: Int, idle: Int, closing: Int) {
            self.handshake = handshake
            self.login = login
            self.beforeLogin = beforeLogin
            self.afterLogin = afterLogin
            self.idle = idle
            self.closing = closing
        }
    }

    /// A limit by the name that the log and the configuration give it.
    package enum Limit: String, Sendable {
        case handshake = "timeouts.handshake"
        case login = "timeouts.login"
        case beforeLogin = "timeouts.before-login"
        case afterLogin = "timeouts.after-login"
        case idle = "timeouts.idle"
        case closing = "timeouts.closing"
    }

    package enum Decision: Sendable, Equatable {
        /// ``tick(at:in:)`` is to be called then. It takes the place of an earlier one.
        case wake(at: WireTime)
        /// The session has taken too long, and ends.
        case timedOut(Limit, seconds: Int)
        /// The other side will say nothing more: the output to this one ends after what was written (half-close).
        case endOutput(to: Side)
        /// This side did not answer the other one's end in time. ``closed(by:)`` follows.
        case closingTimedOut(of: Side, seconds: Int)
        /// The session is over because this side closed its connection.
        case closed(by: Side)
        /// Nobody has decided about the command that is held.
        case refuseHold
        /// The program ends, and has waited for the session as long as it was told to.
        case end
        /// Nothing more is written to this side.
        case closeNow(Side)
    }

    /// Seconds in which a client may finish its handshake when all that is left is to tell it why the session ends.
    package static let lastHandshake = 5

    private enum Stage {
        /// A leg is connecting or negotiating TLS.
        case opening(since: WireTime)
        case running
        /// A limit is over, and the session is about to be.
        case timedOut
        /// Nothing is relayed any more; the client may hear last words until then.
        case over(lastWordsUntil: WireTime?)
    }

    private let limits: Limits
    private var stage: Stage
    private var isReady = (client: false, server: false)
    /// The server of a leg that is ready has not said anything.
    private var awaitsGreeting = true
    /// Since when nobody is logged in; `nil` while somebody is.
    private var anonymousSince: WireTime?
    private var now: WireTime
    /// When one of the sides said something last.
    private var lastHeard: WireTime
    /// When to find out which limit counts: it may have become a shorter one meanwhile.
    private var nextLook: WireTime
    /// Who has ended its input while the other one may still finish, and whether the other one knows.
    private var halfClose: (side: Side, isPassedOn: Bool)?
    private var holdEnds: WireTime?
    private var drainEnds: WireTime?
    private var announced: WireTime?
    private var decisions: [Decision] = []

    /// A session is opened: both legs still have to become ready.
    package init(_ limits: Limits, at time: WireTime) {
        self.limits = limits
        (now, lastHeard, nextLook) = (time, time, time)
        anonymousSince = time
        stage = .opening(since: time)
    }

    /// Who ended its input first, while the other one may still finish.
    package var firstCloser: Side? { halfClose?.side }

    // MARK: - In

    /// Octets of either side have come.
    package mutating func received(at time: WireTime) { (now, lastHeard) = (time, time) }

    /// The leg to this side becomes TLS: the limit of handshakes counts from now on.
    package mutating func handshakeBegins(on side: Side, at time: WireTime) {
        guard !isOver else { return }
        now = time
        setReady(side, false)
        stage = .opening(since: time)
    }

    /// The leg to this side carries the session: it is connected, and encrypted if it has to be.
    package mutating func becameReady(_ side: Side, at time: WireTime) {
        now = time
        setReady(side, true)
        switch stage {
        case .over: if side == .client { stage = .over(lastWordsUntil: nil) }
        case .timedOut: break
        case .opening, .running:
            begin()
        }
    }

    /// The server has greeted, or does not do so any more.
    package mutating func greeted(at time: WireTime) {
        guard awaitsGreeting else { return }
        now = time
        awaitsGreeting = false
        switch stage {
        case .over, .timedOut: break
        case .opening, .running: begin()
        }
    }

    private mutating func begin() {
        guard isReady.client, isReady.server, !awaitsGreeting else { return }
        stage = .running
        lastHeard = now
        nextLook = now.later(bySeconds: shortest)
    }

    /// This side will say nothing more, and may still listen.
    ///
    /// - Parameter isTooEarly: It is a server that has not even greeted; there is nothing more to come, and nobody to be told.
    package mutating func inputEnded(of side: Side, at time: WireTime, isTooEarly: Bool = false) {
        guard !isOver, halfClose?.side != side else { return }
        now = time
        if halfClose != nil || isTooEarly { return decisions.append(.closed(by: firstCloser ?? side)) }
        halfClose = (side: side, isPassedOn: false)
    }

    /// A command waits for a person, this many seconds at most.
    package mutating func holdBegan(seconds: Int, at time: WireTime) {
        guard !isOver else { return }
        now = time
        holdEnds = time.later(bySeconds: seconds)
    }

    /// Somebody has decided about the command.
    package mutating func holdEnded() { holdEnds = nil }

    /// The program ends in this many seconds.
    package mutating func drainBegan(seconds: Int, at time: WireTime) {
        now = time
        drainEnds = time.later(bySeconds: seconds)
    }

    /// Nothing is relayed any more.
    ///
    /// - Parameter hasLastWords: The client is still to be told why, and has to finish its handshake for that.
    package mutating func sessionEnded(at time: WireTime, hasLastWords: Bool) {
        now = time
        holdEnds = nil
        decisions = []
        stage = .over(lastWordsUntil: hasLastWords ? time.later(bySeconds: Self.lastHandshake) : nil)
    }

    /// The time that ``Decision/wake(at:)`` named has come; earlier does no harm.
    package mutating func tick(at time: WireTime, in phase: SessionPhase) {
        (now, announced) = (time, nil)
        if let end = holdEnds, end <= time {
            holdEnds = nil
            decisions.append(.refuseHold)
        }
        if let end = drainEnds, end <= time {
            drainEnds = nil
            decisions += isOver ? [.closeNow(.client), .closeNow(.server)] : [.end]
        }
        switch stage {
        case .opening(let since):
            if since.later(bySeconds: limits.handshake) <= time { timeOut(.handshake, limits.handshake) }
        case .running:
            anonymousSince = phase == .beforeLogin ? anonymousSince ?? time : nil
            if let anonymousSince, anonymousSince.later(bySeconds: limits.login) <= time {
                timeOut(.login, limits.login)
            } else if let halfClose {
                guard lastHeard.later(bySeconds: limits.closing) <= time else { return }
                stage = .timedOut
                decisions.append(.closingTimedOut(of: halfClose.side.peer, seconds: limits.closing))
                decisions.append(.closed(by: halfClose.side))
            } else {
                look(in: phase)
            }
        case .over(let end?) where end <= time:
            stage = .over(lastWordsUntil: nil)
            decisions.append(.closeNow(.client))
        case .timedOut, .over: break
        }
    }

    private mutating func look(in phase: SessionPhase) {
        let (limit, seconds): (Limit, Int) =
            switch phase {
            case .beforeLogin: (.beforeLogin, limits.beforeLogin)
            case .afterLogin: (.afterLogin, limits.afterLogin)
            case .idle: (.idle, limits.idle)
            }
        let end = lastHeard.later(bySeconds: seconds)
        if end <= now { return timeOut(limit, seconds) }
        nextLook = min(end, now.later(bySeconds: shortest))
    }

    private mutating func timeOut(_ limit: Limit, _ seconds: Int) {
        stage = .timedOut
        decisions.append(.timedOut(limit, seconds: seconds))
    }

    // MARK: - Out

    /// The next thing to do, or `nil` until something happens.
    ///
    /// - Parameter holdsBack: Whether something that the client said still waits to go to the server. Its end does not overtake that.
    package mutating func next(holdsBack: @autoclosure () -> Bool = false) -> Decision? {
        if !decisions.isEmpty { return decisions.removeFirst() }
        if let end = endToPassOn, end == .server || !holdsBack() {
            halfClose = (side: end, isPassedOn: true)
            lastHeard = now
            return .endOutput(to: end.peer)
        }
        guard let due, due < announced ?? WireTime(nanoseconds: .max) else { return nil }
        announced = due
        return .wake(at: due)
    }

    /// The side whose end the other side does not know, although its leg is ready.
    private var endToPassOn: Side? {
        guard let halfClose, !halfClose.isPassedOn, !isOver else { return nil }
        return (halfClose.side == .client ? isReady.server : isReady.client) ? halfClose.side : nil
    }

    /// When something is to be looked at next.
    private var due: WireTime? {
        var due: WireTime? =
            switch stage {
            case .opening(let since): since.later(bySeconds: limits.handshake)
            case .running:
                min(
                    halfClose == nil ? nextLook : lastHeard.later(bySeconds: limits.closing),
                    anonymousSince?.later(bySeconds: limits.login) ?? WireTime(nanoseconds: .max))
            case .timedOut: nil
            case .over(let end): end
            }
        for end in [holdEnds, drainEnds] {
            if let end { due = min(due ?? end, end) }
        }
        return due
    }

    private var isOver: Bool { if case .over = stage { true } else { false } }

    private var shortest: Int { min(limits.beforeLogin, limits.afterLogin, limits.idle) }

    private mutating func setReady(_ side: Side, _ ready: Bool) {
        if side == .client { isReady.client = ready } else { isReady.server = ready }
    }
}

extension WireTime {
    fileprivate func later(bySeconds seconds: Int) -> WireTime {
        let (nanoseconds, overflows) = Int64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? WireTime(nanoseconds: .max) : later(by: nanoseconds)
    }
}
