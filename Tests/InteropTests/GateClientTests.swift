// Strategy: clients that people use read a mailbox through a read-only gate and get all of it, then try to change it; afterwards the
// Maildir is what it was: every message with its flags, every folder, the subscriptions. Only where a message lies (new or cur) is
// left out of account: a server moves it when somebody looks.

import Foundation
import Testing

@Suite struct `Clients before a read-only gate` {
    /// Runs a journey through a gate, and requires that the account is unchanged.
    private func journey<Outcome>(
        _ letters: [Letter], policy: String = "read-only", _ body: (Visit) async throws -> Outcome
    ) async throws -> Outcome {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let dovecot = try await Dovecot.shared()
        let account = try dovecot.account(awkward: false)
        try account.fill(letters)
        try account.fill(Array(letters.prefix(2)), folder: "Projects")
        let room = try Room("gate")
        let file = policy.contains(":") ? try room.write(policy, to: "policy.yml") : policy
        let relay = try await Relay(before: dovecot.door, arguments: ["--policy", file])
        let before = try account.contents()
        let outcome: Outcome
        do {
            outcome = try await body(
                Visit(door: relay.door, account: account, room: room, largeLetter: dovecot.largeLetter))
        } catch {
            throw InteropFailure("\(error)\nThe relay's console:\n\(relay.console.suffix(2_000))")
        }
        let after = try account.contents()
        #expect(after == before)
        let traces = try await relay.stop()
        for secret in account.secrets.map({ Data($0.utf8) }) { #expect(traces.eventLog.firstRange(of: secret) == nil) }
        return outcome
    }

    @Test(arguments: Security.encrypted) func `mbsync pulls, and cannot push`(security: Security) async throws {
        let letters = Letter.assortment(8)
        let pulled = try await journey(letters) { visit in
            let local = try visit.room.directory("local")
            try await visit.mbsync(security, mechanism: "*", direction: "Pull")
            let pulled = try Maildir(path: "\(local)/INBOX", owner: .current).lettersWithoutMarks()
            let outgoing = Maildir(path: "\(local)/Outgoing", owner: .current)
            try outgoing.create()
            try outgoing.deliver(letters[0], number: 1)
            await #expect(throws: (any Error).self) { try await visit.mbsync(security, mechanism: "*", direction: "Push") }
            return pulled
        }
        #expect(pulled == Letter.sorted(letters))
    }

    @Test(arguments: Security.encrypted) func `fetchmail keeps`(security: Security) async throws {
        let letters = Letter.assortment(8).filter { $0.hasLines(upTo: 8_000) }
        let saved = try await journey(letters) { visit in try await visit.fetchmail(security) }
        #expect(saved == Letter.sorted(letters.map(\.withLastLineEnded)))
    }

    @Test func `fetchmail deletes, and believes it`() async throws {
        let letters = Letter.assortment(8).filter { $0.hasLines(upTo: 8_000) }
        let policy = "preset: read-only\ndeletes: pretend\n"
        let saved = try await journey(letters, policy: policy) { visit in try await visit.fetchmail(.implicit, keeps: false) }
        #expect(saved == Letter.sorted(letters.map(\.withLastLineEnded)))
    }

    /// It gives up after the first message that it cannot mark as read.
    @Test(arguments: ["refuse", "pretend"]) func `fetchmail over IMAP marks what it has read, and believes it`(
        seen: String
    ) async throws {
        let letters = Letter.assortment(8).filter { $0.hasLines(upTo: 8_000) }
        let saved = try await journey(letters, policy: "preset: read-only\nseen: \(seen)\n") { visit in
            // It ends with an error of its own where it is refused.
            (try? await visit.fetchmail(.implicit, overIMAP: true)) ?? []
        }
        #expect(saved == (seen == "pretend" ? Letter.sorted(letters.map(\.withLastLineEnded)) : []))
    }

    @Test(arguments: Security.encrypted) func `mutt reads`(security: Security) async throws {
        let letters = Letter.assortment(8)
        let saved = try await journey(letters) { visit in try await visit.mutt(security) }
        #expect(saved == Letter.sorted(letters))
    }

    @Test func `mutt deletes in what it takes for a writable mailbox, and hears that it cannot`() async throws {
        let letters = Letter.assortment(8)
        let policy = "preset: read-only\npresent-as-writable: true\n"
        let saved = try await journey(letters, policy: policy) { visit in
            try await visit.mutt(.implicit, deleting: "~A", answer: "y")
        }
        #expect(saved == Letter.sorted(letters))
    }

    @Test(arguments: Security.encrypted) func `curl reads, and cannot upload or mark`(security: Security) async throws {
        let letters = Letter.assortment(4)
        let messages = try await journey(letters) { visit in
            let fetched = try visit.room.directory("fetched")
            let url = "\(visit.scheme("imap", security))://\(visit.door.host):\(visit.door.imapPort(security))/INBOX"
            let requests = (1...letters.count).map { "url = \"\(url);UID=\($0)\"\noutput = \"\(fetched)/\($0)\"\n" }
            try await visit.curl(requests.joined())
            let letter = visit.room.path("letter")
            try letters[0].wire.bytes.write(to: URL(fileURLWithPath: letter))
            for request in [
                "upload-file = \"\(letter)\"\n", "request = \"STORE 1 +FLAGS (\\\\Deleted)\"\n", "request = \"EXPUNGE\"\n",
            ] {
                await #expect(throws: (any Error).self) { try await visit.curl("url = \"\(url)\"\n" + request) }
            }
            return try Letter.read((1...letters.count).map { "\(fetched)/\($0)" })
        }
        #expect(messages == letters.map(\.wire))
    }

    @Test(arguments: ["imap", "pop3"]) func `Python reads, and is refused all else with a text`(mailProtocol: String) async throws
    {
        let letters = Letter.assortment(4)
        let report = try await journey(letters) { visit in
            let port = mailProtocol == "imap" ? visit.door.imaps : visit.door.pop3s
            return try await visit.python("writes", port: port, .implicit, ["protocol": mailProtocol]).report
        }
        #expect(report.contains("\"count\": 4"))
        #expect(report.contains(mailProtocol == "imap" ? "messages cannot be moved" : "messages cannot be deleted"))
    }
}

extension Account {
    /// What lies in the Maildir: messages with their flags, folders, subscriptions.
    func contents() throws -> [String] {
        let root = URL(fileURLWithPath: "\(home)/Maildir")
        let manager = FileManager.default
        var found: [String] = []
        for folder in [root] + (try manager.contentsOfDirectory(at: root, includingPropertiesForKeys: nil))
        where folder == root || folder.lastPathComponent.hasPrefix(".") {
            for place in ["new", "cur"] {
                let files = (try? manager.contentsOfDirectory(atPath: folder.appending(path: place).path)) ?? []
                for file in files {
                    let parts = file.split(separator: ":", maxSplits: 1)
                    let flags = parts.count > 1 ? parts[1].replacing("2,", with: "") : ""
                    // Dovecot notes sizes in the name when it has looked.
                    found.append("\(folder.lastPathComponent) \(parts[0].split(separator: ",")[0]) \(flags)")
                }
            }
            found.append(folder.lastPathComponent)
        }
        found.append((try? String(contentsOf: root.appending(path: "subscriptions"), encoding: .utf8)) ?? "")
        return found.sorted()
    }
}
