// Strategy: every test is one journey of a client, made twice: straight to Dovecot and through the relay,
// each time with an account, a mailbox and a room of its own. Both must end alike. Afterwards the relay's
// event log and console are searched for the password. Only a few comparisons run at once, so that
// time limits mean the same on a small machine.

import Foundation
import Synchronization
import Testing

/// All a client's journey needs to know.
struct Visit: Sendable {
    let door: Door
    let account: Account
    let room: Room
    let largeLetter: LargeLetter
}

/// Makes the journey both ways, expects equal outcomes, and gives the direct one for closer checks.
@discardableResult
func comparison<Outcome: Equatable & Sendable>(
    awkwardPassword: Bool = false, sourceLocation: SourceLocation = #_sourceLocation,
    _ journey: @Sendable (Visit) async throws -> Outcome
) async throws -> Outcome {
    await Turnstile.shared.enter()
    defer { Turnstile.shared.leave() }
    let dovecot = try await Dovecot.shared()
    let direct = Visit(
        door: .direct(dovecot), account: try dovecot.account(awkward: awkwardPassword), room: try Room("direct"),
        largeLetter: dovecot.largeLetter)
    let directOutcome: Outcome
    do {
        directOutcome = try await journey(direct)
    } catch {
        throw InteropFailure("direct: \(error)\nDovecot's log ends:\n\(dovecot.daemon.logText.suffix(2_000))")
    }

    let relay = try await Relay(before: dovecot.door)
    let relayed = Visit(
        door: relay.door, account: try dovecot.account(awkward: awkwardPassword), room: try Room("relayed"),
        largeLetter: dovecot.largeLetter)
    let relayedOutcome: Outcome
    do {
        relayedOutcome = try await journey(relayed)
    } catch {
        _ = try? await relay.stop()
        throw InteropFailure("relayed: \(error)\nThe relay's console:\n\(relay.console.suffix(2_000))")
    }
    if relayedOutcome != directOutcome {
        Issue.record(
            "relayed, the outcome differs:\n\(difference(of: relayedOutcome, from: directOutcome))",
            sourceLocation: sourceLocation)
    }

    let traces = try await relay.stop()
    #expect(!traces.eventLog.isEmpty, "the relay wrote no events", sourceLocation: sourceLocation)
    for secret in relayed.account.secrets.map({ Data($0.utf8) }) {
        #expect(traces.eventLog.firstRange(of: secret) == nil, "a password is in the event log", sourceLocation: sourceLocation)
        #expect(traces.console.firstRange(of: secret) == nil, "a password is on the console", sourceLocation: sourceLocation)
    }
    return directOutcome
}

/// The parts in which the descriptions of two outcomes differ, in place of both in full length.
private func difference<Outcome>(of relayed: Outcome, from direct: Outcome) -> String {
    let parts = [relayed, direct].map { outcome in
        String(describing: outcome).replacing("\\n", with: "\n").replacing(", ", with: "\n").split(separator: "\n")
    }
    return parts[0].difference(from: parts[1]).map { change in
        switch change {
        case .insert(_, let part, _): "relayed: \(part)"
        case .remove(_, let part, _): "direct:  \(part)"
        }
    }.joined(separator: "\n")
}

/// Lets as many comparisons run at once as there are processors.
final class Turnstile: Sendable {
    static let shared = Turnstile()

    private struct State {
        var free = max(2, ProcessInfo.processInfo.activeProcessorCount)
        var queue: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func enter() async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                guard state.free > 0 else {
                    state.queue.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if mayPass { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.queue.isEmpty else { return state.queue.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
