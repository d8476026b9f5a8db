// Strategy: a program of its own (`oauth-crash-helper`) is ended by SIGKILL at each step between the answer of the authorisation server
// and the last word of the disk. The server takes the latest refresh token and the one before, as those do that rotate and know that
// answers get lost. After each end the file is looked at, and the next program goes on with it.

import Foundation
import InterpostConfiguration
import InterpostCore
import Synchronization
import TestSupport
import Testing

@testable import InterpostOAuth

@Suite(.serialized) struct `A program that is ended while it stores` {
    static func run(_ stage: Stage, until step: WriteStep?) async throws -> BuiltProgram.Outcome {
        try await BuiltProgram.run(
            "oauth-crash-helper", [stage.folder, stage.configuration.provider.tokenURL.text, step?.rawValue ?? "never"])
    }

    @Test func `loses no account, 20 times`() async throws {
        let valid = Mutex(["r0"])
        let stage = try await Stage { request in
            valid.withLock { valid in
                guard let shown = request["refresh_token"], valid.suffix(2).contains(shown) else {
                    return .error("invalid_grant")
                }
                // Of a refresh token that is shown once more, the one that was given for it is forgotten.
                if shown != valid.last { valid.removeLast() }
                valid.append("r\(valid.count)-\(UUID().uuidString)")
                return .token("a\(valid.count)", refresh: valid.last)
            }
        }
        let store = try GrantStore(folder: stage.folder, key: GrantKey(file: stage.folder + "/key"))
        try store.write(
            StoredGrant(
                account: "anna", refresh: Secret(text: "r0"), clientID: "app",
                tokenURL: stage.configuration.provider.tokenURL.text,
                authorised: stage.clock.now))
        let steps = WriteStep.allCases
        for round in 0..<20 {
            let step = steps[round % steps.count]
            let before = try store.read("anna")?.token.refresh
            let outcome = try await Self.run(stage, until: step)
            #expect(
                outcome.isKilled && outcome.output.isEmpty,
                "round \(round): it is ended before \(step), and gives no token: \(outcome.output)")
            let after = try store.read("anna")?.token.refresh
            // Before the new file is in its place, there is the old one.
            let isNew = step == .syncFolder || step == .done
            #expect(isNew ? after != before : after == before, "round \(round), \(step)")
            #expect(after.map { token in valid.withLock { $0.suffix(2).contains(token.text) } } == true)
        }
        #expect(stage.server.requests.count == 20)
        let outcome = try await Self.run(stage, until: nil)
        #expect(!outcome.isKilled && outcome.code == 0 && outcome.output.hasPrefix("a"))
        #expect(try store.read("anna")?.token.refresh.text == valid.withLock { $0.last })
        // Nothing is left behind.
        let names = try FileManager.default.contentsOfDirectory(atPath: stage.folder).sorted()
        #expect(names == ["anna.lock", "anna.token", "key"])
    }
}
