import NIOCore

/// Asks the budgets of a policy before a command goes to the server, and says afterwards what the command took.
///
///     C: a UID FETCH 1:* BODY[]     100 messages at most: asked for, and refused if fewer are left
///     S: 3 messages, a OK           97 are given back
///
/// What may be done in a session is counted here. What may be done in a time is counted over all sessions of a client, so the shell
/// is asked.
struct BudgetMeter: Sendable {
    /// A command that was granted what it asked for.
    struct Payment: Sendable {
        fileprivate let granted: [Budget.Matter: UInt64]
        fileprivate let grantedAt: WireTime
        /// Not yet settled.
        fileprivate var octets: UInt64 = 0
        fileprivate var messages: UInt64 = 0
        /// As the server says, in COPYUID (RFC 4315).
        fileprivate var copied: UInt64?
        fileprivate var isDone = false
        private var words = FetchItemWords()
        private var hasText = false

        fileprivate init(_ granted: [Budget.Matter: UInt64], at time: WireTime) { (self.granted, grantedAt) = (granted, time) }

        /// Octets that the server sends in answer.
        mutating func count(octets: Int) { if granted[.octets] != nil { self.octets &+= UInt64(max(0, octets)) } }

        /// A line of a FETCH answer. The message counts if the answer has more of it than its header.
        mutating func read(_ line: ByteBuffer, isFirst: Bool, isLast: Bool) {
            guard granted[.messagesRead] != nil else { return }
            if isFirst { (words, hasText) = (FetchItemWords(), false) }
            if words.next(in: line).contains(where: { $0.item?.showsText ?? true }) { hasText = true }
            if isLast, hasText { messages &+= 1 }
        }

        /// The server has said what became of the command, or of its messages.
        mutating func note(_ status: IMAPStatus) {
            if status.codeName == Keyword("COPYUID"), status.codeArguments.count == 3 {
                copied = SequenceSet(text: status.codeArguments[1].bytes).mostMessages(of: nil, usesUIDs: true)
            }
            if status.result == .ok { isDone = true }
        }

        /// A POP3 server has sent the message, or not.
        mutating func note(isDone: Bool) { (self.isDone, messages) = (isDone, isDone ? 1 : 0) }

        fileprivate func used(_ matter: Budget.Matter) -> UInt64 {
            let granted = granted[matter] ?? 0
            return switch matter {
            case .octets: octets
            case .messagesRead: min(messages, granted)
            case .moves: min(copied ?? (isDone ? granted : 0), granted)
            case .flags: isDone ? granted : 0
            }
        }
    }

    private let limits: [BudgetLimit]
    private let isShared: Bool
    private var session = BudgetLedger.session

    /// `nil` where everything may be done without end.
    init?(_ policy: Policy) {
        limits = policy.limits
        isShared = limits.contains { $0.allowance.span != .session }
        if limits.isEmpty { return nil }
    }

    /// What a command asks for; `nil` where no limit holds for it.
    func request(_ command: SubmittedCommand, most: (SequenceSet) -> UInt64) -> BudgetRequest? {
        let charges = command.charges(most: most).filter { charge in limits.contains { $0.matter == charge.key } }
        return charges.isEmpty ? nil : BudgetRequest(charges: charges, limits: limits)
    }

    /// What the session says to it; `nil` where the shell has to be asked, too.
    func verdict(_ request: BudgetRequest) -> BudgetVerdict? {
        if let excess = session.excess(request, at: Self.start) { return .exceeded(excess) }
        return isShared ? nil : .granted(at: Self.start)
    }

    private static let start = WireTime(nanoseconds: 0)

    mutating func pay(_ request: BudgetRequest, at time: WireTime) -> Payment {
        _ = session.spend(request, at: Self.start)
        return Payment(request.charges, at: time)
    }

    /// What is to be told to the shell of octets that have come; `nil` while they are few.
    mutating func settleOctets(_ payment: inout Payment) -> BudgetSettlement? {
        guard payment.octets >= Budget.deposit else { return nil }
        defer { payment.octets = 0 }
        return settle(BudgetSettlement(granted: [:], grantedAt: payment.grantedAt, used: [.octets: payment.octets]))
    }

    /// The command is over.
    mutating func settle(_ payment: Payment) -> BudgetSettlement? {
        let used = payment.granted.keys.map { ($0, payment.used($0)) }
        return settle(
            BudgetSettlement(
                granted: payment.granted, grantedAt: payment.grantedAt, used: Dictionary(uniqueKeysWithValues: used)))
    }

    private mutating func settle(_ settlement: BudgetSettlement) -> BudgetSettlement? {
        session.settle(settlement, at: Self.start)
        return isShared ? settlement : nil
    }
}

extension PolicyDecision {
    /// The refusal of a command that may not do what it asks for.
    init(_ excess: BudgetExcess, _ mailProtocol: MailProtocol) {
        self.init(rule: excess.limit.rule, verdict: .refuse(excess.denial(mailProtocol)))
    }
}
