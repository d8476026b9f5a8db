/// How much of the time between a command and its completion was the client's: sending literals, answering SASL challenges,
/// waiting in IDLE.
///
///     C: a APPEND x {3}␍␊     S: + go␍␊     — the client's —     C: abc␍␊     S: a OK done␍␊
struct ClientTime: Sendable {
    /// More commands in progress than this are not looked at.
    private static let maximumCommands = 1000

    /// When the server began to wait for the client.
    private var since: WireTime?
    /// Microseconds, by exchange.
    private var spent: [Int: Int64] = [:]

    mutating func observe(_ event: MailEvent) {
        switch (event.sender, event.meaning) {
        case (.server, .continuation), (.server, .saslChallenge): since = event.time
        case (.client, .part(let start)):
            end(event)
            // For other literals, the wait begins when the server asks for the octets.
            if start.announcement.isNonSynchronising { since = event.time }
        case (.client, .command), (.client, .saslResponse), (.client, .idleDone): end(event)
        default: break
        }
    }

    private mutating func end(_ event: MailEvent) {
        defer { since = nil }
        guard let since, let exchange = event.exchange, spent[exchange] != nil || spent.count < Self.maximumCommands else {
            return
        }
        spent[exchange, default: 0] += max(0, event.time.microseconds(since: since))
    }

    /// The command is over.
    mutating func take(_ exchange: Int?) -> Int64 { exchange.flatMap { spent.removeValue(forKey: $0) } ?? 0 }
}
