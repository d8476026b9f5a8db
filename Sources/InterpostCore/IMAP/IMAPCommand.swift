public import NIOCore

/// One whole client command (RFC 9051 §6), read leniently.
///
///     a1 UID FETCH 1:* (FLAGS BODY.PEEK[])␍␊
///     tag a1, name FETCH, usesUIDs, body .fetch(1:*, [FLAGS, BODY.PEEK[]])
///
/// To add a command: a case in ``Body`` and a row in ``verbs``, both in this file. What has no row is
/// ``Body/unknown``, with its name and its bytes.
public struct IMAPCommand: Sendable {
    public let tag: ByteBuffer
    /// In upper case, without `UID`.
    public let name: Keyword
    /// `UID FETCH`, `UID STORE`, …: numbers are UIDs.
    public let usesUIDs: Bool
    public let body: Body
    /// The bytes it was read from.
    public let text: IMAPText
    public let quirks: Quirks
    /// Octets of `text` before the arguments.
    private let argumentsOffset: Int

    public indirect enum Body: Sendable {
        case capability, noop, logout, startTLS, namespace, idle, check, close, unselect
        case expunge(SequenceSet?)
        case id([IMAPString])
        case enable([IMAPString])
        case login(user: IMAPString, password: Secret)
        case authenticate(mechanism: Keyword, initialResponse: Secret?)
        case compress(algorithm: Keyword)
        case select(MailboxName, readOnly: Bool)
        case create(MailboxName)
        case delete(MailboxName)
        case rename(MailboxName, to: MailboxName)
        case subscribe(MailboxName, Bool)
        case list(reference: IMAPString, patterns: [IMAPString], subscribedOnly: Bool)
        case status(MailboxName, [IMAPString])
        case append(MailboxName, flags: [IMAPString], sizes: [Int])
        case fetch(SequenceSet, [FetchItem])
        case store(SequenceSet, StoreOperation, [IMAPString])
        case copy(SequenceSet, to: MailboxName)
        case move(SequenceSet, to: MailboxName)
        case search(ByteBuffer)
        /// A verb that is not read further.
        case unknown
        /// A verb that is known, with arguments that are not what it takes.
        case malformed
    }

    /// What a STORE does with the flags it names.
    public enum StoreOperation: String, Sendable { case add, remove, replace }

    /// A verb and how its arguments are read; `nil` from the reader is ``Body/malformed``.
    private typealias Verb = (name: StaticString, read: @Sendable (inout IMAPReader) -> Body?)

    private static let verbs: [Verb] = [
        ("CAPABILITY", { _ in .capability }),
        ("NOOP", { _ in .noop }),
        ("LOGOUT", { _ in .logout }),
        ("STARTTLS", { _ in .startTLS }),
        ("NAMESPACE", { _ in .namespace }),
        ("IDLE", { _ in .idle }),
        ("CHECK", { _ in .check }),
        ("CLOSE", { _ in .close }),
        ("UNSELECT", { _ in .unselect }),
        ("EXPUNGE", { .expunge($0.sequenceSet()) }),
        ("ID", { $0.skipNIL() ? .id([]) : $0.list().map(Body.id) }),
        ("ENABLE", { .enable($0.strings()) }),
        (
            "LOGIN",
            { reader in
                guard let user = reader.string(), let password = reader.string(), reader.endsHere() else { return nil }
                return .login(user: user, password: Secret(password.bytes))
            }
        ),
        (
            "AUTHENTICATE",
            { reader in
                guard let mechanism = reader.keyword() else { return nil }
                let response = reader.string().map { Secret($0.bytes) }
                return reader.endsHere() ? .authenticate(mechanism: mechanism, initialResponse: response) : nil
            }
        ),
        ("COMPRESS", { $0.keyword().map(Body.compress) }),
        ("SELECT", { $0.mailbox().map { .select($0, readOnly: false) } }),
        ("EXAMINE", { $0.mailbox().map { .select($0, readOnly: true) } }),
        ("CREATE", { $0.mailbox().map(Body.create) }),
        ("DELETE", { $0.mailbox().map(Body.delete) }),
        (
            "RENAME",
            { reader in
                guard let old = reader.mailbox(), let new = reader.mailbox() else { return nil }
                return .rename(old, to: new)
            }
        ),
        ("SUBSCRIBE", { $0.mailbox().map { .subscribe($0, true) } }),
        ("UNSUBSCRIBE", { $0.mailbox().map { .subscribe($0, false) } }),
        ("LIST", { $0.listArguments(subscribedOnly: false) }),
        ("LSUB", { $0.listArguments(subscribedOnly: true) }),
        ("XLIST", { $0.listArguments(subscribedOnly: false) }),
        (
            "STATUS",
            { reader in
                guard let mailbox = reader.mailbox(), let items = reader.list() else { return nil }
                return .status(mailbox, items)
            }
        ),
        ("APPEND", { $0.appendArguments() }),
        (
            "FETCH",
            { reader in
                reader.sequenceSet().map { .fetch($0, FetchItem.readList(&reader)) }
            }
        ),
        ("STORE", { $0.storeArguments() }),
        (
            "COPY",
            { reader in
                guard let set = reader.sequenceSet(), let mailbox = reader.mailbox() else { return nil }
                return .copy(set, to: mailbox)
            }
        ),
        (
            "MOVE",
            { reader in
                guard let set = reader.sequenceSet(), let mailbox = reader.mailbox() else { return nil }
                return .move(set, to: mailbox)
            }
        ),
        (
            "SEARCH",
            { reader in
                reader.skipSpaces()
                return .search(reader.rest)
            }
        ),
    ]

    private static let readers = Dictionary(uniqueKeysWithValues: verbs.map { (Keyword($0.name), $0.read) })

    /// Reads a whole command, or returns `nil` for a line that has no tag and verb.
    init?(reading text: IMAPText) {
        var reader = IMAPReader(text)
        guard let tag = reader.atom(stoppingAt: " \t"), var name = reader.keyword() else { return nil }
        var usesUIDs = false
        if name == Keyword("UID"), let verb = reader.keyword() {
            usesUIDs = true
            name = verb
        }
        self.tag = tag
        self.name = name
        self.usesUIDs = usesUIDs
        self.text = text
        argumentsOffset = text.bytes.readableBytes - reader.rest.readableBytes
        body = Self.readers[name].map { $0(&reader) ?? .malformed } ?? .unknown
        quirks = reader.quirks
    }

    /// The tag and verb of a command's first line, before the rest of it has come.
    static func beginning(_ line: ByteBuffer) -> (tag: ByteBuffer, name: Keyword)? {
        var reader = IMAPReader(IMAPText(line: line))
        guard let tag = reader.atom(stoppingAt: " \t"), let name = reader.keyword() else { return nil }
        return (tag, name)
    }
}

extension IMAPReader {
    /// Whether nothing but spaces is left.
    fileprivate mutating func endsHere() -> Bool {
        skipSpaces()
        return isAtEnd
    }

    /// Passes over the atom NIL, if it stands here.
    fileprivate mutating func skipNIL() -> Bool {
        var ahead = self
        guard ahead.keyword() == Keyword("NIL") else { return false }
        self = ahead
        return true
    }

    fileprivate mutating func mailbox() -> MailboxName? { string().map(MailboxName.init) }

    fileprivate mutating func sequenceSet() -> SequenceSet? {
        skipSpaces()
        return atom().map(SequenceSet.init)
    }

    /// `[(options)] reference pattern-or-(patterns) [RETURN (…)]`
    fileprivate mutating func listArguments(subscribedOnly: Bool) -> IMAPCommand.Body? {
        skipSpaces()
        if peek == UInt8(ascii: "(") { skipValue() }
        guard let reference = string() else { return nil }
        skipSpaces()
        guard let patterns = peek == UInt8(ascii: "(") ? list() : string().map({ [$0] }) else { return nil }
        return .list(reference: reference, patterns: patterns, subscribedOnly: subscribedOnly)
    }

    /// `mailbox [(flags)] ["date"] {n}`, the last three once per message (RFC 3502).
    fileprivate mutating func appendArguments() -> IMAPCommand.Body? {
        guard let mailbox = mailbox() else { return nil }
        skipSpaces()
        // A list further on is no list of flags: UTF8 (~{n}), CATENATE (TEXT {n}), or the next message's flags.
        let flags = peek == UInt8(ascii: "(") ? list() ?? [] : []
        var sizes: [Int] = []
        while !isAtEnd {
            skipSpaces()
            if peek == UInt8(ascii: "(") {
                let words = list() ?? []
                sizes += words.filter { $0.form == .literal }.map(\.length)
            } else if let word = string() {
                if word.form == .literal { sizes.append(word.length) }
            } else {
                advance()
            }
        }
        return .append(mailbox, flags: flags, sizes: sizes)
    }

    /// `1:3 [(UNCHANGEDSINCE n)] +FLAGS[.SILENT] (flags)`. What else can be stored (ANNOTATION, X-GM-LABELS) is no flag.
    fileprivate mutating func storeArguments() -> IMAPCommand.Body? {
        guard let set = sequenceSet() else { return nil }
        skipSpaces()
        if peek == UInt8(ascii: "(") { skipValue() }
        skipSpaces()
        let operation: IMAPCommand.StoreOperation = skip("+") ? .add : skip("-") ? .remove : .replace
        guard let item = keyword() else { return nil }
        guard item == Keyword("FLAGS") || item == Keyword("FLAGS.SILENT") else { return .unknown }
        skipSpaces()
        let flags = peek == UInt8(ascii: "(") ? list() ?? [] : strings()
        return .store(set, operation, flags)
    }
}

extension IMAPCommand {
    /// What stands behind the verb, literals put in where they belong; for logs, and only for verbs whose arguments
    /// are known to hold no secret. Messages that APPEND carries stay out.
    var writtenArguments: ByteBuffer {
        var source = text.bytes
        source.moveReaderIndex(forwardBy: min(source.readableBytes, argumentsOffset))
        while source.readableBytes > 0, source.byte(at: source.readerIndex) == .space { source.moveReaderIndex(forwardBy: 1) }
        guard !text.literals.isEmpty else { return source }
        let carriesMessages = if case .append = body { true } else { false }
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

    /// `UID FETCH`, `NOOP`.
    public var title: CommandName { CommandName(keyword: name, usesUIDs: usesUIDs) }

    /// The mailbox that the command names, if it names one.
    public var mailbox: MailboxName? {
        switch body {
        case .select(let name, _), .create(let name), .delete(let name), .rename(let name, _), .subscribe(let name, _),
            .status(let name, _), .append(let name, _, _), .copy(_, let name), .move(_, let name):
            name
        default: nil
        }
    }
}
