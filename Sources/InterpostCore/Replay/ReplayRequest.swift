import NIOCore

/// A client's command as it is compared, with secrets left out.
///
///     a1 select "inbox"␍␊      exact: ` select "inbox"`, normal: SELECT and the string INBOX
struct ReplayRequest: Sendable {
    /// What a command is for, where replaying it is more than comparing it.
    enum Role: Sendable, Equatable {
        case other
        /// It changes nothing, and what the server says to it would have come anyway.
        case poll
        /// It changes nothing, and what the server says to it is for this command alone.
        case question
        case compress
        /// A line that is not a command, or DONE where no IDLE is on.
        case noise
        case logout
        /// USER, the first half of a login.
        case user
        /// The name is `nil` where no SASL mechanism is used.
        case login(mechanism: Keyword?, hasInitialResponse: Bool)
    }

    /// The octets after the tag, secrets and literals left out.
    var exact: ByteBuffer
    /// A digest of the octets of literals.
    var digest: UInt64
    /// A spelling that all equal commands share.
    var normal: ByteBuffer
    var role: Role

    /// CAPABILITY or CAPA.
    var asksForCapabilities: Bool { role == .question && ["CAPABILITY", "CAPA"].contains("\(normalName)") }
    /// The literal, counted from 1, before which the recorded command was refused; the forms are then those of its beginning.
    var refusedLiteral: Int?

    /// What can be answered without a recording.
    var substitute: ReplaySubstitute?

    /// What is answered depends on the selected mailbox.
    var isAboutMessages = false

    var isLogin: Bool { if case .login = role { true } else { false } }

    /// It may be repeated or left out without a difference that a mail client can see.
    var changesNothing: Bool { role == .poll || role == .question || role == .compress || role == .noise }

    /// Any line that is not a command: it may be a secret that was typed in the wrong place.
    static let noise = ReplayRequest(exact: ByteBuffer(), digest: 0, normal: ByteBuffer(), role: .noise)
    static let shownNoise = "a line that is no command"

    // MARK: - IMAP

    init(_ command: IMAPCommand, digest: UInt64) {
        var exact = command.text.bytes
        exact.moveReaderIndex(forwardBy: min(command.tag.readableBytes, exact.readableBytes))
        let canonical = CanonicalForm(command)
        self.init(exact: exact.ownCopy, digest: digest, normal: canonical.bytes, role: .other)
        let title = "\(command.title)"
        switch command.body {
        case .login:
            mask(exact: title)
            role = .login(mechanism: nil, hasInitialResponse: false)
        case .authenticate(let mechanism, let response):
            mask(exact: "\(title) \(mechanism)\(response == nil ? "" : " =")")
            role = .login(mechanism: mechanism, hasInitialResponse: response != nil)
        case .malformed where command.name == Keyword("LOGIN") || command.name == Keyword("AUTHENTICATE"):
            mask(exact: title + " ?")
        case .noop, .check: role = .poll
        case .capability, .id: role = .question
        case .compress: role = .compress
        case .logout: role = .logout
        default: break
        }
        // NOOP touches nothing, but is told what has changed there.
        isAboutMessages = IMAPVerb.named(command.name)?.reach.contains(.selected) == true || command.name == Keyword("NOOP")
        if case .id = command.body { normal = ByteBuffer(string: "ID") }
        substitute = ReplaySubstitute(command)
    }

    /// The beginning of a command whose literal was not wanted.
    init(beginning command: IMAPCommand) {
        self.init(command, digest: 0)
        refusedLiteral = command.text.literals.count
        if command.name == Keyword("LOGIN") || command.name == Keyword("AUTHENTICATE") {
            mask(exact: "\(command.title)")
        } else {
            normal = CanonicalForm(command, dropsLastLiteral: true).bytes
        }
    }

    // MARK: - POP3

    init(_ command: POP3Command, name: Keyword?, line: ByteBuffer) {
        let text = line.withoutLineEnd
        var normal = ByteBuffer(string: name?.description ?? "")
        for word in text.readableBytesView.split(separator: .space).dropFirst(name == nil ? 0 : 1) {
            normal.writeStaticString(" ")
            normal.writeBytes(word)
        }
        self.init(exact: text.ownCopy, digest: 0, normal: normal, role: .other)
        let title = name?.description ?? ""
        switch command {
        case .user:
            mask(exact: title)
            role = .user
        case .pass, .apop:
            mask(exact: title)
            role = .login(mechanism: nil, hasInitialResponse: false)
        case .rpop, .mdef, .xclient: mask(exact: title)
        case .auth(let mechanism?, let response):
            mask(exact: "\(title) \(mechanism)\(response == nil ? "" : " =")")
            role = .login(mechanism: mechanism, hasInitialResponse: response != nil)
        case .noop: role = .poll
        case .capa, .auth(mechanism: nil, _): role = .question
        case .compress: role = .compress
        case .quit: role = .logout
        default: break
        }
    }

    private init(exact: ByteBuffer, digest: UInt64, normal: ByteBuffer, role: Role) {
        self.exact = exact
        self.digest = digest
        self.normal = normal
        self.role = role
    }

    /// What follows the verb is a secret: it is only known that something is there.
    private mutating func mask(exact text: String) {
        exact = ByteBuffer(string: text)
        normal = exact
        digest = 0
    }

    // MARK: - Comparing

    /// Whether this recorded command is the live one.
    func isAsked(by live: ReplayRequest, _ matching: ReplayOptions.Matching, comparingLiterals: Bool) -> Bool {
        if refusedLiteral != nil, live.refusedLiteral == nil {
            return matching != .strict && live.normal.readableBytesView.starts(with: normal.readableBytesView)
        }
        guard refusedLiteral == live.refusedLiteral else { return false }
        guard matching == .strict else { return normal == live.normal }
        return exact == live.exact && (digest == live.digest || !comparingLiterals)
    }
}

/// One spelling for all ways to write a command: verb in upper case, one space, strings by their length and octets.
///
///     STATUS "a b" (messages)      STATUS 3:a b 8:MESSAGES
private struct CanonicalForm {
    private enum Token { case open, close, string(IMAPString, depth: Int) }

    private(set) var bytes: ByteBuffer

    init(_ command: IMAPCommand, dropsLastLiteral: Bool = false) {
        bytes = ByteBuffer(string: "\(command.title)")
        if case .append(let mailbox, let messages) = command.body, !dropsLastLiteral {
            write(mailbox.string)
            for message in messages {
                bytes.writeStaticString(" (")
                for flag in message.flags { write(flag, folded: true) }
                bytes.writeStaticString(")")
            }
            return
        }
        var tokens = Self.tokens(of: command)
        if dropsLastLiteral { tokens = tokens.dropLast() }
        let folds = Self.verbsOfWords.contains(command.name)
        let foldsLists = Self.verbsWithWordLists.contains(command.name)
        var index = 0
        while index < tokens.count {
            // A list of one is its element.
            if index + 2 < tokens.count, case .open = tokens[index], case .string(let string, let depth) = tokens[index + 1],
                case .close = tokens[index + 2]
            {
                write(string, folded: folds || (foldsLists && depth > 0))
                index += 3
                continue
            }
            switch tokens[index] {
            case .open: bytes.writeStaticString(" (")
            case .close: bytes.writeStaticString(" )")
            case .string(let string, let depth): write(string, folded: folds || (foldsLists && depth > 0))
            }
            index += 1
        }
    }

    /// Verbs whose arguments are words of the protocol or are looked for without regard to case, and no names that somebody
    /// gave.
    private static let verbsOfWords: Set<Keyword> = [
        Keyword("FETCH"), Keyword("STORE"), Keyword("SEARCH"), Keyword("SORT"), Keyword("THREAD"), Keyword("ENABLE"),
        Keyword("COMPRESS"),
    ]
    /// Verbs with a mailbox's name, and words of the protocol in parentheses.
    private static let verbsWithWordLists: Set<Keyword> = [
        Keyword("STATUS"), Keyword("SELECT"), Keyword("EXAMINE"), Keyword("LIST"), Keyword("LSUB"), Keyword("XLIST"),
    ]

    private static func tokens(of command: IMAPCommand) -> [Token] {
        var reader = IMAPReader(command.text, from: 0, sender: .client)
        _ = reader.atom(stoppingAt: " \t")
        _ = reader.keyword()
        if command.usesUIDs { _ = reader.keyword() }
        var tokens: [Token] = []
        var depth = 0
        while true {
            reader.skipSpaces()
            if reader.isAtEnd { return tokens }
            if reader.skip("(") {
                depth += 1
                tokens.append(.open)
            } else if reader.skip(")") {
                depth -= 1
                tokens.append(.close)
            } else if let string = reader.string() {
                tokens.append(.string(string, depth: depth))
            } else {
                reader.advance()
            }
        }
    }

    private mutating func write(_ string: IMAPString, folded: Bool = false) {
        bytes.writeString(" \(string.length):")
        if string.isINBOX || folded {
            bytes.writeBytes(string.bytes.readableBytesView.map(\.uppercased))
        } else {
            bytes.writeImmutableBuffer(string.bytes)
        }
    }
}
