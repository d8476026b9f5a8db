// Strategy: every way of saying a login to Interpost, in both protocols, on a leg in clear text, with STARTTLS and in TLS, at servers
// with each way to log in; each server repeats the account's secret, and the client's, in every spelling. Then neither is in the log
// at any detail, on the console, in a capture of any level, on either leg, or in an action that is printed.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The secrets of a brokered session` {
    enum ClientLeg: CaseIterable { case clear, startTLS, tls }

    /// How a client says that it is `anna`; `%p` is its secret, `%q` that in quotes, `%n` its octets, `%b` base64, `%m`, `%x` and `%o`
    /// messages of PLAIN, XOAUTH2 and OAUTHBEARER.
    static let forms: [MailProtocol: [String]] = [
        .imap: [
            "a LOGIN anna %q", "a login \"anna\" %q", "a LOGIN {4}|anna {%n}|%p", "a LOGIN {4+}|anna {%n+}|%p",
            "a AUTHENTICATE PLAIN %m", "a AUTHENTICATE PLAIN|%m", "a AUTHENTICATE LOGIN|YW5uYQ==|%b",
            "a AUTHENTICATE LOGIN YW5uYQ==|%b", "a AUTHENTICATE XOAUTH2 %x", "a AUTHENTICATE XOAUTH2|%x",
            "a AUTHENTICATE OAUTHBEARER %o", "a AUTHENTICATE OAUTHBEARER|%o",
        ],
        .pop3: [
            "USER anna|PASS %p", "AUTH PLAIN %m", "AUTH PLAIN|%m", "AUTH LOGIN|YW5uYQ==|%b", "AUTH XOAUTH2|%x",
            "AUTH OAUTHBEARER|%o",
        ],
    ]

    /// What a server says to each way of logging in.
    static let upstreams: [MailProtocol: [(LoginMechanism, String)]] = [
        .imap: [
            (.password, "* OK [CAPABILITY IMAP4rev1] %s|interpost:login OK [CAPABILITY IMAP4rev1 X%s] %s"),
            (.plain, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi|* NO %s|interpost:login OK [CAPABILITY IMAP4rev1] %m"),
            (.login, "* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] hi|+ |+ |* BAD %s|interpost:login NO [%s] %s"),
            (.cramMD5, "* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] hi|+ PDFAeD4=|interpost:login NO [%s %s] %s"),
            (.xoauth2, "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hi|+ |+ %j|interpost:login NO %s|interpost:login NO %s"),
            (
                .oauthBearer,
                "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] hi|+ %j|interpost:login BAD %s|+ %j|interpost:login NO %s"
            ),
            (.scramSHA256, "* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256] hi|+ |+ %s|* BYE %s"),
        ],
        .pop3: [
            (.password, "+OK %s|+OK|USER|%s|.|+OK %s|+OK %s|-ERR %s"), (.plain, "+OK|+OK|SASL PLAIN|.|+OK %m|-ERR %s"),
            (.apop, "+OK <1@%s>|+OK|.|-ERR [%s] %s"), (.xoauth2, "+OK|+OK|SASL XOAUTH2|.|+ %j|-ERR %s|-ERR [%s] %s"),
            (.login, "+OK|+OK|SASL LOGIN|.|+ |+ |-ERR [SYS/PERM/%s] %s"),
        ],
    ]

    /// What both say when the client is logged in.
    static let afterwards: [MailProtocol: String] = [
        .imap:
            "C: b SELECT a|S: * OK [X %s] %s|S: * %s|S: b OK [READ-ONLY] %s|C: c NOOP|S: c BAD %s|C: d STORE 1 FLAGS (x)|C: e LOGOUT|"
            + "S: * BYE %s|S: e OK %s",
        .pop3: "C: STAT|S: +OK 1 2 %s|C: UIDL|S: +OK %s|S: 1 %s|S: .|C: NOOP|S: -ERR [X %s] %s|C: QUIT|S: +OK %s",
    ]

    static let spellings = 7
    static let clientSecret = "Hunter2&Comp"
    static let accountSecret = "Qzv/7\"rTy\\ppk"
    static let accountToken = "Qzv.7_rTy-ppk+xx"

    @Test(arguments: MailProtocol.allCases, ClientLeg.allCases)
    func `are in no output, on neither leg`(mailProtocol: MailProtocol, leg: ClientLeg) throws {
        let (forms, upstreams) = (Self.forms[mailProtocol] ?? [], Self.upstreams[mailProtocol] ?? [])
        // Each form with each server, and each server with each spelling.
        for index in 0..<max(forms.count, Self.spellings) {
            let form = forms[index % forms.count]
            for (mechanism, answers) in upstreams {
                var session = BrokeredSession(mailProtocol, leg, mechanism, index % Self.spellings)
                session.play(form: form, answers: answers, afterwards: Self.afterwards[mailProtocol] ?? "")
                #expect(session.isLetIn, "\(form)")
                session.expectNoSecrets("\(form), \(mechanism), spelling \(index % Self.spellings)")
            }
        }
    }

    @Test(arguments: MailProtocol.allCases, ClientLeg.allCases)
    func `are in no output where the client is not let in`(mailProtocol: MailProtocol, leg: ClientLeg) throws {
        for form in Self.forms[mailProtocol] ?? [] {
            var session = BrokeredSession(mailProtocol, leg, .plain, 0)
            session.refuses = true
            session.play(form: form, answers: "", afterwards: "")
            session.expectNoSecrets(form)
        }
    }
}

/// A brokered session that is played from texts, and all that is written of it.
private struct BrokeredSession {
    private let mailProtocol: MailProtocol
    private let leg: `The secrets of a brokered session`.ClientLeg
    private let mechanism: LoginMechanism
    private let spelling: Int
    private let account: String
    private var core: SessionCore
    private var observers = LogEvent.Detail.allCases.map { SessionObserver(detail: $0) }
    private var recorders: [SessionRecorder]
    private var log: [LogEvent] = []
    private var steps: [String] = []
    private var isClosed = false
    private(set) var isLetIn = false
    var refuses = false

    init(
        _ mailProtocol: MailProtocol, _ leg: `The secrets of a brokered session`.ClientLeg, _ mechanism: LoginMechanism,
        _ spelling: Int
    ) {
        (self.mailProtocol, self.leg, self.mechanism, self.spelling) = (mailProtocol, leg, mechanism, spelling)
        let isToken = mechanism == .xoauth2 || mechanism == .oauthBearer
        typealias Suite = `The secrets of a brokered session`
        account = isToken ? Suite.accountToken : Suite.accountSecret
        recorders = RedactionLevel.allCases.map { level in
            SessionRecorder(session: 1, start: WireTime(nanoseconds: 0), redactor: EventRedactor(level, key: TestPseudonymKey()))
        }
        let isEncrypted = leg == .tls
        core = SessionCore(
            SessionSettings(mailProtocol: mailProtocol, listener: isEncrypted ? .implicit : .offered, upstream: .implicit),
            broker: BrokerSettings(
                mechanisms: [.scramSHA256, .plain, .login, .xoauth2, .oauthBearer], maximumFailures: 3,
                seed: Array(repeating: 7, count: 32)),
            context: PolicyContext(mailProtocol, clientIsEncrypted: isEncrypted), recordsUpstream: true)
        act()
    }

    /// `|` ends a line in all three texts.
    mutating func play(form: String, answers: String, afterwards: String) {
        if leg == .startTLS { say(mailProtocol == .imap ? "t STARTTLS" : "STLS", .client) }
        for line in form.split(separator: "|") { say(filled(String(line)), .client) }
        // A client whose token is refused acknowledges it.
        if refuses, form.contains("XOAUTH2") || form.contains("OAUTHBEARER") { say("", .client) }
        for line in answers.split(separator: "|") { say(filled(String(line)), .server) }
        for line in afterwards.split(separator: "|") {
            say(filled(String(line.dropFirst(3))), line.hasPrefix("C:") ? .client : .server)
        }
    }

    // MARK: - Words

    private static func base64(_ text: String) -> String { PlantedSecret.base64(Array(text.utf8)) }

    private static func quoted(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    private var user: String { "anna@example.org" }

    /// What the server repeats: the account's secret in one of its spellings, and the client's.
    private var echo: String {
        let hexadecimal = account.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let spellings = [
            account, Self.quoted(account), account.uppercased(), Self.base64(account), hexadecimal,
            Self.base64("\0\(user)\0\(account)"), Self.base64("user=\(user)\u{1}auth=Bearer \(account)\u{1}\u{1}"),
        ]
        return "\(spellings[spelling]) \(`The secrets of a brokered session`.clientSecret)"
    }

    private func filled(_ text: String) -> String {
        let secret = `The secrets of a brokered session`.clientSecret
        return [
            ("%s", echo), ("%j", Self.base64("{\"status\":\"\(Self.quoted(account))\"}")),
            ("%p", secret), ("%q", "\"\(Self.quoted(secret))\""), ("%n", "\(secret.utf8.count)"), ("%b", Self.base64(secret)),
            ("%m", Self.base64("\0anna\0\(secret)")), ("%x", Self.base64("user=anna\u{1}auth=Bearer \(secret)\u{1}\u{1}")),
            ("%o", Self.base64("n,a=anna,\u{1}auth=Bearer \(secret)\u{1}\u{1}")),
        ].reduce(text) { $0.replacing($1.0, with: $1.1) }
    }

    // MARK: - The shell

    private mutating func say(_ line: String, _ side: Side) {
        guard !isClosed, side == .client || isLetIn else { return }
        core.receive(ByteBuffer(string: "\(line)\r\n"), from: side, at: WireTime(nanoseconds: 0))
        act()
    }

    private mutating func act() {
        while let action = core.next() {
            switch action {
            case .record(let event):
                for index in recorders.indices { recorders[index].record(event) }
                tell { observer, tell in observer.observe(event, tell: tell) }
            case .recordUpstream(let event): for index in recorders.indices { recorders[index].record(upstream: event) }
            case .judged(let decision): tell { observer, tell in observer.observe(decision, tell: tell) }
            case .alarm(let reason, let last): tell { observer, tell in observer.observe(alarm: reason, last: last, tell: tell) }
            case .tell(let event):
                for index in recorders.indices { recorders[index].tell(event, at: WireTime(nanoseconds: 0)) }
                tell { observer, tell in observer.observe(told: event, tell: tell) }
            case .conceal(let secret):
                for index in recorders.indices { recorders[index].conceal(secret) }
                for index in observers.indices { observers[index].conceal(secret) }
            case .ask(let question): core.receive(answer(question.request), at: WireTime(nanoseconds: 0))
            case .say(let bytes, let side):
                for index in recorders.indices { recorders[index].say(bytes, to: side, at: WireTime(nanoseconds: 0)) }
            case .startTLS(let side): core.tlsIsUp(side)
            case .close(let closer, let reason):
                isClosed = true
                let end = SessionEnd(by: closer, reason: reason, microseconds: 0, traffic: Traffic())
                for index in recorders.indices { recorders[index].tell(.sessionClosed(end), at: WireTime(nanoseconds: 0)) }
                log.append(.sessionClosed(end))
            case .send, .hold, .spend, .settle, .startDeflate: break
            }
            steps.append(Self.shown(action))
        }
    }

    /// An action, as a debugger or a careless print would show it; what goes to the server has the secret.
    private static func shown(_ action: SessionAction) -> String {
        switch action {
        case .ask, .conceal, .tell, .judged, .close: "\(action)"
        default: ""
        }
    }

    private mutating func tell(_ body: (inout SessionObserver, (LogEvent) -> Void) -> Void) {
        for index in observers.indices { body(&observers[index]) { log.append($0) } }
    }

    private mutating func answer(_ request: BrokerRequest) -> BrokerAnswer {
        switch request {
        case .keys: return .keys(SCRAMKeys.madeUp(for: "anna", key: [1]))
        case .judge:
            if refuses { return .verdict(.refused(.wrongSecret)) }
            isLetIn = true
            return .verdict(.accepted(ClientGrant(client: "anna", login: "anna", account: "anna")))
        case .connect:
            return .connected(
                UpstreamAccount(
                    name: "anna",
                    identity: SASLClient.Identity(
                        user: user, secret: Secret(ByteBuffer(string: account)), host: "mail", port: 993),
                    mechanism: mechanism, security: mechanism == .apop ? .off : .implicit, policy: Policy(.readOnly)))
        case .derive: return .derived(Secret(ByteBuffer(bytes: Array(repeating: 1, count: 32))))
        case .renewSecret: return .secret(Secret(ByteBuffer(string: account)))
        }
    }

    // MARK: - What is written

    func expectNoSecrets(_ comment: String) {
        var json: [UInt8] = []
        var console: [UInt8] = []
        for event in log {
            event.writeJSON(session: 1, at: WireTime(nanoseconds: 0), to: &json)
            ConsoleLine(hasColour: false).write(event, session: 1, at: WireTime(nanoseconds: 0), to: &console)
        }
        var recorders = recorders
        var octets: [UInt8] = []
        for index in recorders.indices {
            for record in recorders[index].take() { octets += Array(record.bytes.readableBytesView) + [10] }
        }
        let told = log.map { "\($0.summary)\n\($0)" }.joined(separator: "\n")
        let output = [json, console, octets].map { String(decoding: $0, as: UTF8.self) } + [told, steps.joined(separator: "\n")]
        for (index, text) in output.enumerated() {
            let lines = text.lowercased().split(separator: "\n")
            for secret in forbidden {
                let found = lines.first { $0.contains(secret) }
                #expect(found == nil, "\(secret) in output \(index): \(comment)")
            }
        }
    }

    private var forbidden: Set<String> {
        let secrets = [`The secrets of a brokered session`.clientSecret, account]
        var forbidden: Set<String> = []
        for secret in secrets {
            for spelling in SecretSpellings(Secret(ByteBuffer(string: secret))).all {
                forbidden.insert(String(decoding: spelling.bytes, as: UTF8.self).lowercased())
            }
        }
        return forbidden
    }
}
