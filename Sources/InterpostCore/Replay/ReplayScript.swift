import NIOCore

/// Finds the recorded exchange that answers a live command, and knows which have been used.
///
/// In `.strict` and `.ordered` there is one place in the recording, which moves on. In `.state` there are as many places as
/// there are different commands in different states, one for each.
struct ReplayScript: Sendable {
    enum Match: Sendable {
        /// This exchange, as it was recorded. What the server said unasked in `skipped` ones comes first.
        case exchange(Int, skipped: [Int])
        /// This exchange, and the place in the recording stays where it is.
        case again(Int)
        /// The outcome of this login, made in another way.
        case login(Int)
        /// It changes nothing and needs no recording.
        case courtesy
        /// Nothing was recorded for it, but a true answer can be made up.
        case substitute(ReplaySubstitute)
    }

    private struct Place: Hashable {
        var state: ReplayState
        var normal: ByteBuffer
        var refusedLiteral: Int?

        init(_ request: ReplayRequest, in state: ReplayState) {
            normal = request.normal
            refusedLiteral = request.refusedLiteral
            self.state = state
            if case .selected = state, !request.isAboutMessages { self.state = .authenticated }
        }
    }

    private struct Candidates {
        var indices: [Int] = []
        /// The first that was not used.
        var next = 0
        var isUsed = false

        mutating func use(counted uses: [Int]) {
            isUsed = true
            while next < indices.count, uses[indices[next]] > 0 { next += 1 }
        }
    }

    let session: RecordedSession
    private let matching: ReplayOptions.Matching
    /// Whether a login made in another way than the recorded one counts as that login.
    private let adaptsLogins: Bool
    /// Whether a command that is not in its place is answered from elsewhere in the recording.
    private let answersAnyway: Bool
    /// The last login that succeeded.
    private let lastLogin: Int?
    private var places: [Place: Candidates] = [:]
    private var uses: [Int]
    /// The exchange that is expected next.
    private(set) var cursor = 0
    private(set) var state: ReplayState

    init(_ session: RecordedSession, _ options: ReplayOptions) {
        self.session = session
        matching = options.matching
        adaptsLogins = matching != .strict || options.auth == .plain
        lastLogin = session.exchanges.lastIndex { $0.request.isLogin && $0.succeeded == true }
        answersAnyway = matching == .ordered && options.onUnmatched == .no
        uses = Array(repeating: 0, count: session.exchanges.count)
        state = session.initialState
        for (index, exchange) in session.exchanges.enumerated() {
            places[Place(exchange.request, in: exchange.stateBefore), default: Candidates()].indices.append(
                index)
        }
    }

    /// The exchange that a client would have to ask for next, to make no difference.
    var expected: Int? {
        guard matching != .state else { return nil }
        return session.exchanges.indices[cursor...].first { matching == .strict || !mayBeLeftOut($0) }
    }

    /// What was asked before and after the place in the recording, or before and after this exchange.
    func commands(around expected: Int?) -> [ReplayReport.RecordedCommand] {
        let place = expected ?? cursor
        let first = max(0, place - ReplayReport.neighbours)
        return session.exchanges.indices.dropFirst(first).prefix(place - first + ReplayReport.neighbours + 1).map { index in
            .init(number: index + 1, shown: session.exchanges[index].shown, isExpected: index == expected)
        }
    }

    /// Nothing more was recorded after this exchange.
    func isLast(_ index: Int) -> Bool { index == session.exchanges.count - 1 }

    /// Recorded commands that were not asked, but that a client asking the same things would ask.
    var neverAsked: [Int] {
        session.exchanges.indices.filter { index in
            guard uses[index] == 0 else { return false }
            switch matching {
            case .strict: return true
            case .ordered: return !mayBeLeftOut(index)
            case .state:
                let exchange = session.exchanges[index]
                let place = Place(exchange.request, in: exchange.stateBefore)
                return places[place]?.isUsed != true && !mayBeLeftOut(index)
            }
        }
    }

    // MARK: - Finding

    /// The answer to `request`; does not take it.
    func match(_ request: ReplayRequest) -> Match? {
        if matching == .state { return stateMatch(request) }
        var skipped: [Int] = []
        for index in session.exchanges.indices[cursor...] {
            if isAsked(index, by: request) { return .exchange(index, skipped: skipped) }
            guard matching == .ordered, mayBeLeftOut(index) else { break }
            skipped.append(index)
        }
        return loginMatch(request) ?? (matching == .ordered ? courtesy(request) : nil)
    }

    /// The same command elsewhere in the recording, in the session's present state. First choice is a place further on, and
    /// what is in between was left out. Otherwise it is an earlier place: one that was left out, or else one that was asked
    /// already.
    func matchElsewhere(_ request: ReplayRequest) -> Match? {
        guard answersAnyway, let found = places[Place(request, in: state)] else { return nil }
        var (low, high) = (0, found.indices.count)
        while low < high {
            let middle = (low + high) / 2
            if found.indices[middle] < cursor { low = middle + 1 } else { high = middle }
        }
        if low < found.indices.count { return .exchange(found.indices[low], skipped: []) }
        let index = found.next < found.indices.count ? found.indices[found.next] : found.indices.last
        return index.map { .exchange($0, skipped: []) }
    }

    private func stateMatch(_ request: ReplayRequest) -> Match? {
        if let found = places[Place(request, in: state)], let last = found.indices.last {
            return .exchange(found.next < found.indices.count ? found.indices[found.next] : last, skipped: [])
        }
        return loginMatch(request) ?? courtesy(request)
    }

    private func loginMatch(_ request: ReplayRequest) -> Match? {
        guard adaptsLogins, request.isLogin, state == .notAuthenticated else { return nil }
        for index in matching == .state ? session.exchanges.indices[...] : session.exchanges.indices[cursor...] {
            if self[index].request.isLogin, self[index].succeeded == true { return .login(index) }
            guard matching == .state || mayBeLeftOut(index) else { break }
        }
        return nil
    }

    private func courtesy(_ request: ReplayRequest) -> Match? {
        switch request.role {
        case .poll, .logout: return .courtesy
        case .user: return lastLogin == nil ? nil : .courtesy
        case .question:
            let found = places[Place(request, in: state)]?.indices ?? []
            if let index = found.last(where: { $0 < cursor }) ?? found.first { return .again(index) }
            // A client that does STARTTLS asks more often than one that need not do it. What is offered changes with the login.
            guard request.asksForCapabilities else { return request.substitute.map { .substitute($0) } }
            return session.exchanges.firstIndex { exchange in
                exchange.request.asksForCapabilities && exchange.succeeded == true
                    && (exchange.stateBefore == .notAuthenticated) == (state == .notAuthenticated)
            }.map { .again($0) } ?? .courtesy
        case .other, .compress, .noise, .login: return nil
        }
    }

    private subscript(index: Int) -> RecordedExchange { session.exchanges[index] }

    private func isAsked(_ index: Int, by request: ReplayRequest) -> Bool {
        self[index].request.isAsked(by: request, matching, comparingLiterals: !session.isRedacted)
    }

    /// Whether a client that asks the same things may do without this one: it changes nothing, or is an attempt at a login
    /// that succeeds later, perhaps in another way.
    private func mayBeLeftOut(_ index: Int) -> Bool {
        let request = self[index].request
        if request.changesNothing { return true }
        guard adaptsLogins, let login = lastLogin, index < login else { return false }
        return request.role == .user || (request.isLogin && self[index].succeeded == false)
    }

    /// The last thing that the recorded server said about itself before the login, or from it on: a client that does STARTTLS
    /// asks for it where the recorded one took it from the greeting.
    var capabilities: String {
        let login = lastLogin ?? session.exchanges.endIndex
        let early = session.opening + session.exchanges[..<login].flatMap(\.everything)
        let late = session.exchanges[login...].flatMap(\.everything)
        let lists = (state == .notAuthenticated ? [early] : [late, early]).lazy.compactMap { said in
            said.last { $0.capabilities != nil }?.capabilities
        }
        return lists.first ?? "IMAP4rev1"
    }

    // MARK: - Taking

    /// Whether it was used before.
    mutating func take(_ index: Int) -> Bool {
        uses[index] += 1
        let exchange = self[index]
        state = exchange.transition ?? state
        if index >= cursor { cursor = index + 1 }
        let place = Place(exchange.request, in: exchange.stateBefore)
        places[place]?.use(counted: uses)
        return uses[index] > 1
    }

    func timesUsed(_ index: Int) -> Int { uses[index] }
}
