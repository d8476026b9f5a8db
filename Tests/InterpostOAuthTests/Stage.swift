// Strategy: an account with a server, a folder and a clock that stands still until a test moves it.

import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import Synchronization
import TestSupport

@testable import InterpostOAuth

/// Stands still; who sleeps wakes when a test says so.
final class ManualClock: TokenClock {
    private struct State {
        var now = WireTime(nanoseconds: 1_800_000_000_000_000_000)
        var number = 0
        var sleepers: [Int: (until: WireTime, CheckedContinuation<Void, Never>)] = [:]
        /// Those that wait for somebody to sleep.
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var now: WireTime { state.withLock { $0.now } }

    func pass(seconds: Int64) {
        let woken = state.withLock { state in
            state.now = WireTime(nanoseconds: state.now.nanoseconds + seconds * 1_000_000_000)
            let woken = state.sleepers.filter { $0.value.until <= state.now }
            for key in woken.keys { state.sleepers[key] = nil }
            return woken.values.map(\.1)
        }
        for continuation in woken { continuation.resume() }
    }

    func sleep(until time: WireTime) async {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOver, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                    if time <= state.now || Task.isCancelled { return (true, []) }
                    state.sleepers[number] = (time, continuation)
                    defer { state.watchers = [] }
                    return (false, state.watchers)
                }
                if isOver { continuation.resume() }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.1.resume()
        }
    }

    /// Nobody waits for a sleeper any more.
    func release() {
        let watchers = state.withLock { state in
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.resume() }
    }

    /// Moves on to whatever is waited for next, as soon as somebody waits.
    func passToNext() async {
        await withCheckedContinuation { continuation in
            let someSleep = state.withLock { state in
                if state.sleepers.isEmpty { state.watchers.append(continuation) }
                return !state.sleepers.isEmpty
            }
            if someSleep { continuation.resume() }
        }
        guard let next = state.withLock({ $0.sleepers.values.map(\.until).min() }) else { return }
        pass(seconds: (next.nanoseconds - now.nanoseconds + 999_999_999) / 1_000_000_000)
    }
}

/// 1, 2, 3 …
final class Counter: Sendable {
    private let number = Mutex(0)

    func next() -> Int {
        number.withLock { number in
            number += 1
            return number
        }
    }
}

final class Stage: Sendable {
    let server: FakeAuthorisationServer
    let clock = ManualClock()
    let folder: String
    let http: OAuthHTTP
    let store: GrantStore
    let configuration: OAuthConfiguration
    private let log = Mutex(Log())
    private let temporary: TemporaryPath

    private struct Log {
        var events: [TokenEvent] = []
        var waiters: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    /// Removes the folder with the stage.
    private final class TemporaryPath: Sendable {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "interpost-oauth-\(UUID().uuidString)").path
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    init(
        flow: OAuthFlow = .code, timeout: TimeAmount = .seconds(10), place: OAuthProvider.SecretPlace = .body, key: String? = nil,
        certificate: String? = nil, _ answer: @escaping FakeAuthorisationServer.Answer
    ) async throws {
        server = try await .start(answer)
        temporary = try TemporaryPath()
        folder = temporary.path + "/accounts"
        try GrantStore.make(folder)
        store = try GrantStore(folder: folder, key: GrantKey(file: temporary.path + "/key"))
        http = OAuthHTTP(timeout: timeout)
        let provider = OAuthProvider(
            authorizeURL: try server.url("/authorize"), tokenURL: try server.url(), deviceURL: try server.url("/device"),
            secretPlace: place)
        configuration = OAuthConfiguration(
            provider: provider, flow: flow, clientID: "app", scopes: ["mail", "offline_access"], key: key,
            certificate: certificate)
    }

    var account: OAuthAccount { account() }

    func account(_ name: String = "anna", secret: String? = nil, user: String? = "anna@example.org") -> OAuthAccount {
        OAuthAccount(name: name, configuration: configuration, user: user) { secret.map { Secret(text: $0) } }
    }

    func service(_ accounts: [OAuthAccount]? = nil) -> TokenService {
        TokenService(accounts: accounts ?? [account], store: store, transport: http, clock: clock) { [self] event in
            let woken = log.withLock { log in
                log.events.append(event)
                let woken = log.waiters.filter { $0.count <= log.events.count }
                log.waiters.removeAll { $0.count <= log.events.count }
                return woken
            }
            for waiter in woken { waiter.1.resume() }
        }
    }

    /// With what a person allowed.
    func allow(_ refresh: String = "r1", account: String = "anna", clientID: String = "app") throws {
        try store.write(
            StoredGrant(
                account: account, refresh: Secret(text: refresh), clientID: clientID,
                tokenURL: configuration.provider.tokenURL.text,
                authorised: clock.now))
    }

    var events: [TokenEvent] { log.withLock { $0.events } }

    /// Waits until so many events were told.
    func told(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isTold = log.withLock { log in
                if log.events.count < count { log.waiters.append((count, continuation)) }
                return log.events.count >= count
            }
            if isTold { continuation.resume() }
        }
    }

    func stored(_ account: String = "anna") throws -> String? { try store.read(account)?.token.refresh.text }
}

extension Secret {
    var text: String { withExposedBytes { String(buffer: $0) } }
}

extension TokenService {
    func token(_ account: String = "anna", user: String? = nil) async throws -> String {
        try await accessToken(for: account, user: user).text
    }

    func failure(_ account: String = "anna") async -> TokenFailure? {
        do {
            _ = try await accessToken(for: account)
            return nil
        } catch {
            return error as? TokenFailure
        }
    }
}
