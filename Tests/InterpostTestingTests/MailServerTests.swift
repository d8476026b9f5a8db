import Foundation
import InterpostTesting
import Testing

@testable import InterpostTesting

@Suite struct `A mail server for tests` {
    private static let tour = Result { try Scratch.capture(Scratch.tour) }

    @Test(arguments: MailServer.Security.allCases)
    func `speaks in the clear, behind STARTTLS and in TLS, whatever was recorded`(security: MailServer.Security) async throws {
        let server = try await MailServer(capture: Self.tour.get(), MailServer.Settings(security: security))
        try await server.playTour()
        let report = try await server.stop()
        #expect(report.isClean, "\(report)")
        #expect(report.connections.count == 1)
    }

    @Test func `has a port for each protocol in the capture`() async throws {
        let server = try await MailServer(capture: Scratch.capture(Scratch.maildrop, Scratch.tour))
        #expect(server.port == server.imapPort)
        try await server.playTour()
        try await server.play(
            ["+OK", "USER \(server.user) = +OK", "PASS \(server.password) = +OK", "STAT = +OK 2 640", "QUIT = +OK"],
            on: server.pop3Port)
        #expect(server.pop3Port != nil)
        let report = try await server.stop()
        #expect(report.isClean, "\(report)")
        #expect(report.connections.map(\.service) == [.imap, .pop3])
        let other = try await MailServer(capture: Self.tour.get())
        #expect(other.pop3Port == nil)
        try await other.stop()
    }

    @Test func `hears what a client said last, though nobody waits for the answer`() async throws {
        for _ in 1...20 {
            let server = try await MailServer(capture: Self.tour.get())
            // The second line is not answered before the client goes.
            try await server.play("* OK", "1 LOGIN a b = 1 OK", "2 SELECT INBOX\r\n3 UID SEARCH UNSEEN\r\n4 LOGOUT = * 3")
            let report = try await server.stop()
            #expect(report.isClean, "\(report)")
        }
    }

    @Test func `ends connections that their clients leave open`() async throws {
        let server = try await MailServer(capture: Self.tour.get())
        let socket = try Socket(port: server.port)
        try socket.send("1 LOGIN a b\r\n2 CREATE x\r\n")
        let report = try await server.stop()
        #expect(report.connections.first?.notInCapture == ["CREATE x"])
        #expect(report.connections.first?.commands == 2)
        withExtendedLifetime(socket) {}
    }

    @Test func `may be stopped twice, and at once by two`() async throws {
        let server = try await MailServer(capture: Self.tour.get())
        async let first = server.stop()
        async let second = server.stop()
        _ = try await (first, second)
        try await server.stop()
    }

    @Test func `wants the user and the password that it was given`() async throws {
        let server = try await MailServer(
            capture: Self.tour.get(), MailServer.Settings(user: "anna", password: "sesame open"))
        try await server.play(
            "* OK", "1 LOGIN anna other = 1 NO", "2 LOGIN anna \"sesame open\" = 2 OK", "3 SELECT INBOX = 3 OK",
            "4 UID SEARCH UNSEEN = 4 OK", "5 LOGOUT = 5 OK")
        let report = try await server.stop()
        #expect(!report.isClean)
        #expect(report.description.contains("1 login with a wrong user or password"), "\(report)")
        #expect("\(server.user) \(server.password)" == "anna sesame open")
    }

    @Test func `shows no password in what is printed of it`() async throws {
        let settings = MailServer.Settings(user: "anna", password: "sesame open")
        let server = try await MailServer(capture: Self.tour.get(), settings)
        var dumped = "\(settings) \(server) "
        dump(settings, to: &dumped)
        dump(server, to: &dumped)
        #expect(!dumped.contains("sesame"))
        try await server.stop()
    }

    @Test func `plays the session that is asked for, and says how many there are`() async throws {
        let capture = try Scratch.capture(Scratch.maildrop, Scratch.tour)
        let server = try await MailServer(capture: capture, MailServer.Settings(session: 2))
        #expect(server.pop3Port == nil)
        try await server.playTour()
        #expect(try await server.stop().isClean)
        for session in [0, 3] {
            let failure = await #expect(throws: MailServerError.self) {
                try await MailServer(capture: capture, MailServer.Settings(session: session))
            }
            #expect(failure?.description == "\(capture) has no session \(session): it has 2")
        }
    }

    @Test func `has an authority that nobody else can use`() throws {
        let path = try TestAuthority.certificate()
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("-----BEGIN CERTIFICATE-----"))
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let mode = try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    // MARK: - What it tells

    @Test func `tells what was expected, what came, and the conversation before it`() async throws {
        let server = try await MailServer(capture: Self.tour.get())
        try await server.play(
            "* OK", "1 LOGIN anna hunter22 = 1 OK", "2 SELECT INBOX = 2 OK", "3 UID SEARCH SEEN = 3 NO", "4 LOGOUT = 4 OK")
        let problems = try await server.stop().problems
        #expect(
            problems == [
                """
                Connection 1, IMAP
                4 commands, 2 of 4 recorded ones answered, 1 answered again

                First difference, at command 3
                  expected  UID SEARCH UNSEEN
                  got       UID SEARCH SEEN

                The conversation up to it
                  S: * OK ready
                  C: 1 LOGIN anna [redacted]
                  S: 1 OK welcome
                  C: 2 SELECT INBOX
                  S: * 3 EXISTS
                  S: 2 OK [READ-WRITE] selected
                  C: 3 UID SEARCH SEEN

                Recorded there
                    1  LOGIN anna [redacted]
                    2  SELECT INBOX
                  → 3  UID SEARCH UNSEEN
                    4  LOGOUT

                Not in the capture: 1
                  UID SEARCH SEEN

                Never asked: 2
                  UID SEARCH UNSEEN
                  LOGOUT

                """
            ])
    }

    @Test func `tells of sessions that nobody came for, unless the order is free`() async throws {
        let capture = try Scratch.capture(Scratch.tour, Scratch.tour)
        let server = try await MailServer(capture: capture)
        try await server.playTour()
        #expect(try await server.stop().problems == ["A recorded session that no client came for\n"])
        let free = try await MailServer(capture: capture, MailServer.Settings(matching: .state))
        try await free.play("* OK", "1 LOGIN a b = 1 OK", "2 SELECT INBOX = 2 OK", "3 SELECT INBOX = 3 OK")
        #expect(try await free.stop().isClean)
        let idle = try await MailServer(capture: capture)
        #expect(try await idle.stop().problems == ["Recorded sessions that no client came for: 2\n"])
    }
}
