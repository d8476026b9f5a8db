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
    mutating func judge(_ event: MailEvent, in conversation: Conversation) -> GateDecision? {
        guard event.sender == .client else {
            follow(event)
            return nil
        }
        switch event.meaning {
        case .command(let command):
            context.state = conversation.policyState
            if case .selected(let mailbox, _)? = conversation.imap?.state {
                context.selected = CanonicalMailbox(mailbox, separator: context.separator)
            }
            do throws(StrictRefusal) {
                let strict = try StrictCommand(reading: command.text)
                return judge(.imap(strict), .imap(command.text))
            } catch {
                let denial = Denial(text: error.reason)
                let decision = PolicyDecision(rule: "strict reading", verdict: .refuse(denial))
                return GateDecision(arrived: .imap(command.text), decision: decision, refusal: error, isDryRun: true)
            }
        case .pop3Command(let name?, let command):
            context.state = conversation.policyState
            return judge(.pop3(name: name, command), .pop3(line: event.bytes))
        default: return nil
        }
    }

    private func judge(_ command: SubmittedCommand, _ arrived: GateDecision.Arrived) -> GateDecision? {
        let decision = policy.judge(command, in: context)
        guard decision.verdict != .allow else { return nil }
        return GateDecision(arrived: arrived, decision: decision, isDryRun: true)
    }

    private mutating func follow(_ event: MailEvent) {
        switch event.meaning {
        case .response(let response) where context.separator == nil && response.kind == .list:
            guard case .list(let list) = response.data, let separator = list.separator?.bytes, separator.readableBytes == 1 else {
                return
            }
            context.separator = separator.byte(at: separator.readerIndex)
        case .completion(let status, let record):
            switch record?.command?.body {
            case .login(let user, _):
                if status.result == .ok { context.user = user.bytes } else { context.failedLogins += 1 }
            case .authenticate:
                if status.result == .ok {
                    context.user = record?.sasl?.user.map { ByteBuffer(string: $0) }
                } else {
                    context.failedLogins += 1
                }
            default: break
            }
        case .pop3Completion(let reply, let record):
            switch record?.command {
            case .user(let name): context.user = name
            case .pass, .apop, .auth(.some, _): if reply.result != .ok { context.failedLogins += 1 }
            default: break
            }
        default: break
        }
    }
}

extension Conversation {
    /// The state as policies name it.
    var policyState: PolicyContext.State {
        if let imap {
            return switch imap.state {
            case .notAuthenticated: .notAuthenticated
            case .authenticated, .logout: .authenticated
            case .selected: .selected
            }
        }
        return pop3?.state == .authorization ? .notAuthenticated : .authenticated
    }
}
