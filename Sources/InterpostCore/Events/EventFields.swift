import NIOCore

/// Something that takes an event's fields one after another: the JSON line, or the short line that tests and
/// people read.
protocol FieldSink {
    mutating func field(_ name: StaticString, _ value: ByteBuffer)
    mutating func field(_ name: StaticString, _ value: String)
    mutating func field(_ name: StaticString, _ value: CommandName)
    mutating func field(_ name: StaticString, _ value: Int64)
    mutating func field(_ name: StaticString, _ value: Bool)
    mutating func field(_ name: StaticString, _ values: [ByteBuffer])
    /// A list of objects; `body` writes the fields of each.
    mutating func objects<Element>(_ name: StaticString, _ elements: [Element], body: (Element, inout Self) -> Void)
    /// A measurement that differs from run to run: durations, latencies.
    mutating func measurement(_ name: StaticString, _ value: Int64)
    /// What the event says, for programs.
    mutating func values(_ values: EventValues)
}

extension FieldSink {
    mutating func field(_ name: StaticString, _ value: ByteBuffer?) { if let value { field(name, value) } }
    mutating func field(_ name: StaticString, _ value: String?) { if let value { field(name, value) } }
    mutating func field(_ name: StaticString, _ value: Int) { field(name, Int64(value)) }
    mutating func field(_ name: StaticString, _ value: UInt64) { field(name, Int64(clamping: value)) }
    mutating func field(_ name: StaticString, _ values: [String]) { field(name, values.map { ByteBuffer(string: $0) }) }
}

extension LogEvent {
    /// The name in the log: `command`, `tls.up`, `messages.read`.
    public var name: StaticString {
        switch self {
        case .hello: "hello"
        case .reloaded: "reloaded"
        case .reloadFailed: "reload.failed"
        case .sessionOpened: "session.opened"
        case .sessionClosed: "session.closed"
        case .upstreamConnected: "upstream.connected"
        case .tlsUp: "tls.up"
        case .tlsFailed: "tls.failed"
        case .greeting: "greeting"
        case .capabilities: "capabilities"
        case .edited: "capabilities.edited"
        case .command: "command"
        case .literal: "literal"
        case .response: "response"
        case .completion: "completion"
        case .idleBegan: "idle.began"
        case .idleEnded: "idle.ended"
        case .compressed: "compressed"
        case .sasl: "sasl"
        case .anomaly: "anomaly"
        case .quirk: "quirk"
        case .limit: "limit"
        case .warning: "warning"
        case .policy: "policy"
        case .alarm: "alarm"
        case .act(let act): act.name
        case .clientLogin: "client.login"
        case .accountLogin: "account.login"
        case .token(.refreshed): "token.refreshed"
        case .token(.failed): "token.failed"
        case .token(.needed): "token.needed"
        case .valued(let event, _): event.name
        }
    }

    func write(to sink: inout some FieldSink) {
        switch self {
        case .hello(let facts), .reloaded(let facts): facts.write(to: &sink)
        case .reloadFailed(let reason): sink.field("reason", reason)
        case .sessionOpened(let facts):
            sink.field("protocol", facts.mailProtocol.rawValue)
            sink.field("listener", facts.listener)
            sink.field("client", facts.client)
            sink.field("upstream", facts.upstream)
        case .sessionClosed(let end):
            sink.field("by", end.by.rawValue)
            sink.field("reason", end.reason)
            sink.measurement("duration_us", end.microseconds)
            sink.field("client_octets", end.traffic.clientOctets)
            sink.field("server_octets", end.traffic.serverOctets)
            sink.field("commands", end.traffic.commands)
            sink.field("responses", end.traffic.responses)
        case .upstreamConnected(let address, let microseconds):
            sink.field("address", address)
            sink.measurement("duration_us", microseconds)
        case .tlsUp(let facts): facts.write(to: &sink)
        case .tlsFailed(let side, let reason):
            sink.field("side", side.rawValue)
            sink.field("reason", reason)
        case .greeting(let result, let text, let hasAPOP):
            sink.field("result", result)
            sink.field("text", text)
            if hasAPOP { sink.field("apop", true) }
        case .capabilities(let phase, let names):
            sink.field("phase", phase.rawValue)
            sink.field("capabilities", names)
        case .edited(let change):
            if !change.removed.isEmpty { sink.field("removed", change.removed) }
            if !change.added.isEmpty { sink.field("added", change.added) }
            sink.field("reason", change.reason)
        case .command(let facts): facts.write(to: &sink)
        case .literal(let facts):
            sink.field("side", facts.side.rawValue)
            sink.field("tag", facts.tag)
            sink.field("name", facts.name)
            sink.field("octets", facts.octets)
            sink.field("synchronising", facts.isSynchronising)
        case .response(let name, let number, let text):
            sink.field("name", name)
            if let number { sink.field("number", number) }
            sink.field("text", text)
        case .completion(let facts):
            facts.command?.write(to: &sink)
            sink.field("result", facts.result)
            sink.field("code", facts.code)
            sink.field("text", facts.text)
            sink.measurement("latency_us", facts.microseconds)
            if facts.clientMicroseconds > 0 { sink.measurement("client_us", facts.clientMicroseconds) }
            sink.field("untagged", facts.untagged)
            sink.field("octets", facts.octets)
        case .idleBegan, .compressed: break
        case .idleEnded(let microseconds): sink.measurement("duration_us", microseconds)
        case .sasl(let mechanism, let user, let result, let responses):
            sink.field("mechanism", mechanism)
            sink.field("user", user)
            sink.field("result", result)
            sink.field("responses", responses)
        case .anomaly(let anomaly):
            sink.field("kind", anomaly.kind.rawValue)
            sink.field("side", anomaly.side.rawValue)
            sink.field("offset", anomaly.offset)
            sink.field("rule", anomaly.rule)
        case .quirk(let quirk, let side, let offset):
            sink.field("kind", quirk.rawValue)
            sink.field("side", side.rawValue)
            sink.field("offset", offset)
            sink.field("rule", quirk.rule)
        case .limit(let name, let value, let side):
            sink.field("limit", name)
            sink.field("value", value)
            sink.field("side", side?.rawValue)
        case .warning(let text): sink.field("text", text)
        case .policy(let facts): facts.write(to: &sink)
        case .alarm(let reason, let last):
            sink.field("reason", reason)
            sink.field("last", last)
        case .act(let act): act.write(to: &sink)
        case .clientLogin(let facts): facts.write(to: &sink)
        case .accountLogin(let facts): facts.write(to: &sink)
        case .token(let event): event.write(to: &sink)
        case .valued(let event, let values):
            event.write(to: &sink)
            sink.values(values)
        }
    }
}

extension CommandFacts {
    fileprivate func write(to sink: inout some FieldSink) {
        sink.field("tag", tag)
        sink.field("name", name)
        if arguments.readableBytes > 0 { sink.field("arguments", arguments) }
    }
}

extension PolicyFacts {
    fileprivate func write(to sink: inout some FieldSink) {
        sink.field("verdict", verdict.rawValue)
        sink.field("rule", rule)
        command.write(to: &sink)
        if let sent {
            sink.field("sent_name", sent.name)
            if sent.arguments.readableBytes > 0 { sink.field("sent_arguments", sent.arguments) }
        }
        sink.field("text", text)
        if isDryRun { sink.field("dry_run", true) }
    }
}

extension TLSFacts {
    fileprivate func write(to sink: inout some FieldSink) {
        sink.field("side", side.rawValue)
        sink.field("version", version)
        sink.field("cipher", cipherSuite)
        sink.field("sni", serverName)
        if !alpn.isEmpty { sink.field("alpn", alpn) }
        sink.field("ja4", ja4)
        if followsSTARTTLS { sink.field("starttls", true) }
        if let verified { sink.field("verified", verified) }
        if !chain.isEmpty {
            sink.objects("chain", chain) { certificate, sink in
                sink.field("subject", certificate.subject)
                sink.field("issuer", certificate.issuer)
                sink.field("names", certificate.names)
                sink.field("not_before", certificate.notBefore)
                sink.field("not_after", certificate.notAfter)
                sink.field("sha256", certificate.sha256)
            }
        }
        sink.measurement("duration_us", microseconds)
    }
}

extension Act {
    fileprivate func write(to sink: inout some FieldSink) {
        switch self {
        case .login(let user, let method, let succeeded, let actingAs, let client, let account):
            sink.field("user", user)
            sink.field("client_name", client)
            sink.field("account", account)
            sink.field("acting_as", actingAs)
            sink.field("method", method)
            sink.field("succeeded", succeeded)
        case .mailboxSelected(let mailbox, let readOnly, let messages):
            sink.field("mailbox", mailbox.description)
            sink.field("read_only", readOnly)
            if let messages { sink.field("messages", messages) }
        case .messagesRead(let messages, let count):
            messages.write(to: &sink)
            sink.field("count", count)
        case .flagsChanged(let messages, let operation, let flags, let isImplicit):
            messages.write(to: &sink)
            sink.field("operation", operation.rawValue)
            sink.field("flags", flags)
            if isImplicit { sink.field("implicit", true) }
        case .labelsChanged(let messages, let operation, let labels):
            messages.write(to: &sink)
            sink.field("operation", operation.rawValue)
            sink.field("labels", labels)
        case .messagesDeleted(let messages): messages.write(to: &sink)
        case .messagesExpunged(let messages, let count):
            messages.write(to: &sink)
            if let count { sink.field("count", count) }
        case .messageAppended(let mailbox, let flags, let octets, let uids):
            sink.field("mailbox", mailbox.description)
            sink.field("flags", flags)
            sink.field("messages", octets.count)
            sink.field("octets", octets.reduce(0, &+))
            sink.field("uids", uids)
        case .messagesCopied(let messages, let target, let uids), .messagesMoved(let messages, let target, let uids):
            messages.write(to: &sink)
            sink.field("to", target.description)
            sink.field("to_uids", uids)
        case .mailboxCreated(let mailbox), .mailboxDeleted(let mailbox): sink.field("mailbox", mailbox.description)
        case .mailboxRenamed(let old, let new):
            sink.field("mailbox", old.description)
            sink.field("to", new.description)
        case .retrieved(let message, let octets, let wholeMessage):
            message.write(to: &sink)
            sink.field("octets", octets)
            sink.field("whole", wholeMessage)
        case .deleted(let message): message.write(to: &sink)
        case .committed(let deletions): sink.field("deletions", deletions)
        }
    }
}

extension MaildropReference {
    fileprivate func write(to sink: inout some FieldSink) {
        sink.field("number", number)
        sink.field("uid", uid)
        if let messageID { sink.field("message_ids", [messageID]) }
        if let subject { sink.field("subjects", [subject]) }
    }
}

extension MessageReferences {
    fileprivate func write(to sink: inout some FieldSink) {
        sink.field("mailbox", mailbox?.description)
        sink.field("numbers", numbers)
        sink.field("uids", uids)
        if !messageIDs.isEmpty { sink.field("message_ids", messageIDs) }
        if !subjects.isEmpty { sink.field("subjects", subjects) }
    }
}
