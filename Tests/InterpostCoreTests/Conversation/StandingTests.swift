import NIOCore
import Testing

@testable import InterpostCore

/// What each event says of the session, and which command it belongs to.
@Suite struct `Where a session is` {
    private static func events(_ mailProtocol: MailProtocol, _ text: String) -> [MailEvent] {
        var conversation = Conversation(mailProtocol)
        var events: [MailEvent] = []
        for line in text.split(separator: "\n") {
            let side: Side = line.hasPrefix("C: ") ? .client : .server
            let octets = ByteBuffer(string: line.dropFirst(3).replacing("|", with: "\r\n") + "\r\n")
            conversation.receive(octets, from: side, at: WireTime(nanoseconds: 0))
            while let event = conversation.next() { events.append(event) }
        }
        return events
    }

    /// `-`, `anna`, `anna INBOX`, `anna INBOX read-only`, with `!` for each login that was refused.
    private static func shown(_ standing: Standing) -> String {
        let user = standing.user.map { String(buffer: $0) } ?? "?"
        let who = standing.isLoggedIn ? user : standing.user == nil ? "-" : "(\(user))"
        let selection = standing.selection.map { " \($0.mailbox)\($0.isReadOnly ? " read-only" : "")" } ?? ""
        return who + selection + String(repeating: "!", count: standing.failedLogins)
    }

    private static func standings(_ mailProtocol: MailProtocol, _ text: String) -> [String] {
        events(mailProtocol, text).map { shown($0.standing) }
    }

    @Test func `is said by every event of IMAP, as of that event`() {
        let text = """
            S: * OK ready
            C: a LOGIN anna wrong
            S: a NO no
            C: b LOGIN anna right
            S: b OK in
            C: c SELECT INBOX
            S: * 3 EXISTS
            S: c OK [READ-WRITE] done
            C: d EXAMINE Trash
            S: d OK [READ-ONLY] done
            C: e CLOSE
            S: e OK done
            C: f UNAUTHENTICATE
            S: f OK done
            """
        #expect(
            Self.standings(.imap, text) == [
                "-", "-", "-!", "-!", "anna!", "anna!", "anna!", "anna INBOX!", "anna INBOX!", "anna Trash read-only!",
                "anna Trash read-only!", "anna!", "anna!", "-!",
            ])
    }

    @Test func `is known of SASL and of PREAUTH, too`() {
        let plain = "S: * OK ready\nC: a AUTHENTICATE PLAIN AGFubmEAcHc=\nS: a OK in\n"
        #expect(Self.standings(.imap, plain) == ["-", "-", "anna"])
        #expect(Self.standings(.imap, "S: * PREAUTH ready\n") == ["?"])
    }

    @Test func `is that of the account whose mail it is`() {
        // `ceo NUL admin NUL pw`: admin logs in as ceo (RFC 4616).
        let plain = "S: * OK ready\nC: a AUTHENTICATE PLAIN Y2VvAGFkbWluAHB3\nS: a OK in\n"
        #expect(Self.standings(.imap, plain) == ["-", "-", "ceo"])
    }

    @Test func `does not change because a server says BYE and goes on`() {
        let text = "S: * OK ready\nC: a LOGIN anna pw\nS: a OK in\nC: b SELECT INBOX\nS: b OK done\nS: * BYE going\nC: c NOOP\n"
        #expect(Self.standings(.imap, text).suffix(2) == ["anna INBOX", "anna INBOX"])
    }

    @Test func `is said by every event of POP3`() {
        let text = """
            S: +OK ready
            C: USER anna
            S: +OK
            C: PASS wrong
            S: -ERR no
            C: PASS right
            S: +OK in
            C: USER eve
            S: +OK
            """
        #expect(
            Self.standings(.pop3, text) == ["-", "-", "(anna)", "(anna)", "(anna)!", "(anna)!", "anna!", "anna!", "anna!"])
        #expect(Self.standings(.pop3, "S: +OK ready\nC: APOP anna 0\nS: +OK in\n") == ["-", "-", "anna"])
    }

    /// The event's number and, behind the slash, that of the command it belongs to.
    private static func exchanges(_ mailProtocol: MailProtocol, _ text: String) -> [String] {
        events(mailProtocol, text).map { "\($0.number)/\($0.exchange.map(String.init) ?? "-")" }
    }

    @Test func `is an answer to the command that it completes, whatever the order`() {
        let text = "S: * OK ready\nC: a NOOP\nC: b NOOP\nS: * 3 EXISTS\nS: b OK\nS: a OK\nS: * 4 EXISTS\nS: x OK\n"
        #expect(Self.exchanges(.imap, text) == ["1/-", "2/2", "3/3", "4/2", "5/3", "6/2", "7/-", "8/-"])
    }

    @Test func `belongs to one command from its first line to its completion`() {
        let text = """
            S: * OK ready
            C: a LOGIN {4}
            S: + go on
            C: anna {2}
            S: + go on
            C: pw
            S: a OK in
            C: b IDLE
            S: + idling
            S: * 1 EXISTS
            C: DONE
            S: b OK
            C: c AUTHENTICATE PLAIN
            S: +
            C: AGEAYg==
            S: c OK
            """
        #expect(Self.events(.imap, text).dropFirst().prefix(8).allSatisfy { $0.exchange == 2 })
        let exchanges = Self.events(.imap, text).compactMap(\.exchange)
        #expect(Set(exchanges).count == 3)
        #expect(exchanges.count == Self.events(.imap, text).count - 1)
        let pop3 = "S: +OK ready\nC: LIST\nC: RETR 1\nS: +OK\nS: 1 3\nS: .\nS: +OK\nS: abc\nS: .\n"
        #expect(Set(Self.events(.pop3, pop3).dropFirst(3).prefix(3).map(\.exchange)) == [2])
        #expect(Set(Self.events(.pop3, pop3).dropFirst(6).map(\.exchange)) == [3])
    }
}
