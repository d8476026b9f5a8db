// Strategy: a client's command waits at a relay of its own, and a person, played by the program that people use, finds it and
// decides. What the server heard says what was decided.

import Foundation
import Testing

@Suite struct `interpost hold` {
    private static let policy = "policy: {preset: read-only, rules: [{command: STORE, action: hold, seconds: 60}]}"

    @Test(arguments: ["allow", "refuse"]) func `decides about a command that waits`(decision: String) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let served: [Step] =
            [.tls, .say("* PREAUTH [CAPABILITY IMAP4rev1] ready"), .hear("a SELECT INBOX\r\n"), .say("a OK done")]
            + (decision == "allow" ? [.hear("b STORE 1 +FLAGS (\\Seen)\r\n"), .say("b OK done")] : []) + [.end]
        let played = try await PlayedServer(served, credential: try await .of(.right))
        let relay = try await RelayProcess([Route("imap", to: "imaps", port: played.port, Self.policy)])
        async let client = relay.play([
            .hear("ready\r\n"), .say("a SELECT INBOX"), .hear("a OK done\r\n"), .say("b STORE 1 +FLAGS (\\Seen)"),
            .hear(decision == "allow" ? "b OK done\r\n" : "b NO [NOPERM] Whoever was asked has refused it\r\n"), .close,
        ])
        try await relay.event("policy") { $0.verdict == "hold" }
        func hold(_ arguments: String...) async throws -> Program.Outcome {
            try await Program.run(all: ["hold"] + arguments, environment: relay.room.environment)
        }
        let list = try await hold("list")
        #expect(list.text.hasPrefix("1  STORE 1 +FLAGS (\\Seen)  from 127.0.0.1:"), "\(list.text)\(list.errors)")
        #expect(list.text.contains("held by rule 1 for 0 s, refused in 60 s"))
        let missing = try await hold("allow", "7")
        #expect(missing.code != 0 && missing.errors.contains("session 7 waits with no command"))
        let decided = try await hold(decision, "1")
        #expect(decided.code == 0 && decided.text.hasSuffix(": STORE 1 +FLAGS (\\Seen)\n"), "\(decided.errors)")
        #expect(try await client.failure == "")
        #expect(try await hold("list").errors.contains("nothing is held"))
        #expect(await relay.daemon.stop() == 0)
        // The socket goes with the program, and what a killed one leaves is no program that runs.
        let gone = try await hold("list")
        #expect(gone.code != 0 && gone.errors.contains("no program is running here"), "\(gone.errors)")
        _ = try await played.stop()
    }

    @Test func `takes no file away for its socket, and asks no other program's`() async throws {
        let room = try Room("socket")
        let file = try room.write("precious", to: "file")
        let policy = try room.write("preset: read-only\nrules: [{command: STORE, action: hold}]\n", to: "policy.yml")
        let outcome = try await Program.run(
            "run", "--listen", "imap://127.0.0.1:0", "--upstream", "imaps://localhost:1", "--policy", policy, "--set",
            "control=\(file)")
        #expect(outcome.code != 0 && outcome.errors.contains("the control socket \(file) cannot be opened"), "\(outcome.errors)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
        let asked = try await Program.run("hold", "list", "--socket", file)
        #expect(asked.code != 0 && asked.errors.contains("nobody answers"), "\(asked.errors)")
    }
}
