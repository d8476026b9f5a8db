import InterpostCore
import NIOCore

// A command that waits for a person.

extension ProxySession {
    func tell(judged event: LogEvent) {
        if case .policy(let facts) = event { lastDecision = facts }
        tell(event)
    }

    func hold(for seconds: Int) {
        guard let decision = lastDecision else { return resolveHold(allows: false) }
        context.registry.hold(
            HeldCommand(
                session: number, command: "\(decision.command.name)", rule: decision.rule, client: clientAddress,
                since: context.clock.now, seconds: seconds))
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        holdTimer = eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { session.value.resolveHold(allows: false) }
    }

    func resolveHold(allows: Bool) {
        holdTimer?.cancel()
        holdTimer = nil
        context.registry.release(number)
        core.resolveHold(allows: allows)
        pump()
    }
}
