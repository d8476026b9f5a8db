import NIOCore

// What a client may do in a time (``Budget``).

extension IMAPGate {
    /// A command that waits until the shell has said whether it may do what it asks for.
    struct Unpaid: Sendable {
        var command: StrictCommand
        var text: IMAPText
        var decision: PolicyDecision
        var rewrites: Set<Rewrite>
        var request: BudgetRequest
        var verdict: BudgetVerdict?
    }

    /// Sends a command once its budgets have granted what it asks for.
    mutating func pay(
        for command: StrictCommand, _ text: IMAPText, _ decision: PolicyDecision, _ rewrites: Set<Rewrite>,
        message: LiteralAnnouncement?
    ) {
        let request = meter?.request(.imap(command)) { $0.mostMessages(of: exists, usesUIDs: command.usesUIDs) }
        guard let request else { return send(command, text, decision, rewrites, message: message) }
        let verdict = meter?.verdict(request)
        let unpaid = Unpaid(
            command: command, text: text, decision: decision, rewrites: rewrites, request: request, verdict: verdict)
        if verdict != nil { return carryOut(unpaid) }
        self.unpaid = unpaid
        stage = .paying
        steps.append(.spend(request))
    }

    mutating func resolveBudget(_ verdict: BudgetVerdict) { if case .paying = stage { unpaid?.verdict = verdict } }

    /// Does what the shell has said, as soon as no response of the server is under way.
    mutating func takeVerdict() -> Bool {
        guard !isMidResponse, let unpaid, unpaid.verdict != nil else { return false }
        self.unpaid = nil
        stage = .ready
        carryOut(unpaid)
        return true
    }

    private mutating func carryOut(_ unpaid: Unpaid) {
        switch unpaid.verdict {
        case .granted(let time):
            let payment = meter?.pay(unpaid.request, at: time)
            send(unpaid.command, unpaid.text, unpaid.decision, unpaid.rewrites)
            if flight != nil { flight?.payment = payment } else { settle(payment) }
        case .exceeded(let excess):
            refuse(unpaid.command.tag, unpaid.text, PolicyDecision(excess, .imap), excess.denial(.imap))
        case nil: break
        }
    }

    /// Counts what the server sends in answer to a command that was paid for.
    mutating func meter(_ event: MailEvent) {
        guard var payment = flight?.payment else { return }
        payment.count(octets: event.bytes.readableBytes)
        switch event.meaning {
        case .part(let start) where start.name == Keyword("FETCH") || start.name == Keyword("UIDFETCH"):
            payment.read(event.bytes, isFirst: !isMidResponse, isLast: false)
        case .response(let response) where response.kind == .fetch || response.kind == .uidFetch:
            payment.read(event.bytes, isFirst: !isMidResponse, isLast: true)
        case .status(let status), .completion(let status, _): payment.note(status)
        default: break
        }
        if let settlement = meter?.settleOctets(&payment) { steps.append(.settle(settlement)) }
        flight?.payment = payment
    }

    mutating func settle(_ payment: BudgetMeter.Payment?) {
        if let settlement = payment.flatMap({ meter?.settle($0) }) { steps.append(.settle(settlement)) }
    }

    /// Follows how many messages the selected mailbox has.
    mutating func followExists(_ response: IMAPResponse) {
        switch response.kind {
        case .exists: exists = response.number
        case .expunge: exists = exists.map { $0 > 0 ? $0 - 1 : 0 }
        default: break
        }
    }
}
