import NIOCore

@testable import InterpostCore

/// Every case of ``LogEvent``, by name. A new case does not compile until it stands here, and then not until it has
/// samples.
enum EventCase: CaseIterable {
    case hello, reloaded, reloadFailed, sessionOpened, sessionClosed, upstreamConnected, tlsUp, tlsFailed, greeting, capabilities,
        edited, command, literal
    case response, completion, idleBegan, idleEnded, compressed, sasl, anomaly, quirk, limit, warning, policy
    case alarm, act, clientLogin, accountLogin, token

    init(_ event: LogEvent) {
        self =
            switch event {
            case .hello: .hello
            case .reloaded: .reloaded
            case .reloadFailed: .reloadFailed
            case .sessionOpened: .sessionOpened
            case .sessionClosed: .sessionClosed
            case .upstreamConnected: .upstreamConnected
            case .tlsUp: .tlsUp
            case .tlsFailed: .tlsFailed
            case .greeting: .greeting
            case .capabilities: .capabilities
            case .edited: .edited
            case .command: .command
            case .literal: .literal
            case .response: .response
            case .completion: .completion
            case .idleBegan: .idleBegan
            case .idleEnded: .idleEnded
            case .compressed: .compressed
            case .sasl: .sasl
            case .anomaly: .anomaly
            case .quirk: .quirk
            case .limit: .limit
            case .warning: .warning
            case .policy: .policy
            case .alarm: .alarm
            case .act: .act
            case .clientLogin: .clientLogin
            case .accountLogin: .accountLogin
            case .token: .token
            case .valued(let event, _): EventCase(event)
            }
    }

    private static var programFacts: ProgramFacts {
        var policy = Policy(.readOnly)
        policy.isDryRun = true
        var match = PolicyMatch()
        match.commands = [.verb(Keyword("STORE"), usesUIDs: false)]
        policy.rules = [PolicyRule(match: match, action: .refuse(nil))]
        return ProgramFacts(
            configuration: "0a", relays: [.init(listener: "imaps://[::1]:993", upstream: "imaps://a:993", policy: policy)])
    }

    /// For each name in the log one event with every field that it can have, and one with none that it can do without.
    var samples: [EventSample] {
        switch self {
        case .hello: [EventSample(.hello(Self.programFacts), .hello(ProgramFacts(configuration: "", relays: [])))]
        case .reloaded: [EventSample(.reloaded(Self.programFacts), .reloaded(ProgramFacts(configuration: "", relays: [])))]
        case .reloadFailed: [EventSample(.reloadFailed(reason: "a.yml:3: no"))]
        case .sessionOpened:
            [
                EventSample(
                    .sessionOpened(
                        SessionFacts(mailProtocol: .pop3, listener: "pop3://[::1]:110", client: "a:1", upstream: "pop3://b:110")))
            ]
        case .sessionClosed:
            Closer.allCases.map {
                EventSample(.sessionClosed(SessionEnd(by: $0, reason: "", microseconds: 0, traffic: Traffic())))
            }
        case .upstreamConnected: [EventSample(.upstreamConnected(address: "[::1]:993", microseconds: 7))]
        case .tlsUp: [EventSample(.tlsUp(Self.tlsFacts), .tlsUp(TLSFacts(side: .client)))]
        case .tlsFailed: Side.allCases.map { EventSample(.tlsFailed(side: $0, reason: "\"\u{0}\"")) }
        case .greeting:
            [
                EventSample(
                    .greeting(result: "refused", text: ByteBuffer(bytes: [0xFF]), hasAPOP: true),
                    .greeting(result: "preauth", text: ByteBuffer(), hasAPOP: false))
            ]
        case .capabilities:
            CapabilityPhase.allCases.map {
                EventSample(.capabilities($0, [ByteBuffer(string: "IDLE")]), .capabilities($0, []))
            }
        case .edited:
            [
                EventSample(
                    .edited(CapabilityChange(removed: ["STARTTLS"], added: ["STLS"], reason: "both")),
                    .edited(CapabilityChange(reason: "neither")))
            ]
        case .command:
            [EventSample(Self.valued(.command(Self.knownCommand), [("kind", "expunge")]), .command(Self.unknownCommand))]
        case .literal:
            [
                EventSample(
                    .literal(
                        LiteralFacts(side: .client, octets: .max, isSynchronising: true, tag: Self.text("a"), name: "APPEND")),
                    .literal(LiteralFacts(side: .server, octets: 0, isSynchronising: false)))
            ]
        case .response:
            [
                EventSample(
                    Self.valued(.response(name: "FETCH", number: .max, text: Self.text("* 1 FETCH ()")), [("kind", "fetch")]),
                    .response(name: "listing", number: nil, text: ByteBuffer()))
            ]
        case .completion:
            [
                EventSample(
                    Self.valued(
                        .completion(
                            CompletionFacts(
                                command: Self.knownCommand, result: "OK", code: Self.text("READ-ONLY"), text: Self.text("done"),
                                microseconds: 1, clientMicroseconds: 2, untagged: 2, octets: 3)),
                        [("kind", "code"), ("name", "READ-ONLY")]),
                    .completion(
                        CompletionFacts(
                            command: nil, result: "-ERR", code: nil, text: ByteBuffer(), microseconds: 0, clientMicroseconds: 0,
                            untagged: 0, octets: 0))
                )
            ]
        case .idleBegan: [EventSample(.idleBegan)]
        case .idleEnded: [EventSample(.idleEnded(microseconds: 29 * 60_000_000))]
        case .compressed: [EventSample(.compressed)]
        case .sasl:
            [
                EventSample(
                    .sasl(mechanism: "PLAIN", user: "anna", result: "cancelled", responses: 1),
                    .sasl(mechanism: "unknown", user: nil, result: "err", responses: 0))
            ]
        case .anomaly: Anomaly.Kind.allCases.map { EventSample(.anomaly(Anomaly($0, side: .server, offset: 4711))) }
        case .quirk: Quirk.allCases.map { EventSample(.quirk($0, side: .client, offset: 0)) }
        case .limit:
            [
                EventSample(
                    .limit(name: "anomalies of the kind tag-in-use", value: 100, side: .client),
                    .limit(name: "timeouts.idle", value: 1, side: nil))
            ]
        case .clientLogin:
            [
                EventSample(
                    .clientLogin(
                        ClientLoginFacts(
                            client: "*@example.org", login: "anna@example.org", account: "anna", mechanism: "PLAIN",
                            refusal: "wrong-secret", detail: "what is said in a login is base64")),
                    .clientLogin(ClientLoginFacts(mechanism: "password")))
            ]
        case .token:
            [
                EventSample(.token(.refreshed(account: "anna", flow: .code, expiresIn: 3600))),
                EventSample(.token(.failed(account: "anna", flow: .device, error: "429"))),
                EventSample(.token(.needed(account: "anna", flow: .code, error: "invalid_grant"))),
            ]
        case .accountLogin:
            [
                EventSample(
                    .accountLogin(
                        AccountLoginFacts(
                            account: "anna", user: "anna@example.org", actingAs: "team@example.org", mechanism: "XOAUTH2",
                            failure: "authentication", reason: "the server refuses the login")),
                    .accountLogin(AccountLoginFacts(account: "anna")))
            ]
        case .warning: [EventSample(.warning("upstream certificates are NOT verified"))]
        case .policy:
            [
                EventSample(
                    .policy(
                        PolicyFacts(
                            verdict: .refuse, rule: "rule 2 (no newsletters)", command: Self.knownCommand,
                            sent: Self.knownCommand,
                            text: "not here", isDryRun: true)),
                    .policy(
                        PolicyFacts(
                            verdict: .drop, rule: "strict reading",
                            command: CommandFacts(tag: nil, name: CommandName(), arguments: ByteBuffer()), sent: nil, text: nil,
                            isDryRun: false)))
            ]
        case .alarm: [EventSample(.alarm(reason: "unexpected-tag", last: Self.text("x OK done")))]
        case .act: ActCase.allCases.flatMap(\.samples)
        }
    }

    /// With values of which the last did not fit.
    private static func valued(_ event: LogEvent, _ words: [(StaticString, String)]) -> LogEvent {
        let length = words.reduce(1) { $0 + $1.0.utf8CodeUnitCount + $1.1.utf8.count + 6 }
        return event.with(
            EventValues(without: LogRedactor(), limit: length) { writer in
                for (key, word) in words { writer.word(key, word) }
                writer.word("more", "")
            })
    }

    private static func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    private static let knownCommand = CommandFacts(
        tag: text("a1"), name: CommandName(keyword: Keyword("FETCH"), usesUIDs: true), arguments: text("1:* FLAGS"))

    private static let unknownCommand = CommandFacts(tag: nil, name: CommandName(), arguments: ByteBuffer())

    private static var tlsFacts: TLSFacts {
        var facts = TLSFacts(side: .server)
        facts.version = "TLSv1.3"
        facts.cipherSuite = "TLS_AES_128_GCM_SHA256"
        facts.serverName = "mail.example.org"
        facts.alpn = ["imap"]
        facts.ja4 = "t13d311100_e8f1e7e78f70_b26ce05bbdd6"
        facts.chain = [
            CertificateFacts(
                subject: "CN=a", issuer: "CN=b", names: [], notBefore: "2026-11-23T05:41:09Z", notAfter: "2049-12-31T23:59:59Z",
                sha256: String(repeating: "0f", count: 32))
        ]
        facts.verified = false
        facts.followsSTARTTLS = true
        facts.microseconds = 12_223
        return facts
    }
}

/// Every case of ``Act``, in the same way.
enum ActCase: CaseIterable {
    case login, mailboxSelected, messagesRead, flagsChanged, labelsChanged, messagesDeleted, messagesExpunged, messageAppended
    case messagesCopied, messagesMoved, mailboxCreated, mailboxRenamed, mailboxDeleted, retrieved, deleted, committed

    init(_ act: Act) {
        self =
            switch act {
            case .login: .login
            case .mailboxSelected: .mailboxSelected
            case .messagesRead: .messagesRead
            case .flagsChanged: .flagsChanged
            case .labelsChanged: .labelsChanged
            case .messagesDeleted: .messagesDeleted
            case .messagesExpunged: .messagesExpunged
            case .messageAppended: .messageAppended
            case .messagesCopied: .messagesCopied
            case .messagesMoved: .messagesMoved
            case .mailboxCreated: .mailboxCreated
            case .mailboxRenamed: .mailboxRenamed
            case .mailboxDeleted: .mailboxDeleted
            case .retrieved: .retrieved
            case .deleted: .deleted
            case .committed: .committed
            }
    }

    var samples: [EventSample] {
        let inbox = MailboxName(IMAPString(ByteBuffer(string: "INBOX"), form: .atom))
        let archive = MailboxName(IMAPString(ByteBuffer(string: "My \"Archive\""), form: .quoted))
        let named = MessageReferences(mailbox: inbox, numbers: "1:3", uids: "7:9", messageIDs: ["<a@b>"], subjects: ["Grüße"])
        let nameless = MessageReferences()
        let letter = MaildropReference(number: 1, uid: "whqtswO00WBw418f9t5JxYwZ", messageID: "<a@b>", subject: "Grüße")
        let numbered = MaildropReference(number: .max)
        switch self {
        case .login:
            return [
                EventSample(
                    .act(
                        .login(
                            user: "anna", method: "LOGIN", succeeded: true, actingAs: "bob", client: "anna-7", account: "team")),
                    .act(.login(user: nil, method: "unknown", succeeded: false)))
            ]
        case .mailboxSelected:
            return [
                EventSample(
                    .act(.mailboxSelected(inbox, readOnly: false, messages: 4)),
                    .act(.mailboxSelected(archive, readOnly: true, messages: nil)))
            ]
        case .messagesRead:
            return [EventSample(.act(.messagesRead(named, count: 3)), .act(.messagesRead(nameless, count: 0)))]
        case .flagsChanged:
            return StoreRequest.Operation.allCases.map {
                EventSample(.act(.flagsChanged(named, $0, ["\\Seen"], implicit: true)), .act(.flagsChanged(nameless, $0, [])))
            }
        case .labelsChanged:
            return StoreRequest.Operation.allCases.map {
                EventSample(.act(.labelsChanged(named, $0, ["\\Inbox"])), .act(.labelsChanged(nameless, $0, [])))
            }
        case .messagesDeleted:
            return [EventSample(.act(.messagesDeleted(named)), .act(.messagesDeleted(nameless)))]
        case .messagesExpunged:
            return [EventSample(.act(.messagesExpunged(named, count: 3)), .act(.messagesExpunged(nameless, count: nil)))]
        case .messageAppended:
            return [
                EventSample(
                    .act(.messageAppended(inbox, flags: ["\\Seen"], octets: [52, 0], uids: "9:10")),
                    .act(.messageAppended(inbox, flags: [], octets: [], uids: nil)))
            ]
        case .messagesCopied:
            return [
                EventSample(
                    .act(.messagesCopied(named, to: archive, uids: "3:5")),
                    .act(.messagesCopied(nameless, to: inbox, uids: nil)))
            ]
        case .messagesMoved:
            return [
                EventSample(
                    .act(.messagesMoved(named, to: archive, uids: "3:5")), .act(.messagesMoved(nameless, to: inbox, uids: nil)))
            ]
        case .mailboxCreated: return [EventSample(.act(.mailboxCreated(archive)))]
        case .mailboxRenamed: return [EventSample(.act(.mailboxRenamed(inbox, to: archive)))]
        case .mailboxDeleted: return [EventSample(.act(.mailboxDeleted(archive)))]
        case .retrieved:
            return [
                EventSample(
                    .act(.retrieved(letter, octets: 42, wholeMessage: true)),
                    .act(.retrieved(numbered, octets: 0, wholeMessage: false)))
            ]
        case .deleted: return [EventSample(.act(.deleted(letter)), .act(.deleted(numbered)))]
        case .committed: return [EventSample(.act(.committed(deletions: 2)))]
        }
    }
}

/// The same event with as many fields as it can have, and with as few.
struct EventSample {
    var full: LogEvent
    var least: LogEvent

    init(_ full: LogEvent, _ least: LogEvent) {
        self.full = full
        self.least = least
    }

    /// Of an event that always has the same fields.
    init(_ event: LogEvent) { self.init(event, event) }

    static let all = EventCase.allCases.flatMap(\.samples)
}

extension LogEvent {
    /// The line in the log.
    var json: [UInt8] {
        var bytes: [UInt8] = []
        writeJSON(session: 1, at: WireTime(nanoseconds: 1_795_408_200_125_000_000), to: &bytes)
        return bytes
    }
}
