import NIOCore
import Testing

@testable import InterpostCore

/// What a server says back of a login, in a copy: `C:` and `S:` are what was said, `=` is what the copy has in its place.
@Suite("Echoes of a login")
struct EchoTests {
    @Test(arguments: [
        """
        S: * OK ready
        C: a LOGIN al "my cat Tom-9 sat"
        = a LOGIN user-ogjyjoqt "xxxxxxxx"
        S: a OK [X al] User al has logged in with my cat Tom-9 sat, tom; also 9 albums
        = a OK [X xx] User xx has logged in with xxxxxxxxxxxxxxxx, xxx; also 9 albums
        C: b NOOP
        S: * 9 EXISTS
        S: b NO AL's NOOP failed: no cat-sat
        = b NO xx's NOOP failed: no xxx-xxx
        """,
        """
        S: +OK ready
        C: USER al
        = USER user-ogjyjoqt
        S: +OK [AL/CODE] hello al
        = +OK [xx/CODE] hello xx
        C: PASS ca-t2-9
        = PASS xxxxxxxx
        S: -ERR al and ca-t2-9: bad ca
        = -ERR xx and xxxxxxx: bad xx
        C: PASS 1234
        = PASS xxxxxxxx
        S: +OK 1234 is right
        = +OK xxxx is right
        C: STAT
        S: +OK 1234 9
        """,
        """
        S: * PREAUTH ready
        C: hi
        = xx
        S: hi BAD what is hi?
        = xx BAD what is hi?
        C: NOOP
        = xxxx
        S: NOOP BAD no tag
        = xxxx BAD no tag
        C: b NOOP
        S: b OK done
        C: a
        = x
        S: a BAD no verb
        = x BAD no verb
        C: a NOOP
        S: a OK done
        """,
    ])
    func `is gone, and nothing else is`(_ transcript: String) throws {
        let mailProtocol: MailProtocol = transcript.hasPrefix("S: +") ? .pop3 : .imap
        var reading = Reading(mailProtocol)
        var redactor = EventRedactor(credentials: CredentialRedactor(key: TestPseudonymKey()))
        let lines = transcript.split(separator: "\n")
        for (index, line) in lines.enumerated() where !line.hasPrefix("=") {
            let told = reading.events.count
            reading.receive(ByteBuffer(string: line.dropFirst(3) + "\r\n"), from: line.hasPrefix("C") ? .client : .server)
            let copied = reading.events[told...].map { String(buffer: redactor.redact($0)) }.joined()
            let isChanged = index + 1 < lines.count && lines[index + 1].hasPrefix("=")
            #expect(copied == (isChanged ? lines[index + 1].dropFirst(2) : line.dropFirst(3)) + "\r\n")
        }
    }

    /// A short literal is recorded with its end: where there is none, with that of the session.
    @Test(arguments: [RedactionLevel.none, .all], [false, true])
    func `is gone from a literal that breaks off, and nothing is lost`(level: RedactionLevel, isWithheld: Bool) throws {
        var reading = Reading(.imap)
        var recorder = SessionRecorder(
            session: 1, start: WireTime(nanoseconds: 0), redactor: EventRedactor(level, key: TestPseudonymKey()))
        for (side, text) in [
            (Side.server, "* OK ready\r\n"), (.client, "a LOGIN anna hunter2z\r\n"), (.server, "a OK in\r\n"),
            (.client, "b APPEND INBOX {40+}\r\nhunter2z hello hun"), (.client, "ter2"),
        ] {
            let told = reading.events.count
            reading.receive(ByteBuffer(string: text), from: side)
            for var event in reading.events[told...] {
                event.isWithheld = isWithheld && side == .client
                recorder.record(event)
            }
        }
        recorder.tell(
            .sessionClosed(SessionEnd(by: .client, reason: "gone", microseconds: 0, traffic: reading.observer.traffic)),
            at: WireTime(nanoseconds: 0))
        let recorded = recorder.take().filter { $0.kind == (isWithheld ? .clientWithheld : .client) }.map {
            String(buffer: $0.bytes)
        }.joined()
        let literal = recorded.split(separator: "{40+}\r\n").last ?? ""
        #expect(literal.utf8.count == "hunter2z hello hunter2".utf8.count && literal.hasPrefix("xxxxxxxx "), "\(recorded)")
    }

    @Test func `a log shows no text with a part of a password`() throws {
        var reading = Reading(.imap, detail: .responses)
        for (side, line) in [
            (Side.server, "* OK ready"), (.client, "a LOGIN anna plum-tree-9"), (.server, "a NO no tree grows here"),
            (.client, "b NOOP"), (.server, "* OK the tree is up"), (.server, "b OK the street is up"),
            (.client, "c NOOP"), (.server, "c NO [PLUM] no"), (.client, "d NOOP"), (.server, "d NO [XPLUMX] no"),
        ] {
            reading.receive(ByteBuffer(string: line + "\r\n"), from: side)
        }
        let log = reading.log.map(\.summary).joined(separator: "\n")
        #expect(!log.contains("tree grows") && !log.contains("the tree"))
        #expect(log.contains("the street is up") && log.contains("XPLUMX") && !log.contains("code=PLUM"))
    }
}
