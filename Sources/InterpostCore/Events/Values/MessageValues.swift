import NIOCore

// ENVELOPE and BODYSTRUCTURE: what a server says about a message's header and its parts.

extension ValueWriter {
    mutating func envelope(_ key: StaticString, _ envelope: Envelope) {
        loose(key) { writer in
            writer.text("message_id", envelope.messageID)
            writer.text("in_reply_to", envelope.inReplyTo)
            writer.text("date", envelope.date)
            if let sent = envelope.sent { writer.word("sent", sent.calendar.iso8601(zone: sent.zone)) }
            writer.encoded("subject", envelope.subject)
            writer.addresses("from", envelope.from)
            writer.addresses("sender", envelope.sender)
            writer.addresses("reply_to", envelope.replyTo)
            writer.addresses("to", envelope.to)
            writer.addresses("cc", envelope.cc)
            writer.addresses("bcc", envelope.bcc)
        }
    }

    private mutating func addresses(_ key: StaticString, _ addresses: [Address]) {
        guard !addresses.isEmpty else { return }
        list(key, addresses) { address, writer in
            writer.object(nil) { writer in
                switch address.role {
                case .groupEnd: writer.word("role", "group-end")
                case .groupStart:
                    writer.word("role", "group")
                    writer.encoded("name", address.mailbox)
                case .mailbox:
                    writer.word("role", "mailbox")
                    writer.text("mailbox", address.mailbox)
                    writer.text("host", address.host)
                    writer.encoded("name", address.name)
                }
            }
        }
    }

    mutating func structure(_ key: StaticString, _ body: BodyStructure) { loose(key) { $0.structure(body) } }

    private mutating func structure(_ body: BodyStructure) {
        let fields = body.fields
        if case .multipart = body { word("type", "multipart") } else { text("type", fields.type) }
        text("subtype", fields.subtype)
        text("encoding", fields.encoding)
        number("octets", fields.octets)
        switch body {
        case .text(_, let lines), .message(_, _, _, let lines): number("lines", lines)
        case .basic, .multipart: break
        }
        text("id", fields.contentID)
        encoded("description", fields.contentDescription)
        text("md5", fields.md5)
        text("location", fields.location)
        parameters("parameters", fields.parameters)
        if let disposition = fields.disposition {
            loose("disposition") { writer in
                writer.text("type", disposition.type)
                writer.parameters("parameters", disposition.parameters)
            }
        }
        if !fields.languages.isEmpty { texts("languages", fields.languages) }
        switch body {
        case .message(_, let envelope, let inner, _):
            if let envelope { self.envelope("envelope", envelope) }
            if let inner { structure("body", inner) }
        case .multipart(_, let parts): list("parts", parts) { part, writer in writer.object(nil) { $0.structure(part) } }
        case .basic, .text: break
        }
    }

    private mutating func parameters(_ key: StaticString, _ parameters: [BodyStructure.Parameter]) {
        guard !parameters.isEmpty else { return }
        list(key, parameters) { parameter, writer in
            writer.object(nil) { writer in
                writer.text("name", parameter.name)
                writer.text("value", parameter.value)
            }
        }
    }
}
