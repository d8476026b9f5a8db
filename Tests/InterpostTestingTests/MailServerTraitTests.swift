import Foundation
import InterpostCore
import Testing

@testable import InterpostTesting

private let tour = capture(Scratch.tour)
private let maildrop = capture(Scratch.maildrop)

private func capture(_ transcript: String) -> String { (try? Scratch.capture(transcript)) ?? "missing.interpost" }

@Suite(.mailServer(tour, security: .implicitTLS)) struct `A suite's mail server` {
    @Test func `is there for each test`() async throws {
        let server = try MailServer.current
        #expect(server.security == .implicitTLS)
        try await server.playTour()
    }

    @Test(arguments: 1...8) func `is another one for each case, at the same time`(number: Int) async throws {
        try await MailServer.current.playTour()
    }

    @Test(.mailServer(maildrop)) func `gives way to that of a test`() async throws {
        let server = try MailServer.current
        try await server.play(
            "+OK", "USER \(server.user) = +OK", "PASS \(server.password) = +OK", "STAT = +OK 2 640", "QUIT = +OK")
    }

    @Suite struct `in a suite within it` {
        @Test func `is there as well`() async throws { try await MailServer.current.playTour() }
    }
}

@Suite struct `A test with a mail server` {
    @Test func `passes if its client does what the recorded one did`() async throws {
        #expect(try await Found.issues(of: .mailServer(tour)) { try await MailServer.current.playTour() } == [])
    }

    @Test func `fails if its client does something else, and shows where`() async throws {
        let trait: MailServerTrait = .mailServer(tour)
        let line = #line - 1
        let issues = try await Found.issues(of: trait) {
            try await MailServer.current.play("* OK", "1 LOGIN a hunter22 = 1 OK", "2 CREATE hunter22 = 2 NO")
        }
        #expect(issues.count == 1)
        let issue = try #require(issues.first)
        #expect(issue.hasPrefix("MailServerTraitTests.swift:\(line) \(tour): the client did otherwise than the recorded one\n"))
        #expect(issue.contains("  C: 1 LOGIN a [redacted]\n  S: 1 OK welcome\n  C: 2 CREATE [redacted]\n"), "\(issue)")
        #expect(issue.contains("→ 2  SELECT INBOX"))
        #expect(!issue.contains("hunter22"))
    }

    @Test func `shows its own error, and what its client did before it`() async throws {
        let issues = try await Found.issues(of: .mailServer(tour)) {
            try await MailServer.current.play("* OK", "1 LOGIN a b = 1 OK", "2 LOGOUT = 2 OK")
            throw MailServerError("it was too much")
        }
        #expect(issues.count == 2)
        #expect(issues.first?.contains("Never asked: 3") == true)
        #expect(issues.last?.contains("it was too much") == true)
    }

    @Test func `is told where a missing capture was looked for`() async throws {
        let issues = try await Found.issues(of: .mailServer("no-such.interpost")) { Issue.record("it ran") }
        #expect(issues.count == 1)
        let folder = URL(filePath: #filePath).deletingLastPathComponent().path
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        #expect(
            issues.first?.contains("there is no capture no-such.interpost; looked for\n  \(folder)/no-such.interpost\n") == true)
        #expect(issues.first?.contains("\n  \(package.path)/Fixtures/no-such.interpost\nTo make it") == true)
    }

    @Test func `without a trait has none`() {
        let failure = #expect(throws: MailServerError.self) { try MailServer.current }
        #expect(failure?.description.contains(".mailServer(") == true)
    }
}
