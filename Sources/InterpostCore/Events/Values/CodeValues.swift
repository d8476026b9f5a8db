import NIOCore

extension EventValues {
    /// The response code of a status or a completion. `nil` for one that is not known, or may hold a password or a token.
    ///
    ///     a2 OK [COPYUID 38505 304 3956] done␍␊
    ///     {"kind":"code","name":"COPYUID","uid_validity":38505,"from":[{"first":304,"last":304}],"to":[{"first":3956,"last":3956}]}
    init?(_ status: IMAPStatus, without secrets: LogRedactor, namesAreUTF8: Bool, limit: Int = maximumOctets) {
        guard status.hasHarmlessCode, let text = status.code, let name = status.codeName, let code = status.responseCode,
            !secrets.finds(in: text)
        else { return nil }
        self.init(without: secrets, namesAreUTF8: namesAreUTF8, limit: limit) { writer in
            writer.word("kind", "code")
            writer.text("name", name)
            writer.code(code)
        }
    }
}

extension ValueWriter {
    fileprivate mutating func code(_ code: ResponseCode) {
        switch code {
        case .badCharset(let words), .badEvent(let words): texts("words", words)
        case .capability(let names): capabilities(names)
        case .permanentFlags(let flags): texts("flags", flags.flags)
        case .uidNext(let number), .uidValidity(let number), .unseen(let number), .highestModSequence(let number),
            .maxConvertMessages(let number), .maxConvertParts(let number):
            self.number("number", number)
        case .appendUID(let validity, let uids):
            number("uid_validity", validity)
            set("uids", uids)
        case .copyUID(let validity, let source, let target):
            number("uid_validity", validity)
            set("from", source)
            set("to", target)
        case .modified(let messages): set("messages", messages)
        case .messageLimit(let limit, let last):
            number("number", limit)
            number("last_uid", last)
        case .inProgress(let tag, let done, let goal):
            text("tag", tag)
            number("done", done)
            number("goal", goal)
        case .mailboxID(let id): text("id", id)
        default: break
        }
    }
}

extension LogRedactor {
    /// Whether a secret of the session, or a token, is in the line or one of its literals. Where one is, the log shows nothing of
    /// the line: what is told in parts must not show what is around it either.
    func finds(in text: IMAPText) -> Bool {
        finds(in: text.bytes) || text.literals.contains { literal in literal.octets.map { finds(in: $0) } ?? false }
    }
}
