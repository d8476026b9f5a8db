import InterpostTesting
import Testing
import TinyMail

@Test(.mailServer("pop3-tour.interpost")) func `a POP3 client takes all messages`() throws {
    let server = try MailServer.current
    let client = try POP3Client(host: server.host, port: server.port)
    try client.login(user: server.user, password: server.password)
    let messages = try client.takeAll()
    #expect(messages.count == 2)
    #expect(messages.first?.contains("at noon.\n.A line that begins with a dot.\n") == true)
    try client.quit()
}

/// With `INTERPOST_RECORD=always` in the environment, `INTERPOST_USER` and `INTERPOST_PASSWORD`, the capture is recorded anew.
@Test(.mailServer("pop3-refused.interpost", record: .once, from: "pop3s://pop.example.org"))
func `a POP3 client tells of a login that is refused`() throws {
    let server = try MailServer.current
    let client = try POP3Client(host: server.host, port: server.port)
    #expect(throws: Refusal.self) { try client.login(user: server.user, password: "not \(server.password)") }
    try client.quit()
}
