import InterpostCore
import NIOCore

// A command that waits for a person.

extension ProxySession {
    func hold(_ held: HeldFacts, for seconds: Int) {
        holds += 1
        let hold = holds
        context.registry.hold(
            HeldCommand(
                session: number, number: hold, command: "\(held.command)", rule: held.rule, client: clientAddress,
                since: context.clock.now, seconds: seconds))
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        holdTimer = eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { session.value.resolveHold(hold, allows: false) }
    }

    func resolveHold(_ hold: Int, allows: Bool) {
        guard hold == holds, !hasEnded else { return }
        holdTimer?.cancel()
        holdTimer = nil
        context.registry.release(number)
        core.resolveHold(allows: allows)
        pump()
    }
}
