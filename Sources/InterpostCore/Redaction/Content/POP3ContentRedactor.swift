import NIOCore

/// ``ContentRedactor`` for the events of POP3.
///
///     C: RETR 1␍␊     S: +OK␍␊ Subject: Geheimnis␍␊ ␍␊ ..␍␊ .␍␊      the message is mapped; dots stay where they are
///     C: UIDL␍␊       S: 1 whqtswO00WBw418f9t5JxYwZ␍␊                1 kbxqzmR73VNe902c1h8PdRqG␍␊
struct POP3ContentRedactor: Sendable {
    private let mappers: ContentMappers
    private var message: MessageMapper?
    /// The command that the lines now arriving answer.
    private var answered: POP3Command?

    init(_ mappers: ContentMappers) { self.mappers = mappers }

    mutating func redact(_ event: MailEvent) -> ByteBuffer? {
        switch event.meaning {
        case .pop3Command(let name, let command): return redact(event.bytes, name, command)
        case .pop3Begin(_, let command):
            answered = command
            message = mappers.message(at: .header)
            return nil
        case .pop3Body:
            return event.bytes.changed { bytes in
                message?.map(&bytes, in: 0..<bytes.count)
                return true
            }
        case .pop3Listing: return answered.flatMap { redactLine(event.bytes, behind: 0, answering: $0) }
        case .pop3Completion(let reply, let record):
            // The terminator of a long reply is a completion too.
            let isTerminator = event.bytes.byte(at: event.bytes.readerIndex) == .dot
            answered = record?.command
            guard let command = record?.command, reply.result == .ok, !isTerminator else { return nil }
            return redactLine(event.bytes, behind: 1, answering: command)
        default: return nil
        }
    }

    /// What a verb's row does not know as the protocol's own may be anything.
    private func redact(_ line: ByteBuffer, _ name: Keyword?, _ command: POP3Command) -> ByteBuffer? {
        switch command {
        case .xtnd(.bboards): return redact(line, behind: 2, as: .mailbox)
        case .xtnd(.other): return redact(line, behind: 1, as: .words)
        // The name of a header field, and the number of a message.
        case .xtnd(.xlst): return redact(line, behind: 4, as: .words)
        default:
            let kept = name.flatMap(POP3Verb.named)?.keptWords ?? 0
            return kept == .max ? nil : redact(line, behind: 1 + kept, as: .words)
        }
    }

    /// - Parameter words: How many words of the reply come before what is listed: `+OK`.
    private func redactLine(_ line: ByteBuffer, behind words: Int, answering command: POP3Command) -> ByteBuffer? {
        let isReply = words > 0
        switch command {
        case .uidl(nil) where !isReply, .uidl(.some): return redact(line, behind: words + 1, as: .identifier)
        case .xtnd(.xlst) where !isReply: return redact(line, behind: words + 1, as: .words)
        case .xsender where isReply: return redact(line, behind: words, as: .words)
        case .xtnd(.bboards) where !isReply: return redact(line, behind: words, as: .mailbox)
        case .vendor, .unknown, .malformed, .xtnd(.other): return redact(line, behind: words, as: .words)
        case .user, .pass, .apop, .auth, .quit, .stat, .noop, .rset, .list, .uidl, .retr, .dele, .top, .capa, .stls, .utf8,
            .lang, .last, .rpop, .xtnd, .xclient, .xoip, .help, .xsender, .gurl, .mdef, .idle, .host, .compress:
            return nil
        }
    }

    /// Maps what follows this many words.
    private func redact(_ line: ByteBuffer, behind words: Int, as role: ContentRole) -> ByteBuffer? {
        line.changed { bytes in
            var end = bytes.count
            while end > 0, bytes[end - 1] <= .space { end -= 1 }
            var index = 0
            for _ in 0..<words {
                while index < end, bytes[index] <= .space { index += 1 }
                while index < end, bytes[index] > .space { index += 1 }
            }
            while index < end, bytes[index] <= .space { index += 1 }
            // What follows an identifier is text.
            var last = end
            if role == .identifier {
                last = index
                while last < end, bytes[last] > .space { last += 1 }
            }
            return mappers.map(role, &bytes, in: index..<last, form: .literal)
        }
    }
}
