import NIOCore

/// Keeps what a session's log shows free of secrets.
///
/// Two rules. What is not known to be harmless is not shown: arguments of LOGIN, AUTHENTICATE, PASS and APOP, SASL lines,
/// unknown verbs, malformed lines, and a server's text about any of these become `[n octets]` or `[redacted]`. And what was
/// once seen as a secret is looked for in everything shown later, because servers echo (`BAD Error in IMAP command HUNTER2`)
/// and people type a password twice. It is looked for as it is, and in texts for people also in encoded forms.
struct LogRedactor: Sendable {
    static let mark = ByteBuffer(string: "[redacted]")
    private static let maximumSecrets = 64
    /// Octets of a text that are shown.
    private static let maximumText = 2048
    /// Octets of a secret that are looked for: enough to find it, and few enough to look for them in a long line.
    private static let maximumLength = 32

    private var secrets: [Secret] = []
    /// The secrets in base64, hexadecimal and the like.
    private var encoded: [Secret] = []
    /// Words of lines that were not understood, the latest ones.
    private var words: [Secret] = []
    private static let maximumWords = 64
    /// Parts of secrets, looked for as whole words in texts.
    private var parts = WholeWords()
    /// How many words were learnt in all their spellings.
    private var spelledWords = 0
    /// More secrets went by than are remembered: from now on no text is shown.
    private var isOverwhelmed = false

    /// Remembers a secret, so that it is found where a peer repeats it: as it is, as it is written in quotes, and each of its
    /// words, because what separates them is spelled in many ways.
    mutating func learn(_ secret: Secret) {
        secret.withExposedBytes { bytes in
            parts.learn(bytes.readableBytesView)
            let words = bytes.readableBytesView.split { $0 <= UInt8.space }
            guard let first = words.first, let last = words.last else { return }
            learn(bytes.readableBytesView[first.startIndex..<last.endIndex])
            if words.count > 1 { for word in words { learn(word) } }
            for word in SecretWords.of(bytes.readableBytesView, decodes: false) {
                learn(ByteBuffer(bytes: word).readableBytesView)
                learn(spellingsOf: Secret(ByteBuffer(bytes: word)))
            }
        }
        learn(spellingsOf: secret)
    }

    private mutating func learn(spellingsOf secret: Secret) {
        for form in SecretSpellings(secret).encoded where form.count >= Self.minimumEncoded {
            let form = Secret(ByteBuffer(bytes: form.prefix(Self.maximumLength)))
            guard !encoded.contains(form) else { continue }
            if encoded.count >= Self.maximumEncoded { encoded.removeFirst() }
            encoded.append(form)
        }
    }

    private static let minimumEncoded = 8
    private static let maximumEncoded = 6 * maximumSecrets

    /// Remembers the words of a line that was not understood: any of them may be a secret. Short ones, and those of the protocols, are
    /// in every session.
    mutating func learn(wordsOf line: ByteBuffer) {
        // A line that is no line of text has no words that a peer would say again.
        for word in SecretWords.of(line.readableBytesView.prefix(Self.maximumText), decodes: true).prefix(Self.maximumWords) {
            let bytes = ByteBuffer(bytes: word.prefix(Self.maximumLength))
            let secret = Secret(bytes)
            guard !Self.isOfProtocols(bytes.readableBytesView), !words.contains(secret) else { continue }
            if words.count >= Self.maximumWords { words.removeFirst() }
            words.append(secret)
            guard SecretWords.mayBeTyped(word), spelledWords < SecretWords.maximumSpelled else { continue }
            spelledWords += 1
            learn(spellingsOf: Secret(ByteBuffer(bytes: word)))
        }
    }

    private static func isOfProtocols(_ word: ByteBufferView) -> Bool {
        if word.allSatisfy({ $0.isDigit || ":,*.".utf8.contains($0) }) { return true }
        guard let name = Keyword(word) else { return false }
        return name == "INBOX" || ShowableNames.contains(name, in: .imap) || ShowableNames.contains(name, in: .pop3)
    }

    private mutating func learn(_ bytes: ByteBufferView) {
        let plain = ByteBuffer(bytes: bytes.prefix(Self.maximumLength))
        guard plain.readableBytes >= 3 else { return }
        var quoted = ByteBuffer()
        for byte in plain.readableBytesView {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.writeInteger(UInt8(ascii: "\\")) }
            quoted.writeInteger(byte)
        }
        for form in plain == quoted ? [plain] : [plain, quoted] where !secrets.contains(Secret(form)) {
            if secrets.count < Self.maximumSecrets { secrets.append(Secret(form)) } else { isOverwhelmed = true }
        }
    }

    /// Remembers the token at the end of a URL (RFC 4467), and the URL.
    mutating func learn(url: Secret) {
        learn(url)
        url.withExposedBytes { bytes in
            guard let colon = bytes.readableBytesView.lastIndex(of: UInt8(ascii: ":")) else { return }
            learn(bytes.readableBytesView[(colon + 1)...])
        }
    }

    /// The text, or `[redacted]` when a known secret occurs in it, in upper or lower case. Long text is cut: neither
    /// the search nor the log grows with a line of a megabyte.
    func clean(_ text: ByteBuffer) -> ByteBuffer {
        guard !isOverwhelmed else { return Self.octets(text) }
        // A secret that only begins where the text is cut is looked for, too.
        let isLong = text.readableBytes > Self.maximumText
        let searched = isLong ? text.start(Self.maximumText + Self.maximumLength) : text
        for secret in secrets where secret.withExposedBytes({ searched.contains($0) }) { return Self.mark }
        for word in words where word.withExposedBytes({ searched.contains($0) }) { return Self.mark }
        if holds(encoded, searched) { return Self.mark }
        guard isLong else { return text }
        var shown = text.start(Self.maximumText)
        shown.writeStaticString("…")
        return shown
    }

    /// Whether a known secret, or a token, is anywhere in the text, however long that is.
    func finds(in text: ByteBuffer) -> Bool {
        isOverwhelmed || text.contains(Self.token) || hasParts(text) || holds(secrets, text) || holds(words, text)
            || holds(encoded, text)
    }

    private func holds(_ secrets: [Secret], _ text: ByteBuffer) -> Bool {
        secrets.contains { secret in secret.withExposedBytes { text.contains($0) } }
    }

    /// Like ``clean(_:)``, for text into which a client or a server may have put a URL with a token.
    func cleanOfURLs(_ text: ByteBuffer) -> ByteBuffer {
        text.contains(Self.token) ? Self.octets(text) : clean(text)
    }

    /// What a server says to people: `[redacted]` also when a part of a secret occurs in it as a word.
    ///
    ///     PASS plum-tree-9␍␊      -ERR no tree here␍␊      [redacted]
    func cleanOfParts(_ text: ByteBuffer) -> ByteBuffer { hasParts(text) ? Self.mark : cleanOfURLs(text) }

    private func hasParts(_ text: ByteBuffer) -> Bool {
        parts.occur(in: text.readableBytesView.prefix(Self.maximumText))
    }

    /// What precedes a URL's token (RFC 4467).
    static let token = ByteBuffer(string: ";URLAUTH=")

    func clean(_ text: String) -> String { String(buffer: clean(ByteBuffer(string: text))) }

    func clean(_ mailbox: MailboxName) -> MailboxName {
        MailboxName(IMAPString(clean(mailbox.string.bytes), form: mailbox.string.form))
    }

    static func octets(_ text: ByteBuffer) -> ByteBuffer { ByteBuffer(string: "[\(text.readableBytes) octets]") }

    /// The code of a status; only the name of a code that is not known, or has a URL or a token.
    func code(of status: IMAPStatus) -> ByteBuffer? {
        guard let code = status.code, !status.hasHarmlessCode, let name = status.codeName else { return status.code.map(clean) }
        let hasArguments = code.readableBytes > name.description.utf8.count
        guard hasArguments else { return cleanOfParts(code) }
        return ByteBuffer(string: "\(String(buffer: cleanOfParts(ByteBuffer(string: name.description)))) [redacted]")
    }

    func facts(of command: IMAPCommand) -> CommandFacts {
        let tag = clean(command.tag)
        switch command.body {
        case .login(let user, _):
            var arguments = clean(user.bytes)
            arguments.writeString(" [redacted]")
            return CommandFacts(tag: tag, name: command.title, arguments: arguments)
        case .authenticate(let mechanism, let response):
            let arguments = ByteBuffer(
                string: ShowableNames.title(ofMechanism: mechanism) + (response == nil ? "" : " [redacted]"))
            return CommandFacts(tag: tag, name: command.title, arguments: arguments)
        case .unknown, .malformed:
            guard ShowableNames.contains(command.name, in: .imap) else {
                return CommandFacts(tag: nil, name: CommandName(), arguments: Self.octets(command.text.bytes))
            }
            return CommandFacts(tag: tag, name: command.title, arguments: Self.octets(command.writtenArguments))
        case .id(let fields): return CommandFacts(tag: tag, name: command.title, arguments: self.fields(fields))
        default:
            let arguments = command.writtenArguments
            let isShown = command.hasHarmlessArguments && !command.quirks.contains(.argumentsLeftOver)
            return CommandFacts(
                tag: tag, name: command.title,
                arguments: isShown || arguments.readableBytes == 0 ? cleanOfURLs(arguments) : Self.octets(arguments))
        }
    }

    /// What a client says about itself (RFC 2971 §3.3); what it says about its user and its machine's place is not shown.
    private func fields(_ fields: [IDField]) -> ByteBuffer {
        guard !fields.isEmpty else { return ByteBuffer(string: "NIL") }
        let shown = fields.map { field -> String in
            let value = field.value.map { Self.identifies(field) ? "\"\(clean($0.description))\"" : "[redacted]" } ?? "NIL"
            return "\"\(clean(field.name.description))\" \(value)"
        }
        return clean(ByteBuffer(string: "(\(shown.joined(separator: " ")))"))
    }

    /// Whether the field says what the client is, and nothing about who uses it.
    static func identifies(_ field: IDField) -> Bool {
        identifyingFields.contains(String(buffer: field.name.bytes).lowercased())
    }

    private static let identifyingFields: Set = [
        "name", "version", "os", "os-version", "vendor", "support-url", "date", "language", "build",
    ]

    func facts(of command: POP3Command, name: Keyword?, line: ByteBuffer?) -> CommandFacts {
        let title = CommandName(keyword: name.flatMap { ShowableNames.contains($0, in: .pop3) ? $0 : nil })
        let words: [ByteBuffer]
        switch command {
        // Somebody who writes more than a name may have written a password.
        case .user(let user): words = [user.isOneWord ? clean(user) : Self.octets(user)]
        case .pass, .rpop: words = [Self.mark]
        case .apop(let user, _): words = [clean(user), Self.mark]
        case .auth(let mechanism, let response):
            words =
                (mechanism.map { [ByteBuffer(string: ShowableNames.title(ofMechanism: $0))] } ?? [])
                + (response == nil ? [] : [Self.mark])
        case .list(let number), .uidl(let number): words = number.map { [Self.text($0)] } ?? []
        case .retr(let number), .dele(let number), .xsender(let number): words = [Self.text(number)]
        case .top(let number, let lines): words = [Self.text(number)] + (lines.map { [Self.text($0)] } ?? [])
        case .lang(let tag): words = tag.map { [clean($0)] } ?? []
        case .xtnd(.xmit): words = [ByteBuffer(string: "XMIT")]
        case .xtnd(.xlst(let header, let message)):
            words = [ByteBuffer(string: "XLST"), clean(header)] + (message.map { [Self.text($0)] } ?? [])
        case .xtnd(.bboards(let name)): words = [ByteBuffer(string: "BBOARDS")] + (name.map { [clean($0)] } ?? [])
        case .help(let topic): words = [clean(topic)]
        case .host(let name): words = [clean(name)]
        case .compress(let algorithm): words = [clean(Self.text(algorithm))]
        case .xclient(let attributes):
            words = attributes.map {
                ShowableNames.clientAttributes[$0.name] != nil ? ByteBuffer(string: "\($0.name)=[redacted]") : Self.mark
            }
        case .unknown, .malformed, .xtnd(.other), .xoip, .mdef, .vendor:
            words = line.map { [Self.octets($0.withoutLineEnd)] } ?? []
        case .stls, .capa, .quit, .stat, .noop, .rset, .last, .utf8, .gurl, .idle: words = []
        }
        var arguments = words.first ?? ByteBuffer()
        for word in words.dropFirst() {
            arguments.writeStaticString(" ")
            arguments.writeImmutableBuffer(word)
        }
        return CommandFacts(tag: nil, name: title, arguments: arguments)
    }

    private static func text(_ value: some CustomStringConvertible) -> ByteBuffer { ByteBuffer(string: value.description) }
}

extension LogRedactor {
    /// The act without secrets: people type a password where a name should be.
    func clean(_ act: Act) -> Act {
        switch act {
        case .login(let user, let method, let succeeded, let actingAs, let client, let account):
            .login(
                user: user.map { clean($0) }, method: method, succeeded: succeeded, actingAs: actingAs.map { clean($0) },
                client: client, account: account)
        case .mailboxSelected(let name, let readOnly, let messages):
            .mailboxSelected(clean(name), readOnly: readOnly, messages: messages)
        case .messagesRead(let messages, let count): .messagesRead(clean(messages), count: count)
        case .flagsChanged(let messages, let operation, let flags, let isImplicit):
            .flagsChanged(clean(messages), operation, flags.map { clean($0) }, implicit: isImplicit)
        case .labelsChanged(let messages, let operation, let labels):
            .labelsChanged(clean(messages), operation, labels.map { clean($0) })
        case .messagesDeleted(let messages): .messagesDeleted(clean(messages))
        case .messagesExpunged(let messages, let count): .messagesExpunged(clean(messages), count: count)
        case .messageAppended(let name, let flags, let octets, let uids):
            .messageAppended(clean(name), flags: flags.map { clean($0) }, octets: octets, uids: uids.map { clean($0) })
        case .messagesCopied(let messages, let name, let uids):
            .messagesCopied(clean(messages), to: clean(name), uids: uids.map { clean($0) })
        case .messagesMoved(let messages, let name, let uids):
            .messagesMoved(clean(messages), to: clean(name), uids: uids.map { clean($0) })
        case .mailboxCreated(let name): .mailboxCreated(clean(name))
        case .mailboxRenamed(let old, let new): .mailboxRenamed(clean(old), to: clean(new))
        case .mailboxDeleted(let name): .mailboxDeleted(clean(name))
        case .retrieved(let message, let octets, let wholeMessage):
            .retrieved(clean(message), octets: octets, wholeMessage: wholeMessage)
        case .deleted(let message): .deleted(clean(message))
        case .committed: act
        }
    }

    private func clean(_ message: MaildropReference) -> MaildropReference {
        MaildropReference(
            number: message.number, uid: message.uid.map { clean($0) }, messageID: message.messageID.map { clean($0) },
            subject: message.subject.map { clean($0) })
    }

    private func clean(_ messages: MessageReferences) -> MessageReferences {
        MessageReferences(
            mailbox: messages.mailbox.map { clean($0) }, numbers: messages.numbers.map { clean($0) },
            uids: messages.uids.map { clean($0) }, messageIDs: messages.messageIDs.map { clean($0) },
            subjects: messages.subjects.map { clean($0) })
    }
}

extension ByteBuffer {
    /// At most `count` octets of the beginning.
    fileprivate func start(_ count: Int) -> ByteBuffer { getSlice(at: readerIndex, length: min(count, readableBytes)) ?? self }

    /// Whether `needle` occurs in the readable bytes; letters are compared without regard to case.
    func contains(_ needle: ByteBuffer) -> Bool {
        let count = needle.readableBytes
        guard count > 0, count <= readableBytes else { return false }
        return unsafe withUnsafeReadableBytes { text in
            unsafe needle.withUnsafeReadableBytes { secret in
                // The first octet is looked for in both cases, which is fast; what follows it is compared.
                let first = unsafe secret[0].uppercased
                for octet in first.isLetter ? [first, first | 0x20] : [first] {
                    var start = 0
                    while let found = unsafe text.firstIndex(of: octet, from: start), found + count <= text.count {
                        var index = 1
                        while index < count, unsafe text[found + index].uppercased == secret[index].uppercased { index += 1 }
                        if index == count { return true }
                        start = found + 1
                    }
                }
                return false
            }
        }
    }
}
