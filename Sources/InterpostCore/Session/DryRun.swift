import NIOCore

/// A policy that protects nothing: it tells what would have been refused or changed, and everything passes.
struct DryRun: Sendable {
    private let policy: Policy
    var context: PolicyContext

    init(_ policy: Policy, _ context: PolicyContext) {
        self.policy = policy
        self.context = context
    }

    /// What the policy would have done about the client's `event`; `nil` where it would have let it pass as it is.
    mutating func judge(_ event: MailEvent) -> GateDecision? {
        switch event.meaning {
        case .command, .pop3Command, .greeting, .completion, .pop3Completion: context.follow(event.standing)
        default: break
        }
        switch event.meaning {
        case .command(let command):
            do throws(StrictRefusal) {
                let strict = try StrictCommand(reading: command.text)
                return judge(.imap(strict), .imap(command.text))
            } catch {
                let denial = Denial(text: error.reason)
                let decision = PolicyDecision(rule: "strict reading", verdict: .refuse(denial))
                return GateDecision(arrived: .imap(command.text), decision: decision, refusal: error, isDryRun: true)
            }
        case .pop3Command(let name?, let command):
            return judge(.pop3(name: name, command), .pop3(line: event.bytes))
        case .response(let response) where context.separator == nil && response.kind == .list:
            if case .list(let list) = response.data, let separator = list.separator?.bytes, separator.readableBytes == 1 {
                context.separator = separator.byte(at: separator.readerIndex)
            }
            return nil
        default: return nil
        }
    }

    private func judge(_ command: SubmittedCommand, _ arrived: GateDecision.Arrived) -> GateDecision? {
        let decision = policy.judge(command, in: context)
        guard decision.verdict != .allow else { return nil }
        return GateDecision(arrived: arrived, decision: decision, isDryRun: true)
    }
}
