/// What a client has done in the present minute, hour and day, or in a session.
///
/// Counts are kept for every span, whatever the policy allows: a policy that is read anew finds them.
package struct BudgetLedger: Sendable, Equatable {
    struct Slot: Hashable, Sendable {
        var matter: Budget.Matter
        var span: Budget.Span
    }

    struct Count: Sendable, Equatable {
        /// Which minute, hour or day was counted last.
        var window: Int64
        var amount: UInt64
    }

    private let spans: [Budget.Span]
    private(set) var counts: [Slot: Count] = [:]

    /// Of all sessions of a client.
    package init() { spans = [.minute, .hour, .day] }

    private init(_ spans: [Budget.Span]) { self.spans = spans }

    /// Of one session.
    static let session = BudgetLedger([.session])

    /// How much was done up to `time` in the minute, hour or day that it is in.
    package func spent(_ matter: Budget.Matter, _ span: Budget.Span, at time: WireTime) -> UInt64 {
        guard let count = counts[Slot(matter: matter, span: span)] else { return 0 }
        // Where the clock was put back, what was counted still counts.
        return count.window >= span.window(at: time) ? count.amount : 0
    }

    /// Counts what the request asks for, if each limit of it leaves as much; otherwise nothing.
    package mutating func spend(_ request: BudgetRequest, at time: WireTime) -> BudgetVerdict {
        if let excess = excess(request, at: time) { return .exceeded(excess) }
        for (matter, amount) in request.charges { add(amount, to: matter, at: time) }
        return .granted(at: time)
    }

    /// The first limit that does not leave as much as is asked for.
    func excess(_ request: BudgetRequest, at time: WireTime) -> BudgetExcess? {
        for limit in request.limits where spans.contains(limit.allowance.span) {
            guard let asked = request.charges[limit.matter] else { continue }
            let spent = spent(limit.matter, limit.allowance.span, at: time)
            let left = limit.allowance.amount - min(spent, limit.allowance.amount)
            // Nobody knows how many octets will come: one has to be left.
            if (limit.matter == .octets ? 1 : asked) > left { return BudgetExcess(limit: limit, asked: asked, left: left) }
        }
        return nil
    }

    /// Counts what came of a request: less than was granted, or more.
    package mutating func settle(_ settlement: BudgetSettlement, at time: WireTime) {
        for (matter, used) in settlement.used {
            let granted = settlement.granted[matter] ?? 0
            if used > granted { add(used - granted, to: matter, at: time) }
        }
        for (matter, granted) in settlement.granted {
            let used = settlement.used[matter] ?? 0
            if granted > used { giveBack(granted - used, of: matter, grantedAt: settlement.grantedAt) }
        }
    }

    private mutating func add(_ amount: UInt64, to matter: Budget.Matter, at time: WireTime) {
        for span in spans {
            let (sum, overflows) = spent(matter, span, at: time).addingReportingOverflow(amount)
            counts[Slot(matter: matter, span: span)] = Count(window: span.window(at: time), amount: overflows ? .max : sum)
        }
    }

    /// For a ledger that was written down.
    mutating func set(_ count: Count, for slot: Slot) { counts[slot] = count }

    /// What was granted in an hour that is over is not given back to another one.
    private mutating func giveBack(_ amount: UInt64, of matter: Budget.Matter, grantedAt time: WireTime) {
        for span in spans {
            let slot = Slot(matter: matter, span: span)
            guard let count = counts[slot], count.window == span.window(at: time) else { continue }
            counts[slot]?.amount = count.amount - min(amount, count.amount)
        }
    }
}

/// What a command asks for.
public struct BudgetRequest: Sendable, Equatable {
    /// How much of what; of octets a deposit.
    package var charges: [Budget.Matter: UInt64]
    /// The limits that hold for it.
    var limits: [BudgetLimit]
}

/// Whether a command may do what it asks for.
public enum BudgetVerdict: Sendable, Equatable {
    /// It is counted as done at this time, until a ``BudgetSettlement`` says what was.
    case granted(at: WireTime)
    case exceeded(BudgetExcess)
}

/// Why a command may not do what it asks for.
public struct BudgetExcess: Sendable, Equatable {
    var limit: BudgetLimit
    var asked: UInt64
    var left: UInt64

    /// `NO [LIMIT] 3 of 200 messages that may be read an hour are left, and this asks for up to 1000`
    func denial(_ mailProtocol: MailProtocol) -> Denial {
        let what =
            switch limit.matter {
            case .messagesRead: "messages that may be read"
            case .octets: "octets that may be read"
            case .moves: "messages that may be moved or copied"
            case .flags: "messages that may be marked"
            }
        let rest = limit.matter == .octets ? "" : ", and this asks for up to \(asked)"
        return Denial(
            code: mailProtocol == .imap ? "LIMIT" : "SYS/TEMP",
            text: "\(left) of \(limit.allowance.amount) \(what) \(limit.allowance.span.words) are left\(rest)")
    }
}

/// What a command did, once that is known.
public struct BudgetSettlement: Sendable, Equatable {
    package var granted: [Budget.Matter: UInt64]
    package var grantedAt: WireTime
    package var used: [Budget.Matter: UInt64]
}
