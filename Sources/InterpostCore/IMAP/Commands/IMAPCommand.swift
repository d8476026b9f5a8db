public import NIOCore

/// One whole client command (RFC 9051 §6), read leniently.
///
///     a1 UID FETCH 1:* (FLAGS BODY.PEEK[])␍␊
///     tag a1, name FETCH, usesUIDs, body .fetch(1:*, [FLAGS, BODY.PEEK[]], modifiers: [])
///
/// To add a command: a row in `IMAPVerb.all`, and a case in ``Body`` where its arguments are more than a few values in a
/// fixed order. What has no row is ``Body/unknown``, with its name and its bytes.
public struct IMAPCommand: Sendable {
    /// As the client wrote it.
    public let tag: ByteBuffer
    /// In upper case, without `UID`.
    public let name: Keyword
    /// `UID FETCH`, `UID STORE`, …: numbers are UIDs.
    public let usesUIDs: Bool
    /// What the command asks for, by its verb.
    public let body: Body
    /// The bytes it was read from.
    public let text: IMAPText
    /// The leniencies that reading the command needed.
    public let quirks: Quirks
    /// Whether the verb's arguments never hold a secret or a message.
    let hasHarmlessArguments: Bool
    /// Octets of `text` before the arguments.
    private let argumentsOffset: Int

    /// What the command asks for, by the RFC that defines it. Verbs that differ only in spelling (`LSUB`, `XMOVE`,
    /// `LOCALCREATE`) share a case; ``IMAPCommand/name`` tells them apart.
    public indirect enum Body: Sendable {
        // RFC 9051 §6.1 and §6.2, and what changes the session.
        case capability, noop, logout, startTLS, unauthenticate
        case id([IDField])
        case enable([IMAPString])
        case login(user: IMAPString, password: Secret)
        /// `initialResponse` is `nil` where the client waits for a challenge.
        case authenticate(mechanism: Keyword, initialResponse: Secret?)
        case compress(algorithm: Keyword)
        case language([IMAPString])
        case comparator([IMAPString])

        // RFC 9051 §6.3.
        case select(MailboxName, readOnly: Bool, parameters: [IMAPOption])
        case create(MailboxName, parameters: [IMAPOption])
        case delete(MailboxName)
        case rename(MailboxName, to: MailboxName, parameters: [IMAPOption])
        case subscribe(MailboxName)
        case unsubscribe(MailboxName)
        case list(ListRequest)
        case namespace
        case status(MailboxName, [Keyword])
        case append(MailboxName, [AppendedMessage])
        case idle
        /// `DONE` where no IDLE is under way.
        case done

        // RFC 9051 §6.4.
        case check, close, unselect
        /// The UIDs of UID EXPUNGE; `nil` for EXPUNGE.
        case expunge(SequenceSet?)
        case search(SearchRequest)
        case sort([Keyword], SearchRequest)
        case thread(algorithm: Keyword, SearchRequest)
        case fetch(SequenceSet, [FetchItem], modifiers: [IMAPOption])
        case store(SequenceSet, StoreRequest)
        case copy(SequenceSet, to: MailboxName)
        case move(SequenceSet, to: MailboxName)
        case replace(SequenceSet, MailboxName, AppendedMessage)
        case convert(SequenceSet, to: IMAPValue, [FetchItem])
        case cancelUpdate(tags: [IMAPString])
        case filter(script: SieveScript, SearchRequest)

        // Rights, quota, annotations, notifications.
        case getACL(MailboxName)
        case setACL(MailboxName, identifier: IMAPString, rights: IMAPString)
        case deleteACL(MailboxName, identifier: IMAPString)
        case listRights(MailboxName, identifier: IMAPString)
        case myRights(MailboxName)
        case getQuota(root: IMAPString)
        case getQuotaRoot(MailboxName)
        case setQuota(root: IMAPString, limits: [QuotaLimit])
        case getMetadata(MailboxName, entries: [IMAPString], options: [IMAPOption])
        case setMetadata(MailboxName, [MetadataEntry])
        case getAnnotation(MailboxName, entries: [IMAPString], attributes: [IMAPString])
        case setAnnotation(MailboxName, [IMAPValue])
        /// `nil` for NOTIFY NONE.
        case notify(NotifyRequest?)
        case generateURLAuth([URLMechanism])
        /// The mailbox is `nil` where the command names none.
        case resetKey(MailboxName?, mechanisms: [Keyword])
        case urlFetch([URLPart])
        case applePushService(keys: [IMAPString], mailboxes: [MailboxName])

        // Commands of servers' own and of IMAP's past.
        case find(kind: Keyword, pattern: IMAPString)
        /// `start` and `count` are octets of the item.
        case partial(message: UInt64, FetchItem, start: UInt64, count: UInt64)
        /// READONLY, READWRITE of IMAP3.
        case setReadOnly(Bool)
        case transfer(MailboxName, server: IMAPString, partition: IMAPString?)
        /// A verb with one mailbox that some server has for its administrator.
        case maintain(MailboxName, options: [IMAPValue])
        case xclient([IMAPString])
        case courierACL(action: Keyword, [IMAPString])
        /// A verb with nothing but values in a fixed order: CONVERSIONS, UIDBATCHES, GETJMAPACCESS, XKILLMY, X-CANCEL.
        case plain([PlainArgument])
        /// A verb that some server knows, whose arguments nobody has documented: the values as they came.
        case vendor([IMAPValue])

        /// A verb that is not known.
        case unknown
        /// A verb that is known, with arguments that are not what it takes.
        case malformed
    }

    /// Reads a command of one line, with its line end or without; `nil` for a line that has no tag and verb.
    ///
    ///     a1 STORE 2 +FLAGS (\Seen)␍␊      name STORE, body .store(2, …)
    public init?(reading line: ByteBuffer) { self.init(reading: IMAPText(line: line)) }

    /// Reads a whole command, or returns `nil` for a line that has no tag and verb.
    public init?(reading text: IMAPText) {
        var reader = IMAPReader(text, from: 0, sender: .client)
        guard let tag = reader.atom(stoppingAt: " \t"), var name = reader.verb() else { return nil }
        var usesUIDs = false
        if name == Keyword("UID"), let verb = reader.verb() {
            usesUIDs = true
            name = verb
        }
        self.tag = tag
        self.name = name
        self.usesUIDs = usesUIDs
        self.text = text
        argumentsOffset = text.bytes.readableBytes - reader.rest.readableBytes
        let verb = IMAPVerb.named(name)
        hasHarmlessArguments = verb?.hasHarmlessArguments ?? false
        if let verb {
            body = usesUIDs && !verb.takesUID ? .malformed : verb.read(&reader) ?? .malformed
        } else {
            body = .unknown
        }
        switch body {
        case .malformed, .unknown, .vendor: break
        default: reader.noteWhatIsLeft()
        }
        quirks = reader.quirks
    }

    /// The tag and verb of a command's first line, before the rest of it has come.
    static func beginning(_ line: ByteBuffer) -> (tag: ByteBuffer, name: Keyword)? {
        var reader = IMAPReader(IMAPText(line: line), from: 0, sender: .client)
        guard let tag = reader.atom(stoppingAt: " \t"), let name = reader.keyword() else { return nil }
        return (tag, name)
    }

    /// The verb of a command's first line, without a UID before it, and how many octets precede its arguments.
    static func head(of line: ByteBuffer) -> (name: Keyword, length: Int)? {
        var reader = IMAPReader(IMAPText(line: line), from: 0, sender: .client)
        guard reader.atom(stoppingAt: " \t") != nil, var name = reader.verb() else { return nil }
        if name == Keyword("UID"), let verb = reader.verb() { name = verb }
        return (name, line.withoutLineEnd.readableBytes - reader.octetsLeft)
    }
}

extension IMAPReader {
    /// The next word as the name of a command.
    fileprivate mutating func verb() -> Keyword? {
        skipSpaces()
        let isLowerCase = peek.isLetter && peek != peek.uppercased
        guard let name = keyword() else { return nil }
        if isLowerCase, IMAPVerb.named(name) != nil { note(.lowerCaseKeyword) }
        return name
    }

    /// Arguments that the verb does not take.
    fileprivate mutating func noteWhatIsLeft() {
        skipSpaces()
        guard !isAtEnd else { return }
        switch string()?.form {
        case .literal, .literal8: note(.literalNotTaken)
        default: note(.argumentsLeftOver)
        }
    }
}

extension IMAPCommand {
    /// What follows the verb, with literals put in where they belong; for logs, and only for verbs whose arguments are
    /// known to hold no secret. Messages that APPEND carries are left out.
    var writtenArguments: ByteBuffer {
        var source = text.bytes
        source.moveReaderIndex(forwardBy: min(source.readableBytes, argumentsOffset))
        while source.readableBytes > 0, source.byte(at: source.readerIndex) == .space { source.moveReaderIndex(forwardBy: 1) }
        guard !text.literals.isEmpty else { return source }
        var written = ByteBuffer()
        for literal in text.literals {
            guard var line = source.readSlice(length: max(0, literal.position - source.readerIndex)) else { continue }
            line.dropLineEnd()
            var marker = line.readableBytesView.lastIndex(of: UInt8(ascii: "{")) ?? line.writerIndex
            if literal.announcement.isBinary, marker > line.readerIndex { marker -= 1 }
            let isMailbox = written.readableBytes == 0 && marker == line.readerIndex
            if let octets = literal.octets, literal.announcement.length <= 200, isMailbox || !carriesMessages {
                line.moveWriterIndex(to: marker)
                written.writeImmutableBuffer(line)
                written.writeImmutableBuffer(octets)
            } else {
                written.writeImmutableBuffer(line)
            }
        }
        written.writeImmutableBuffer(source)
        return written
    }

    private var carriesMessages: Bool {
        switch body {
        case .append, .replace: true
        default: false
        }
    }

    /// `UID FETCH`, `NOOP`.
    public var title: CommandName { CommandName(keyword: name, usesUIDs: usesUIDs) }

    /// The messages that the command names.
    public var messages: SequenceSet? {
        switch body {
        case .fetch(let set, _, _), .store(let set, _), .copy(let set, _), .move(let set, _), .replace(let set, _, _),
            .convert(let set, _, _), .expunge(let set?):
            set
        case .plain(let arguments): arguments.firstSet
        default: nil
        }
    }

    /// The mailbox that the command names first, if it names one.
    public var mailbox: MailboxName? {
        switch body {
        case .select(let name, _, _), .create(let name, _), .delete(let name), .rename(let name, _, _), .subscribe(let name),
            .unsubscribe(let name), .status(let name, _), .append(let name, _), .copy(_, let name), .move(_, let name),
            .replace(_, let name, _), .getACL(let name), .setACL(let name, _, _), .deleteACL(let name, _),
            .listRights(let name, _), .myRights(let name), .getQuotaRoot(let name), .getMetadata(let name, _, _),
            .setMetadata(let name, _), .getAnnotation(let name, _, _), .setAnnotation(let name, _), .resetKey(let name?, _),
            .transfer(let name, _, _), .maintain(let name, _):
            name
        case .plain(let arguments): arguments.mailboxes.first
        default: nil
        }
    }
}
