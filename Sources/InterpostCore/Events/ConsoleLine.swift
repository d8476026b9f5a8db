import NIOCore

/// How an event looks to a person who watches: one line per act.
///
///     10:41:07.218  #7 → a1 SELECT INBOX                                OK [READ-WRITE]  1.2 ms
///     10:41:07.219  #7 ● messages read in INBOX: 1:3 (UIDs 17:19), 3 messages
public struct ConsoleLine: Sendable {
    /// Whether escape sequences for colours may be used.
    public var hasColour: Bool
    /// Commands are shown when they are sent and not with their results, because no results will be told.
    public var showsCommands = false

    /// Lines with colours, or without.
    public init(hasColour: Bool) { self.hasColour = hasColour }

    private enum Colour: String {
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case bold = "1"
    }

    /// Appends the line with its LF; nothing for events that only a program wants.
    public func write(_ event: LogEvent, session: Int, at time: WireTime, to bytes: inout [UInt8]) {
        guard let text = text(of: event) else { return }
        let clock = time.iso8601.dropFirst(11).prefix(12)
        bytes.append(contentsOf: "\(paint("\(clock)", .dim))  \(paint("#\(session)", .cyan)) \(text)\n".utf8)
    }

    private func text(of event: LogEvent) -> String? {
        switch event {
        case .hello(let facts): "● Interpost \(facts.version)" + facts.relays.map(relay).joined()
        case .reloaded(let facts): "● configuration reloaded" + facts.relays.map(relay).joined()
        case .reloadFailed(let reason): paint("! not reloaded, the old configuration stays: \(Self.sentence(reason))", .red)
        case .sessionOpened(let facts):
            "○ \(facts.mailProtocol.title) session from \(Self.short(facts.client)) for \(Self.short(facts.upstream))"
        case .sessionClosed(let end):
            "○ closed by \(end.by.rawValue): \(Self.sentence(end.reason)), \(Self.duration(end.microseconds)), "
                + "\(Self.size(end.traffic.clientOctets)) up, \(Self.size(end.traffic.serverOctets)) down, "
                + Self.count(end.traffic.commands, "command")
        case .upstreamConnected: nil
        case .tlsUp(let facts):
            "◆ TLS to the \(facts.side.rawValue): "
                + [facts.version, facts.cipherSuite, facts.serverName.map { "name \($0)" }, facts.ja4.map { "JA4 \($0)" }]
                .compactMap { $0.map(Self.short) }.joined(separator: ", ")
                + (facts.verified == false ? paint(", certificate NOT verified", .red) : "")
        case .tlsFailed(let side, let reason): paint("✗ TLS to the \(side.rawValue) failed: \(Self.sentence(reason))", .red)
        case .greeting(_, let text, _): "← greeting \(Self.short(text))"
        case .command(let facts) where showsCommands: "→ \(Self.said(facts))"
        case .capabilities, .command, .literal, .response, .quirk: nil
        case .edited(let change):
            paint(
                "✎ capabilities:" + change.removed.map { " −" + Self.short($0) }.joined()
                    + change.added.map { " +" + Self.short($0) }.joined() + " (\(Self.short(change.reason)))", .yellow)
        case .completion(let facts): completion(facts)
        case .idleBegan: "↻ idle"
        case .idleEnded(let microseconds): "↻ idle ended after \(Self.duration(microseconds))"
        case .compressed: "◆ compressed"
        case .sasl(let mechanism, let user, let result, _):
            "◆ SASL \(Self.short(mechanism))\(user.map { " for " + Self.short($0) } ?? ""): \(result)"
        case .anomaly(let anomaly):
            paint(
                "! \(anomaly.kind.rawValue) by the \(anomaly.side.rawValue) at octet \(anomaly.offset): \(anomaly.rule)", .yellow)
        case .limit(let name, let value, _): paint("! limit \(name) of \(value) reached", .yellow)
        case .warning(let text): paint("! \(Self.sentence(text))", .red)
        case .policy(let facts): policy(facts)
        case .alarm(let reason, let last): paint("✗ alarm: \(Self.short(reason)), after \(Self.short(last))", .red)
        case .act(let act): paint("● " + Self.text(of: act), .bold)
        case .clientLogin(let facts): login(facts)
        case .accountLogin(let facts): login(facts)
        case .token(.refreshed(let account, _, let seconds)):
            "◆ a new token for the account \(Self.short(account)), for \(Self.duration(seconds * 1_000_000))"
        case .token(.failed(let account, _, let error)):
            paint("! no new token for the account \(Self.short(account)), it is tried again: \(Self.sentence(error))", .yellow)
        case .token(.needed(let account, _, let error)):
            paint(
                "✗ the account \(Self.short(account)) has to be authorised again, with interpost account authorise: "
                    + Self.sentence(error), .red)
        case .valued(let event, _): text(of: event)
        }
    }

    /// A relay on a line of its own.
    private func relay(_ relay: ProgramFacts.Relay) -> String {
        let rules = relay.rules == 0 ? "" : ", \(Self.count(relay.rules, "rule"))"
        let problems =
            (relay.isDryRun ? ["the policy is a dry run: NOTHING is refused"] : [])
            + relay.rulesWithoutEffect.map { Self.sentence($0) }
        return "\n    \(Self.short(relay.listener)) → \(Self.short(relay.upstream)), policy \(relay.preset)\(rules)"
            + problems.map { paint("\n      ! \($0)", .red) }.joined()
    }

    private func login(_ facts: ClientLoginFacts) -> String {
        let name = facts.login.map { Self.short($0) } ?? "somebody"
        guard let refusal = facts.refusal else {
            let client = facts.client.flatMap { $0 == facts.login ? nil : " as \(Self.short($0))" } ?? ""
            return paint("● \(name) is let in\(client), for the account \(Self.short(facts.account ?? ""))", .bold)
        }
        let detail = facts.detail.map { ": " + Self.sentence($0) } ?? ""
        return paint("✗ \(name) is not let in: \(refusal)\(detail)", .red)
    }

    private func login(_ facts: AccountLoginFacts) -> String {
        let account = Self.short(facts.account)
        let method = facts.mechanism.map { " with \($0)" } ?? ""
        guard let failure = facts.failure else {
            let other = facts.actingAs.map { ", acting as \(Self.short($0))" } ?? ""
            return "◆ account \(account) logged in\(method)\(facts.user.map { " as " + Self.short($0) } ?? "")\(other)"
        }
        return paint("✗ account \(account) cannot be used\(method) (\(failure)): \(Self.sentence(facts.reason ?? ""))", .red)
    }

    private static func said(_ facts: CommandFacts) -> String {
        [facts.tag.map { short($0) }, facts.name.description, short(facts.arguments)]
            .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// What was kept from somebody, or changed.
    private func policy(_ facts: PolicyFacts) -> String? {
        let said = Self.said(facts.command)
        let trial = facts.isDryRun ? "dry run, it passes: " : ""
        let text = facts.text.map { ": " + Self.short($0) } ?? ""
        switch facts.verdict {
        case .allow: return nil
        case .rewrite:
            guard let sent = facts.sent else { return facts.isDryRun ? "✎ \(trial)\(said) rewritten by \(facts.rule)" : nil }
            return "✎ \(trial)\(said) went on as \(Self.said(sent))"
        case .refuse: return paint("⊘ \(trial)\(said) refused by \(facts.rule)\(text)", .yellow)
        case .pretend: return paint("⊘ \(trial)\(said) pretended by \(facts.rule)", .yellow)
        case .drop: return paint("⊘ \(trial)\(said) ends the session by \(facts.rule)", .red)
        case .hold: return paint("⊘ \(trial)\(said) waits for a person by \(facts.rule)", .yellow)
        }
    }

    private func completion(_ facts: CompletionFacts) -> String {
        let said = facts.command.map { Self.said($0) } ?? "(unknown)"
        let isGood = facts.result.hasSuffix("OK")
        let result = facts.result + (facts.code.map { " [" + Self.short($0, 24) + "]" } ?? "")
        let padding = String(repeating: " ", count: max(1, 50 - said.count))
        let lines = facts.untagged > 0 ? ", \(Self.count(facts.untagged, "line"))" : ""
        let came = facts.octets > 0 ? lines + ", \(Self.size(facts.octets))" : ""
        return "→ \(said)\(padding)\(paint(result, isGood ? .green : .red))  \(Self.duration(facts.microseconds))\(came)"
            + (isGood ? "" : " " + Self.short(facts.text))
    }

    private static func text(of act: Act) -> String {
        switch act {
        case .login(let user, let method, let succeeded, let actingAs, _, _):
            "\(succeeded ? "logged in" : "login FAILED")\(user.map { " as " + short($0) } ?? "")"
                + "\(actingAs.map { ", acting as " + short($0) } ?? "") by \(short(method))"
        case .mailboxSelected(let name, let readOnly, let messages):
            "\(short(name.decoded)) selected\(readOnly ? " read-only" : "")\(messages.map { ", " + count(Int(clamping: $0), "message") } ?? "")"
        case .messagesRead(let messages, let count): "\(Self.count(count, "message")) read\(text(of: messages))"
        case .flagsChanged(let messages, _, _, implicit: true): "marked as read\(text(of: messages))"
        case .flagsChanged(let messages, let operation, let flags, _):
            "\(short(flags.joined(separator: " "))) \(verb(of: operation))\(text(of: messages))"
        case .labelsChanged(let messages, let operation, let labels):
            "labels \(short(labels.joined(separator: " "))) \(verb(of: operation))\(text(of: messages))"
        case .messagesDeleted(let messages): "messages marked deleted\(text(of: messages))"
        case .messagesExpunged(let messages, let count):
            "\(count.map { Self.count($0, "message") } ?? "messages") expunged\(text(of: messages))"
        case .messageAppended(let name, _, let octets, _):
            "message appended to \(short(name.decoded)), \(size(octets.reduce(0, &+)))"
        case .messagesCopied(let messages, let target, _): "messages copied\(text(of: messages)) to \(short(target.decoded))"
        case .messagesMoved(let messages, let target, _): "messages moved\(text(of: messages)) to \(short(target.decoded))"
        case .mailboxCreated(let name): "mailbox \(short(name.decoded)) created"
        case .mailboxRenamed(let old, let new): "mailbox \(short(old.decoded)) renamed to \(short(new.decoded))"
        case .mailboxDeleted(let name): "mailbox \(short(name.decoded)) deleted"
        case .retrieved(let message, let octets, let whole):
            "\(text(of: message)) retrieved\(whole ? "" : " in part"), \(size(octets))"
        case .deleted(let message): "\(text(of: message)) marked deleted"
        case .committed(let deletions): "\(Self.count(deletions, "deletion")) committed"
        }
    }

    private static func verb(of operation: StoreRequest.Operation) -> String {
        switch operation {
        case .add: "set"
        case .remove: "cleared"
        case .replace: "made the flags"
        }
    }

    private static func text(of message: MaildropReference) -> String {
        "message \(message.number)" + ((message.subject ?? message.messageID ?? message.uid).map { " (\(short($0)))" } ?? "")
    }

    private static func text(of messages: MessageReferences) -> String {
        let place = messages.mailbox.map { " in " + short($0.decoded) } ?? ""
        let which =
            [messages.numbers, messages.uids.map { "UIDs " + $0 }].compactMap { $0.map(short) }
            + (messages.subjects.isEmpty ? messages.messageIDs : messages.subjects).prefix(1).map(short)
        return place + (which.isEmpty ? "" : ": " + which.joined(separator: ", "))
    }

    private func paint(_ text: String, _ colour: Colour) -> String {
        hasColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// `1 line`, `2 lines`.
    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func short(_ bytes: ByteBuffer, _ length: Int = 80) -> String { TerminalText.shown(bytes, atMost: length) }

    private static func short(_ text: String) -> String { TerminalText.shown(text, atMost: 80) }

    /// The sentence says what is wrong and what to do, so it gets enough room not to be cut off.
    private static func sentence(_ text: String) -> String { TerminalText.shown(text, atMost: 400) }

    private static func duration(_ microseconds: Int64) -> String {
        switch microseconds {
        case ..<1000: "\(microseconds) µs"
        case ..<1_000_000: tenths(microseconds, of: 1000) + " ms"
        default: tenths(microseconds, of: 1_000_000) + " s"
        }
    }

    private static func size(_ octets: Int) -> String {
        switch octets {
        case ..<1024: "\(octets) B"
        case ..<(1 << 20): tenths(Int64(octets), of: 1 << 10) + " KiB"
        case ..<(1 << 30): tenths(Int64(octets), of: 1 << 20) + " MiB"
        default: tenths(Int64(octets), of: 1 << 30) + " GiB"
        }
    }

    private static func tenths(_ value: Int64, of unit: Int64) -> String {
        let tenths = (value * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)"
    }
}
