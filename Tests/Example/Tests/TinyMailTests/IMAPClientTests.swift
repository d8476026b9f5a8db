import InterpostTesting
import Testing
import TinyMail

/// One server each, all from the same capture: it was recorded once, and is part of the repository.
@Suite(.mailServer("imap-tour.interpost", session: 1)) struct `An IMAP client` {
    private func client() throws -> IMAPClient {
        let server = try MailServer.current
        let client = try IMAPClient(host: server.host, port: server.port)
        try client.login(user: server.user, password: server.password)
        return client
    }

    @Test func `reads subjects and waits for mail`() throws {
        let client = try client()
        #expect(try client.select("INBOX") == 2)
        #expect(try client.subjects() == ["Lunch on Friday?", "Your build is green"])
        try client.markSeen(1)
        #expect(try client.waitForMail() == 3)
        try client.logout()
    }

    /// The own trait takes the place of the suite's: with `.state` the order is free, and not all has to be asked.
    @Test(.mailServer("imap-tour.interpost", matching: .state)) func `counts messages as often as it likes`() throws {
        let client = try client()
        for _ in 1...3 { #expect(try client.select("INBOX") == 2) }
        try client.logout()
    }
}
