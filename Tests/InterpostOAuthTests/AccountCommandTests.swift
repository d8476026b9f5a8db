// Strategy: the program itself, as a person at a terminal runs it. The test reads what is shown, is the browser, and types.

import Foundation
import InterpostCore
import TestSupport
import Testing

@Suite(.serialized) struct `The command account` {
    /// A folder with a configuration for a server.
    final class Room {
        let folder: TemporaryFolder
        let server: FakeAuthorisationServer

        init(_ answer: @escaping FakeAuthorisationServer.Answer) async throws {
            folder = try TemporaryFolder()
            server = try await .start(answer)
            let text = """
                relays:
                  - {listen: imap://127.0.0.1:1143, accounts: all}
                accounts:
                  - name: anna
                    upstream: imaps://imap.example.org
                    user: anna@example.org
                    oauth: &oauth
                      client-id: app
                      client-secret: file:\(folder.file("secret"))
                      scopes: [mail]
                      authorize-url: \(try server.url("/authorize"))
                      token-url: \(try server.url())
                      device-url: \(try server.url("/device"))
                  - name: '*@example.org'
                    upstream: imaps://imap.example.org
                    user: '{login}'
                    oauth: *oauth
                  - name: robot
                    upstream: imaps://imap.example.org
                    user: robot@example.org
                    oauth: {client-id: r, scopes: [mail], flow: service-account, key: /k, token-url: '\(try server.url())'}
                  - name: old
                    upstream: imaps://imap.example.org
                    user: old
                    secret: file:/s
                grants: \(folder.file("accounts"))

                """
            try Data(text.utf8).write(to: URL(filePath: folder.file("interpost.yml")))
            let isMade = FileManager.default.createFile(
                atPath: folder.file("secret"), contents: Data("s3cret\n".utf8), attributes: [.posixPermissions: 0o600])
            #expect(isMade)
        }

        /// Runs `interpost account …` to its end.
        func run(_ arguments: [String], answer: @Sendable (String) async -> String? = { _ in nil }) async throws
            -> BuiltProgram.Outcome
        {
            try await BuiltProgram.run(
                "interpost", ["account"] + arguments + ["--config", folder.file("interpost.yml")], answer: answer)
        }
    }

    /// What is after `redirect_uri=` and `state=` in a page that is shown.
    static func redirect(in text: String) -> String? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("  http://127.0.0.1") }), text.hasSuffix("\n")
        else {
            return nil
        }
        let asked = Browser.parameters(line.trimmingCharacters(in: .whitespaces))
        guard let redirect = asked["redirect_uri"], let state = asked["state"] else { return nil }
        return "\(redirect)?code=c0de&state=\(state)"
    }

    @Test func `has a browser allow an account, shows it, and forgets it`() async throws {
        let room = try await Room { _ in .token("a1", refresh: "r-sesame") }
        let before = try await room.run(["list"])
        #expect(before.code == 0 && before.output.contains("run: interpost account authorise anna"))
        #expect(before.output.contains("robot") && before.output.contains("needs nobody to allow it"))
        #expect(!before.output.contains("old"))
        let allowed = try await room.run(["authorise", "anna"]) { text in
            guard let url = Self.redirect(in: text) else { return nil }
            _ = try? await Browser.get(url)
            return ""
        }
        #expect(allowed.code == 0 && allowed.output.contains("'anna' is allowed; "), "\(allowed.output)")
        #expect(room.server.requests.last?["client_secret"] == nil && room.server.requests.last?["code"] == "c0de")
        #expect(room.server.requests.last?.headers["authorization"] == "Basic YXBwOnMzY3JldA==")
        #expect(try await room.run(["list"]).output.contains("allowed 20"))
        let json = try await room.run(["list", "--json"])
        #expect(json.output.contains(#""state" : "allowed""#))
        for output in [before.output, allowed.output, json.output] {
            #expect(!output.contains("sesame") && !output.contains("s3cret") && !output.contains("c0de"))
        }
        #expect(try await room.run(["forget", "anna"]).output == "'anna' is forgotten\n")
        let again = try await room.run(["forget", "anna"])
        #expect(again.code == 1 && again.output.contains("nothing is stored of 'anna'"))
    }

    @Test func `takes what is pasted, for one of many`() async throws {
        let room = try await Room { _ in .token("a1", refresh: "r1") }
        let allowed = try await room.run(["authorise", "bob@example.org", "--paste"]) { text in
            Self.redirect(in: text).map { "nonsense\n\($0)\n" }
        }
        #expect(allowed.code == 0 && allowed.output.contains("'bob@example.org' is allowed; "), "\(allowed.output)")
        #expect(allowed.output.contains("Paste it again"))
        #expect(try await room.run(["list"]).output.contains("bob@example.org  code"))
    }

    @Test func `shows a code`() async throws {
        let room = try await Room { request in
            request.path == "/token"
                ? .token("a1", refresh: "r1")
                : .json(
                    200,
                    #"{"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"https://example.com/d","expires_in":60,"interval":1}"#
                )
        }
        let allowed = try await room.run(["authorise", "anna", "--device"])
        #expect(
            allowed.code == 0
                && allowed.output.contains("Open https://example.com/d on any device and type this code:\n\n  WDJB-MJHT\n"))
        #expect(allowed.output.contains("'anna' is allowed; "))
    }

    @Test(arguments: [
        (["nobody"], "there is no account 'nobody'"), (["ana"], "did you mean 'anna'?"), (["old"], "has no 'oauth'"),
        (["robot"], "needs nobody to allow it"), (["*@example.org"], "is for many"),
        (["anna", "--device", "--paste"], "one of them"),
    ])
    func `says what is wrong`(arguments: [String], problem: String) async throws {
        let room = try await Room { _ in .close }
        let outcome = try await room.run(["authorise"] + arguments)
        #expect(outcome.code != 0 && outcome.output.contains(problem), "\(outcome.output)")
    }

    @Test func `says what the provider said`() async throws {
        let room = try await Room { _ in .json(400, #"{"error":"invalid_grant","error_description":"too late"}"#) }
        let outcome = try await room.run(["authorise", "anna", "--paste"]) { text in Self.redirect(in: text).map { "\($0)\n" } }
        #expect(
            outcome.code == 1 && outcome.output.contains("'anna' is not allowed: invalid_grant: too late"), "\(outcome.output)")
        #expect(!FileManager.default.fileExists(atPath: room.folder.file("accounts/anna.token")))
    }
}
