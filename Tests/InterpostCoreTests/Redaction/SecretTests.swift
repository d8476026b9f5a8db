import Foundation
import InterpostCore
import NIOCore
import Testing

/// A session in which a password is said, one way or another, and what of it must be nowhere in the log.
struct SecretSession: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var mailProtocol = MailProtocol.imap
    var password = "Hunter2&Co"
    /// Beside the password: tokens, digests.
    var others: [String] = []
    /// `%p` is the password, `%q` the same in quotes, `%n` its octets, `%b` in base64, `%m` the message of PLAIN in base64.
    var transcript: String

    static let user = "anna"

    func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    var quoted: String {
        password.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
    }

    var text: String {
        [
            ("%p", password), ("%q", "\"\(quoted)\""), ("%n", "\(password.utf8.count)"), ("%b", base64(password)),
            ("%m", base64("\0\(Self.user)\0\(password)")), ("%P", password.uppercased()), ("%s", password.lowercased()),
        ].reduce(transcript) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    /// All in lower case, as the outputs are compared.
    var forbidden: [String] {
        let plain = [password, quoted] + others
        let encoded = plain.map(base64) + [base64("\0\(Self.user)\0\(password)")]
        let hexadecimal = (plain + encoded).map { $0.utf8.map { String(format: "%02x", $0) }.joined() }
        return (plain + encoded + hexadecimal).map { $0.lowercased() }
    }

    static let greeting = "S: * OK ready\n"
    static let odd = "Hun\"ter\\2"

    static let all: [SecretSession] = [
        SecretSession(
            testDescription: "a passphrase with short words, which the server repeats", password: "ab cd ef",
            transcript: greeting + "C: a LOGIN anna %q\nS: a NO ab cd ef is wrong\nC: b NOOP\nS: b OK %p"),
        SecretSession(
            testDescription: "LOGIN with an atom",
            transcript: greeting + "C: a LOGIN anna %p\nS: * NO with %P?\nS: a NO [AUTHENTICATIONFAILED] %s is wrong"),
        SecretSession(
            testDescription: "LOGIN with quotes", password: odd,
            transcript: greeting
                + "C: a LOGIN \"anna\" %q\nS: * OK %q\nS: a NO LOGIN anna %q\nC: b LOGIN anna %q\nS: b OK %p"),
        SecretSession(
            testDescription: "LOGIN with literals", password: odd,
            transcript: greeting + "C: a LOGIN {4}\nS: + ok\nC: anna {%n}\nS: + ok\nC: %p\nS: * NO %p\nS: a OK hello %P"
        ),
        SecretSession(
            testDescription: "LOGIN with non-synchronising literals",
            transcript: greeting + "C: a LOGIN {4+}\nC: anna {%n+}\nC: %p\nS: a BAD Error in %P"),
        SecretSession(
            testDescription: "LOGIN with a refused literal, whose octets come all the same",
            transcript: greeting + "C: a LOGIN anna {%n}\nS: a NO no\nC: %p\nS: * BAD Error in IMAP command %P"),
        SecretSession(
            testDescription: "LOGIN with a password of two words",
            transcript: greeting + "C: a LOGIN anna two %p\nS: a BAD too many: %p"),
        SecretSession(
            testDescription: "LOGIN without a user",
            transcript: greeting + "C: a LOGIN %p\nS: a BAD what is %p\nC: b LOGIN %q\nS: b BAD what is %q"),
        SecretSession(
            testDescription: "LOGIN with the password for a user",
            transcript: greeting + "C: a LOGIN %p %p\nS: * BYE %p\nS: a NO %p"),
        SecretSession(
            testDescription: "AUTHENTICATE PLAIN",
            transcript: greeting + "C: a AUTHENTICATE PLAIN\nS: + \nC: %m\nS: * NO %p\nS: a NO %m, that is, %P"),
        SecretSession(
            testDescription: "AUTHENTICATE PLAIN with an initial response",
            transcript: greeting + "C: a AUTHENTICATE PLAIN %m\nS: * NO %m\nS: a NO %P"),
        SecretSession(
            testDescription: "AUTHENTICATE PLAIN with a response in quotes",
            transcript: greeting + "C: a AUTHENTICATE PLAIN \"%m\"\nS: a BAD \"%m\""),
        SecretSession(
            testDescription: "AUTHENTICATE PLAIN refused, its response sent behind",
            transcript: greeting
                + "C: a AUTHENTICATE PLAIN\nC: %m\nS: a NO no\nS: %m BAD Null command\nS: * BAD what is %m"),
        SecretSession(
            testDescription: "AUTHENTICATE LOGIN",
            transcript: greeting
                + "C: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: YW5uYQ==\nS: + UGFzc3dvcmQ6\nC: %b\nS: a NO %b %P"),
        SecretSession(
            testDescription: "AUTHENTICATE CRAM-MD5", others: ["b913a602c7eda7a495b4e6e7334d3890"],
            transcript: greeting
                + "C: a AUTHENTICATE CRAM-MD5\nS: + PDFAeD4=\nC: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\n"
                + "S: a NO b913a602c7eda7a495b4e6e7334d3890 is wrong"),
        SecretSession(
            testDescription: "AUTHENTICATE XOAUTH2", others: ["ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"],
            transcript: greeting + "C: a AUTHENTICATE XOAUTH2 "
                + Data("user=anna\u{1}auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\u{1}\u{1}".utf8)
                .base64EncodedString()
                + "\nS: + e30=\nC:\nS: a NO ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg has expired"),
        SecretSession(
            testDescription: "the password as a verb",
            transcript: greeting + "C: a %p\nS: a BAD Error in IMAP command %P: Unknown command.\nS: * BAD Error in %P"),
        SecretSession(
            testDescription: "the password as a verb with a literal",
            transcript: greeting
                + "C: a %p {3}\nS: a BAD Error in IMAP command %P\nC: b %p {3+}\nC: abc\nS: b BAD Error in %P"),
        SecretSession(
            testDescription: "the password as a tag",
            transcript: greeting
                + "C: %p\nS: %p BAD Null command\nS: * BAD Error in %P\nC: %p now\nS: %p BAD Error in %P"),
        SecretSession(
            testDescription: "the password as a tag of a literal",
            transcript: greeting + "C: %p now {3}\nS: %p BAD Error in %P"),
        SecretSession(
            testDescription: "the password instead of DONE",
            transcript: greeting
                + "C: a LOGIN anna %p\nS: a OK\nC: b IDLE\nS: + idling\nC: %p\nS: b BAD not DONE but %P"),
        SecretSession(
            testDescription: "the password again, in all places",
            transcript: greeting
                + "C: a LOGIN anna %p\nS: a OK [X %p] in\nC: b SELECT %p\nS: * %p EXISTS\nS: * LIST () NIL %p\n"
                + "S: * %p\nS: b OK done\nC: c CREATE %q\nS: c OK done\nC: d RENAME %p {%n+}\nC: %p\nS: d OK done\nC: e STORE 1 FLAGS (%p)\n"
                + "S: e OK done\nC: f SEARCH TEXT %q\nS: f OK\nC: %p NOOP\nS: %p OK\nC: g COPY %p %p\nS: g OK\nC: h APPEND %p {1+}\n"
                + "C: x\nS: h OK\nC: i GETQUOTAROOT %p\nS: i OK %p\nC: j UID %p\nS: j OK %p\nC: k CLOSE\nS: k OK\nC: l DELETE %p\nS: l OK"
        ),
        SecretSession(
            testDescription: "many other secrets in between",
            transcript: greeting + "C: a LOGIN anna %p\nS: a OK\n"
                + (0..<40).map { "C: b\($0) LOGIN anna password\($0)\nS: b\($0) NO no\n" }.joined()
                + "C: c LOGIN anna %p\nS: c NO not %p"),
        SecretSession(
            testDescription: "a long password", password: String(repeating: "long", count: 400),
            transcript: greeting + "C: a LOGIN anna %p\nS: a NO %P\nC: b LOGIN anna {%n+}\nC: %p\nS: b NO %P"),
        SecretSession(
            testDescription: "PASS", mailProtocol: .pop3,
            transcript:
                "S: +OK\nC: USER anna\nS: +OK\nC: PASS %p\nS: -ERR [AUTH] %P is wrong\nC: PASS %p\nS: +OK %s is right"),
        SecretSession(
            testDescription: "PASS with spaces", mailProtocol: .pop3, password: "  open \"sesame\" ",
            transcript: "S: +OK\nC: USER anna\nC: PASS %p\nS: +OK\nS: -ERR not %q\nC: pass %p\nS: -ERR not%P"),
        SecretSession(
            testDescription: "PASS out of order", mailProtocol: .pop3,
            transcript:
                "S: +OK\nC: PASS %p\nS: -ERR Unknown command: PASS %p\nC: RETR %p\nS: -ERR %P\nC: LANG %p\nS: +OK %p\n"
                + "C: UIDL\nS: +OK\nS: 1 %p\nS: .\nC: CAPA\nS: +OK\nS: TOP\nS: ."),
        SecretSession(
            testDescription: "APOP", mailProtocol: .pop3, others: ["c4c9334bac560ecc979e58001b3e22fb"],
            transcript: "S: +OK <1@x>\nC: APOP anna c4c9334bac560ecc979e58001b3e22fb\n"
                + "S: -ERR digest C4C9334BAC560ECC979E58001B3E22FB is wrong"),
        SecretSession(
            testDescription: "AUTH PLAIN", mailProtocol: .pop3,
            transcript: "S: +OK\nC: AUTH PLAIN\nS: +\nC: %m\nS: -ERR %m %p\nC: AUTH PLAIN %m\nS: -ERR %m %P"),
        SecretSession(
            testDescription: "AUTH LOGIN", mailProtocol: .pop3,
            transcript: "S: +OK\nC: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: YW5uYQ==\nS: + UGFzc3dvcmQ6\nC: %b\nS: -ERR %b %P"
        ),
        SecretSession(
            testDescription: "AUTH PLAIN refused, its response sent behind", mailProtocol: .pop3,
            transcript: "S: +OK\nC: AUTH PLAIN\nC: %m\nS: -ERR no\nS: -ERR Unknown command: %m"),
        SecretSession(
            testDescription: "the password as a POP3 verb", mailProtocol: .pop3,
            transcript: "S: +OK\nC: %p\nS: -ERR Unknown command: %P\nC: %p now\nS: -ERR Unknown command: %s\nS: -ERR %p"
        ),
        SecretSession(
            testDescription: "the password as a POP3 verb, answered with a listing", mailProtocol: .pop3,
            transcript: "S: +OK\nC: %p\nS: +OK\nS: you said %p\nS: .\nC: XTND %p\nS: +OK\nS: %P\nC: MSG %p\nS: +OK %p\nS: %s"),
        SecretSession(
            testDescription: "RPOP, XCLIENT, MDEF", mailProtocol: .pop3,
            transcript: "S: +OK\nC: XCLIENT LOGIN=%p %p=x ADDR=%p\nS: -ERR %P\nC: MDEF c(USER x PASS %p)\nS: +OK %p\n"
                + "C: RPOP %p\nS: -ERR %p"),
        SecretSession(
            testDescription: "AUTH LOGIN with +OK where + is due", mailProtocol: .pop3,
            transcript: "S: +OK\nC: AUTH LOGIN\nS: +OK VXNlcm5hbWU6\nC: YW5uYQ==\nS: + UGFzc3dvcmQ6\nC: %b\nS: -ERR %b %P"),
        SecretSession(
            testDescription: "the same words, separated otherwise", others: ["hunter7", "sesame9"],
            transcript: greeting + "C: a LOGIN anna \"%p hunter7 sesame9\"\nS: a NO %p+hunter7%20sesame9 is wrong"),
        SecretSession(
            testDescription: "a malformed LOGIN, and its words later",
            transcript: greeting + "C: a LOGIN anna x %p\nS: a BAD no\nS: * OK %p\nC: b SELECT %p\nS: b NO"),
        SecretSession(
            testDescription: "the password where the mechanism should be",
            transcript: greeting + "C: a AUTHENTICATE %p\nS: a NO %p\nC: b AUTHENTICATE SCRAM-%p\nS: b NO SCRAM-%p"),
        SecretSession(
            testDescription: "AUTHENTICATE PLAIN without padding", password: "Hunter2&Comp",
            transcript: greeting + "C: a AUTHENTICATE PLAIN\nS: + \nC: AGFubmEASHVudGVyMiZDb21w\nS: a NO %p\n"
                + "C: b AUTHENTICATE PLAIN\nS: +\nC: AGFubmFzASHVudGVyMiZDb21w\nS: b NO"),
        SecretSession(
            testDescription: "OAUTHBEARER in lower case", others: ["vf9dft4qmtc2nvb3rlckbhdhrhdmlzdg"],
            transcript: greeting + "C: a AUTHENTICATE OAUTHBEARER "
                + Data("n,a=anna,\u{1}auth=bearer vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdG\u{1}\u{1}".utf8).base64EncodedString()
                + "\nS: a NO vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdG has expired"),
        SecretSession(
            testDescription: "many lines that cannot be decoded in between",
            transcript: greeting + "C: a LOGIN anna %p\nS: a OK\n"
                + (0..<100).map { "C: b\($0) AUTHENTICATE PLAIN\nS: +\nC: junk\($0)\nS: b\($0) NO no\n" }.joined() + "S: * OK %p"),
        SecretSession(
            testDescription: "the password as a capability",
            transcript: greeting
                + "C: a LOGIN anna %p\nS: * CAPABILITY IMAP4rev1 %p\nS: a OK [CAPABILITY IMAP4rev1 %p] in"),
        SecretSession(
            testDescription: "the password where nothing should be",
            transcript: greeting
                + "C: a NOOP LOGIN anna %p\nS: a OK\nC: b ID (\"name\" \"x\" \"password\" %q)\nS: b OK [X-TOKEN %p]"),
        SecretSession(
            testDescription: "the password where the text is cut", others: ["hunter2&c"],
            transcript: greeting + "C: a LOGIN anna %p\nS: a NO " + String(repeating: "x", count: 2039) + "%p tail"),
        SecretSession(
            testDescription: "URLs with tokens", others: ["91354a473744909de610943775f92038"],
            transcript: "S: * PREAUTH ready\nC: a APPEND Drafts CATENATE "
                + "(URL \"imap://u@h/INBOX/;UID=20;URLAUTH=user+fred:INTERNAL:91354a473744909de610943775f92038\")\n"
                + "S: * OK bad imap://u@h/INBOX/;UID=20;URLAUTH=user+fred:INTERNAL:91354a473744909de610943775f92038\n"
                + "S: a NO [BADURL \"imap://x;URLAUTH=a:INTERNAL:91354a473744909de610943775f92038\"] "
                + "no 91354a473744909de610943775f92038"),
        SecretSession(
            testDescription: "AUTHENTICATE PLAIN with a literal", password: "Hunter2&Comp",
            transcript: greeting
                + "C: a AUTHENTICATE PLAIN {24+}\nC: AGFubmEASHVudGVyMiZDb21w\nS: a OK %p\nC: b AUTHENTICATE LOGIN {16}\n"
                + "S: + ok\nC: SHVudGVyMiZDb21w\nS: b BAD %b"),
        SecretSession(
            testDescription: "a response that comes when the exchange is over",
            transcript: greeting + "C: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: YW5uYQ==\nS: a NO no\nC: %b\nS: * BAD %b"),
        SecretSession(
            testDescription: "PASS of POP3 in IMAP",
            transcript: greeting + "C: a PASS %p\nS: a BAD PASS %p\nC: PASS %p\nS: PASS BAD %p"),
        SecretSession(
            testDescription: "the password alone, after the login and in IDLE",
            transcript: greeting
                + "C: a LOGIN anna x\nS: a OK\nC: %p\nS: * BAD %p\nC: %b\nS: * BAD %b\nC: b IDLE\nS: + idling\nC: %p\n"
                + "S: b BAD %p"),
        SecretSession(
            testDescription: "a misspelt LOGIN, before the login and after it",
            transcript: greeting + "C: a LOGON anna %p\nS: * OK %p\nS: * BYE %p\nS: a NO [X %p] no\nC: b LOGIN anna x\nS: b OK\n"
                + "C: c LOGN anna %p\nS: c BAD [X-%p %p] %p\nS: * OK [ALERT] %p"),
        SecretSession(
            testDescription: "the password, given back in other spellings", password: "Hunter2&Comp",
            transcript: greeting + "C: a LOGIN anna %p\nS: a NO not SHVudGVyMiZDb21w\nS: * OK 48756e7465723226436f6d70\n"
                + "S: * OK user=anna&password=Hunter2%26Comp"),
        SecretSession(
            testDescription: "PASS with a tab", mailProtocol: .pop3,
            transcript: "S: +OK\nC: USER anna\nS: +OK\nC: PASS\t%p\nS: -ERR %p\nC: PASS\t%p x\nS: -ERR [AUTH %p] no"),
        SecretSession(
            testDescription: "the password where a number should be", mailProtocol: .pop3,
            transcript: "S: +OK\nC: RETR %p\nS: -ERR %p\nC: STAT %p\nS: -ERR %p\nC: DELE %p\nS: -ERR [X %p]"),
        SecretSession(
            testDescription: "PASS without a password, which follows alone", mailProtocol: .pop3,
            transcript: "S: +OK\nC: USER anna\nS: +OK\nC: PASS \nS: +OK in\nC: %p\nS: -ERR %p"),
        SecretSession(
            testDescription: "LOGIN of IMAP, and misspelt PASS, in POP3", mailProtocol: .pop3,
            transcript:
                "S: +OK\nC: LOGIN anna %p\nS: -ERR %p\nC: PASSWD %p\nS: -ERR [X %p] no\nC: USER anna\nS: +OK\nC: PASS x\nS: +OK\n"
                + "C: LOGIN anna %p\nS: -ERR %p\nC: %b\nS: -ERR %b"),
        SecretSession(
            testDescription: "PASS with spaces that the server leaves out", mailProtocol: .pop3,
            transcript: "S: +OK\nC: USER anna\nS: +OK\nC: PASS %p \nS: -ERR '%p' is wrong\nC: PASS  %p\nS: -ERR anna/%p"),
        SecretSession(
            testDescription: "the password where a user or a mechanism should be", mailProtocol: .pop3,
            transcript: "S: +OK\nC: AUTH %p\nS: -ERR %p\nC: APOP %p\nS: -ERR %p\nC: APOP anna now %p\nS: -ERR %p\n"
                + "C: USER anna PASS %p\nS: -ERR %p\nC: PASS x\nS: +OK"),
        SecretSession(
            testDescription: "the password as a capability", mailProtocol: .pop3,
            transcript: "S: +OK\nC: USER anna\nS: +OK\nC: PASS %p\nS: +OK\nC: CAPA\nS: +OK\nS: %p\nS: ."),
    ]
}

@Suite struct SecretTests {
    @Test(arguments: SecretSession.forms) func `no form of saying it gets it into an output`(session: SecretSession) throws {
        try check(session, detail: .values)
    }

    @Test(arguments: SecretSession.all, LogEvent.Detail.allCases)
    func `no output holds the password`(session: SecretSession, detail: LogEvent.Detail) throws {
        try check(session, detail: detail)
    }

    private func check(_ session: SecretSession, detail: LogEvent.Detail) throws {
        let transcript = try Transcript(reading: ByteBuffer(string: session.text))
        var reading = Reading(session.mailProtocol, detail: detail)
        var wire = ""
        for line in transcript.lines {
            guard case .say(let side, let bytes) = line.step else { continue }
            wire += String(buffer: bytes).lowercased()
            reading.receive(bytes, from: side)
        }
        #expect(session.forbidden.contains { wire.contains($0) }, "the session says no secret at all")

        var outputs: [String] = []
        for event in reading.log {
            var json: [UInt8] = []
            event.writeJSON(session: 1, at: WireTime(nanoseconds: 0), to: &json)
            var dumped = ""
            dump(event, to: &dumped)
            outputs += [
                String(decoding: json, as: UTF8.self), event.summary, String(describing: event), String(reflecting: event),
                dumped,
            ]
        }
        for output in outputs.map({ $0.lowercased() }) {
            for secret in session.forbidden { #expect(!output.contains(secret), "\(secret) in \(output)") }
        }
    }

    @Test func `a secret has no text`() {
        let secret = Secret(ByteBuffer(string: "Hunter2"))
        var dumped = ""
        dump([secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("Hunter2"))
            #expect(!text.contains("7"), "nor its length")
        }
    }
}
