/// How much a client may do in a time, over all of its sessions.
///
///     messages-read: 200/h, octets: 50M/day, moves: 30/min, flags: 100/session
public struct Budget: Hashable, Sendable {
    /// What is counted.
    public enum Matter: String, Hashable, Sendable, CaseIterable {
        /// Messages of which more than headers are asked for: FETCH, RETR, TOP with lines.
        case messagesRead = "messages-read"
        /// Octets that a server answers to FETCH, RETR and TOP.
        case octets
        /// Messages of MOVE and COPY.
        case moves
        /// Messages of STORE.
        case flags
    }

    /// The time for which an allowance is: one session, or a minute, an hour or a day of the clock (UTC).
    public enum Span: String, Hashable, Sendable, CaseIterable {
        case session
        case minute = "min"
        case hour = "h"
        case day

        /// Nanoseconds; `nil` for a session, which lasts as long as it lasts.
        fileprivate var length: Int64? {
            switch self {
            case .session: nil
            case .minute: 60_000_000_000
            case .hour: 3_600_000_000_000
            case .day: 86_400_000_000_000
            }
        }

        /// Which minute, hour or day it is, counted from 1970.
        func window(at time: WireTime) -> Int64 {
            guard let length else { return 0 }
            let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: length)
            return remainder < 0 ? quotient - 1 : quotient
        }

        var words: String {
            switch self {
            case .session: "in a session"
            case .minute: "a minute"
            case .hour: "an hour"
            case .day: "a day"
            }
        }
    }

    /// So much in such a time: `200/h`, `50M/day`.
    public struct Allowance: Hashable, Sendable, CustomStringConvertible {
        /// At most this many.
        public var amount: UInt64
        /// In this time.
        public var span: Span

        /// An allowance from its parts.
        public init(_ amount: UInt64, _ span: Span) { (self.amount, self.span) = (amount, span) }

        /// `200/h`; K, M and G are thousands, millions and thousands of millions. `nil` for what is no allowance.
        public init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let span = Span(rawValue: String(parts[1])) else { return nil }
            let factor: UInt64? = ["K": 1000, "M": 1_000_000, "G": 1_000_000_000][parts[0].suffix(1).uppercased()]
            let digits = factor == nil ? parts[0] : parts[0].dropLast()
            guard !digits.isEmpty, digits.utf8.allSatisfy(\.isDigit), let number = UInt64(digits) else { return nil }
            let (amount, overflows) = number.multipliedReportingOverflow(by: factor ?? 1)
            guard !overflows else { return nil }
            self.init(amount, span)
        }

        public var description: String { "\(amount)/\(span.rawValue)" }
    }

    /// Octets that a command is taken to bring until it is known how many it brings, so that a client that breaks off pays for
    /// them.
    static let deposit: UInt64 = 65_536

    /// What may be done how often; what is not here may be done without end.
    public var allowances: [Matter: Allowance] = [:]

    /// A budget from its allowances.
    public init(_ allowances: [Matter: Allowance] = [:]) { self.allowances = allowances }
}

/// One allowance of a policy.
struct BudgetLimit: Hashable, Sendable {
    /// Whose it is: `client: budget moves`.
    var rule: String
    var matter: Budget.Matter
    var allowance: Budget.Allowance
}

extension Policy {
    /// The allowances of all policies that hold together.
    var limits: [BudgetLimit] {
        parts.flatMap { part in
            part.budget.allowances.map { matter, allowance in
                BudgetLimit(rule: part.titled("budget \(matter.rawValue) \(allowance)"), matter: matter, allowance: allowance)
            }.sorted { $0.rule < $1.rule }
        }
    }
}
