import CAllocator
import Foundation
import InterpostConfiguration
public import InterpostCore
import NIOCore
import Synchronization

/// A command that waits for a decision by a person.
public struct HeldCommand: Sendable {
    /// The session's number, as the log has it.
    public var session: Int
    /// Which of the session's held commands this is, so that a late answer is not taken for one to a later command.
    public var number: Int
    /// Its verb: `UID MOVE`.
    public var command: String
    /// What follows the verb, without secrets, as a log shows it: `5 Trash`.
    public var arguments: String
    /// The rule that holds it.
    public var rule: String
    /// The client's address and port.
    public var client: String
    /// When the command began to wait.
    public var since: WireTime
    /// It is refused after this many seconds.
    public var seconds: Int

    /// `UID MOVE 5 Trash`
    public var shown: String { arguments.isEmpty ? command : "\(command) \(arguments)" }
}

/// All sessions of a program: which there are, how many, and how to tell them that the program ends.
final class SessionRegistry: Sendable {
    enum Refusal { case tooMany(limit: String, value: Int), ending }

    private struct State {
        var sessions: [Int: Handle] = [:]
        var perAddress: [String: Int] = [:]
        var held: [Int: HeldCommand] = [:]
        var lastNumber = 0
        var isEnding = false
        var whenEmpty: [@Sendable () -> Void] = []
        /// Sessions that have left since memory was last given back.
        var departures = 0
        var isTrimDue = false

        /// Counts a session that has left: the allocator would keep what many sessions took.
        ///
        /// - Returns: Whether to schedule a trim: a session's buffers are freed only after it has left.
        mutating func noteDeparture() -> Bool {
            departures += 1
            guard !isTrimDue, departures >= SessionRegistry.crowd else { return false }
            isTrimDue = true
            return true
        }
    }

    /// What clients may still do.
    let budgets = BudgetKeeper()

    /// After this many sessions there is enough memory to give back.
    private static let crowd = 50

    /// How to reach a session from outside of its event loop.
    struct Handle: Sendable {
        /// Tells the session that the program ends in this many seconds.
        var drain: @Sendable (_ seconds: Int) -> Void
        var end: @Sendable () -> Void
        /// Decides about the command that is held.
        var resolveHold: @Sendable (_ number: Int, _ verdict: HoldVerdict) -> Void
        /// Tells the session that the log cannot be written, so that it checks whether it may continue.
        var logFailed: @Sendable () -> Void
    }

    private let limits: Mutex<Limits>
    private let state = Mutex(State())

    init(limits: Limits) { self.limits = Mutex(limits) }

    func update(limits: Limits) { self.limits.withLock { $0 = limits } }

    var count: Int { state.withLock { $0.sessions.count } }

    /// Gives a new session from `address` its number; a session that is refused has one, too, for the log.
    func admit(address: String, handle: Handle) -> (number: Int, refusal: Refusal?) {
        let limits = limits.withLock { $0 }
        return state.withLock { state in
            state.lastNumber += 1
            let number = state.lastNumber
            if state.isEnding { return (number, .ending) }
            if state.sessions.count >= limits.sessions {
                return (number, .tooMany(limit: "sessions", value: limits.sessions))
            }
            if state.perAddress[address, default: 0] >= limits.sessionsPerAddress {
                return (number, .tooMany(limit: "sessions-per-address", value: limits.sessionsPerAddress))
            }
            state.sessions[number] = handle
            state.perAddress[address, default: 0] += 1
            return (number, nil)
        }
    }

    func remove(_ number: Int, address: String) {
        let callbacks = state.withLock { state in
            state.held.removeValue(forKey: number)
            guard state.sessions.removeValue(forKey: number) != nil else { return [@Sendable () -> Void]() }
            let left = state.perAddress[address, default: 1] - 1
            state.perAddress[address] = left > 0 ? left : nil
            if state.noteDeparture() { scheduleTrim() }
            guard state.sessions.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for callback in callbacks { callback() }
    }

    func hold(_ command: HeldCommand) { state.withLock { $0.held[command.session] = command } }

    func release(_ number: Int) { _ = state.withLock { $0.held.removeValue(forKey: number) } }

    /// The commands that wait for a decision by a person, the oldest first.
    var held: [HeldCommand] { state.withLock { $0.held.values.sorted { $0.since.nanoseconds < $1.since.nanoseconds } } }

    /// Lets a held command pass, or refuses it. Returns whether there was one.
    func resolveHold(of command: HeldCommand, allows: Bool) -> Bool {
        let handle = state.withLock { state -> Handle? in
            guard state.held[command.session]?.number == command.number else { return nil }
            state.held.removeValue(forKey: command.session)
            return state.sessions[command.session]
        }
        handle?.resolveHold(command.number, allows ? .allowed : .refused)
        return handle != nil
    }

    /// TLS, and the memory that it has taken, outlive the session for a while. So memory is given back repeatedly, until no session
    /// has left since the last time and there was nothing to give back.
    private func scheduleTrim() {
        let pause = ServerContexts.shutdownTimeout.nanoseconds + 1_000_000_000
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(pause))) { [weak self] in
            #if canImport(Glibc)
                let hasGivenBack = malloc_trim(0) == 1
            #else
                let hasGivenBack = false
            #endif
            self?.state.withLock { state in
                let isOver = state.departures == 0 && !hasGivenBack
                state.departures = 0
                state.isTrimDue = !isOver
                if !isOver { self?.scheduleTrim() }
            }
        }
    }

    /// Admits no new sessions, and asks the others to end once they have nothing in progress, or after this many seconds.
    /// `completion` is called when the last one is gone.
    func drain(seconds: Int, completion: @escaping @Sendable () -> Void) {
        let handles = state.withLock { state in
            state.isEnding = true
            if !state.sessions.isEmpty { state.whenEmpty.append(completion) }
            return Array(state.sessions.values)
        }
        if handles.isEmpty { completion() }
        for handle in handles { handle.drain(seconds) }
    }

    func logFailed() { for handle in state.withLock({ Array($0.sessions.values) }) { handle.logFailed() } }

    /// Ends all sessions now.
    func end() { for handle in state.withLock({ Array($0.sessions.values) }) { handle.end() } }
}
