import NIOCore
import Testing

@testable import InterpostCore

/// Lines of the event log in a capture of the level `all`.
@Suite("A line of the event log") struct EventLineTests {
    @Test(arguments: [
        (
            #"{"v":1,"time":"t","session":1,"event":"session.opened","protocol":"imap","listener":"imaps://10.0.0.1:993","client":"192.0.2.7:4711","upstream":"imaps://imap.example.org:993"}"#,
            #"{"v":1,"time":"t","session":1,"event":"session.opened","protocol":"imap","listener":"imaps://[redacted]","client":"[redacted]","upstream":"imaps://[redacted]"}"#
        ),
        (
            #"{"event":"tls.up","side":"server","version":"TLSv1.3","sni":"a","verified":true,"chain":[{"subject":"CN=\"a\"","issuer":"b","names":["c","d"],"sha256":"ab01"}],"duration_us":1}"#,
            #"{"event":"tls.up","side":"server","version":"TLSv1.3","sni":"[redacted]","verified":true,"chain":[{"subject":"[redacted]","issuer":"[redacted]","names":["[redacted]","[redacted]"],"sha256":"0000"}],"duration_us":1}"#
        ),
        (
            #"{"event":"capabilities.edited","added":["STARTTLS"],"reason":"why"}"#,
            #"{"event":"capabilities.edited","added":["STARTTLS"],"reason":"why"}"#
        ),
        (
            #"{"event":"tls.failed","reason":"why","new":"x"}"#,
            #"{"event":"tls.failed","reason":"[redacted]","new":"[redacted]"}"#
        ),
    ]) func `says nothing of who was connected to whom`(line: String, redacted: String) {
        for (level, expected) in [(RedactionLevel.all, redacted), (.bodies, line), (.none, line)] {
            let redactor = EventRedactor(level, key: TestPseudonymKey())
            #expect(String(buffer: redactor.redact(eventLine: ByteBuffer(string: line))) == expected)
        }
    }

    @Test(arguments: ["", "{", "\"", "{\"a", "{\"a\":\"b", "{\"a\":\"b\\", "{\"a\":\"b\\\"", "\u{FFFD}\"\u{FF}"])
    func `may be anything`(line: String) {
        let redactor = EventRedactor(.all, key: TestPseudonymKey())
        #expect(!String(buffer: redactor.redact(eventLine: ByteBuffer(string: line))).contains("b"))
    }
}
