import NIOCore

// What a client may do in a time (``Budget``).

extension POP3Gate {
    /// Sends a command once its budgets have granted what it asks for.
    mutating func pay(for command: Pending, _ decision: PolicyDecision) {
        guard let request = meter?.request(.pop3(name: command.name, command.command), most: { _ in 1 }) else {
            return pass(command, decision)
        }
        guard let verdict = meter?.verdict(request) else {
            (pending, unpaid) = (command, (decision, request))
            stage = .paying
            steps.append(.spend(request))
            return
        }
        carryOut(verdict, on: command, decision, request)
    }

    mutating func resolveBudget(_ verdict: BudgetVerdict) {
        guard case .paying = stage, let command = pending, let (decision, request) = unpaid else { return }
        (pending, unpaid) = (nil, nil)
        stage = .ready
        carryOut(verdict, on: command, decision, request)
    }

    private mutating func carryOut(
        _ verdict: BudgetVerdict, on command: Pending, _ decision: PolicyDecision, _ request: BudgetRequest
    ) {
        switch verdict {
        case .granted(let time):
            let payment = meter?.pay(request, at: time)
            pass(command, decision)
            if flight != nil { flight?.payment = payment } else { settle(payment) }
        case .exceeded(let excess): refuse(command, PolicyDecision(excess, .pop3), excess.denial(.pop3))
        }
    }

    mutating func settle(_ payment: BudgetMeter.Payment?) {
        if let settlement = payment.flatMap({ meter?.settle($0) }) { steps.append(.settle(settlement)) }
    }

    private mutating func pass(_ command: Pending, _ decision: PolicyDecision) {
        if case .rewrite = decision.verdict { sendRewritten(command, decision) } else { send(command, decision) }
    }
}
