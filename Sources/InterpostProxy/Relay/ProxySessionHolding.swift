import InterpostCore
import NIOCore

// What a session does with a command that waits for a decision by a person.

extension ProxySession {
    func hold(_ held: HeldFacts, for seconds: Int) {
        holds += 1
        let hold = holds
        context.registry.hold(
            HeldCommand(
                session: number, number: hold, command: "\(held.command)", arguments: heldArguments, rule: held.rule,
                client: clientAddress,
                since: context.clock.now, seconds: seconds))
        patience.holdBegan(seconds: seconds, at: context.clock.now)
    }

    func resolveHold(_ hold: Int, _ verdict: HoldVerdict) {
        guard hold == holds, !hasEnded else { return }
        patience.holdEnded()
        context.registry.release(number)
        core.resolveHold(verdict, at: context.clock.now)
        pump()
    }
}
