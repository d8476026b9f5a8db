/// The two peers of a session. A value says who sent some bytes, or who is to get them.
public enum Side: String, Hashable, Sendable, CaseIterable {
    case client, server

    public var peer: Side { self == .client ? .server : .client }
}

/// The two protocols that are read.
public enum MailProtocol: String, Hashable, Sendable, CaseIterable {
    case imap, pop3

    /// As people write it.
    public var title: String { self == .imap ? "IMAP" : "POP3" }
}

/// Nanoseconds since 1970-01-01 00:00 UTC. The shell reads one clock for a whole program, so that
/// differences are durations.
public struct WireTime: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// So many nanoseconds after it, as far as can be counted.
    public func later(by nanoseconds: Int64) -> WireTime {
        let (sum, overflows) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return WireTime(nanoseconds: overflows ? Int64.max : sum)
    }

    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Whole microseconds from `start` to this moment; never negative.
    public func microseconds(since start: WireTime) -> Int64 { max(0, nanoseconds - start.nanoseconds) / 1000 }
}
