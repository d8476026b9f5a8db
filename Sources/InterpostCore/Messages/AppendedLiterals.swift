import NIOCore

/// Tells which literals of an APPEND or REPLACE are messages (RFC 9051 §6.3.12, RFC 4469, RFC 6855, RFC 8508).
///
///     a APPEND {4}␍␊Sent (\Seen) {120}␍␊…                       the mailbox; a message
///     a APPEND Sent CATENATE (URL "/x" TEXT {30}␍␊… TEXT {40}   two pieces of one, and a piece is missing
struct AppendedLiterals: Sendable {
    enum Role {
        /// A whole message.
        case message
        /// The part of a message between its URLs.
        case piece
        case other
    }

    let verb: Keyword
    private(set) var mailbox: MailboxName?
    /// A part of the message is somewhere else.
    private(set) var hasURL = false
    /// Lists that have begun: pieces of one message are in one of them.
    private(set) var lists = 0
    /// The list that a line has closed first, and whether a part of it is somewhere else.
    private(set) var closed: (list: Int, hasURL: Bool)?
    /// Words before the mailbox: the message that REPLACE replaces.
    private var leading: Int
    private var depth = 0
    private var lastWord: Keyword?
    private var list: Keyword?
    private var literal: Role = .other
    private var name: ByteBuffer?

    init(_ verb: Keyword) {
        self.verb = verb
        leading = verb == Keyword("REPLACE") ? 1 : 0
    }

    /// Takes a line from its arguments on, without the announcement at its end, and says what the announced literal is.
    mutating func read(_ line: ByteBuffer) -> Role {
        if let name { mailbox = MailboxName(IMAPString(name, form: .literal)) }
        (name, closed) = (nil, nil)
        var reader = IMAPReader(IMAPText(line: line), from: 0, sender: .client)
        while true {
            reader.skipSpaces()
            if reader.isAtEnd { break }
            if reader.skip("(") {
                if depth == 0 { (list, hasURL, lists) = (lastWord, false, lists + 1) }
                depth += 1
            } else if reader.skip(")") {
                depth = max(0, depth - 1)
                if depth == 0, closed == nil { closed = (lists, hasURL) }
            } else if let word = reader.string() {
                take(word)
            } else {
                reader.advance()
            }
        }
        literal = role()
        return literal
    }

    /// Takes octets of the literal: it may be the mailbox.
    mutating func read(literal chunk: ByteBuffer) {
        guard let known = name, known.readableBytes < 1024 else { return }
        name?.writeBytes(chunk.readableBytesView.prefix(1024 - known.readableBytes))
    }

    private mutating func take(_ word: IMAPString) {
        lastWord = word.form == .atom ? Keyword(word.bytes.readableBytesView) : nil
        if depth == 1, list == Keyword("CATENATE"), lastWord == Keyword("URL") { hasURL = true }
        if leading > 0 { leading -= 1 } else if mailbox == nil { mailbox = MailboxName(word) }
    }

    private mutating func role() -> Role {
        defer { lastWord = nil }
        guard mailbox != nil else {
            name = ByteBuffer()
            return .other
        }
        guard depth > 0 else { return .message }
        guard depth == 1 else { return .other }
        switch list {
        case Keyword("UTF8"): return .message
        case Keyword("CATENATE"): return lastWord == Keyword("TEXT") ? .piece : .other
        default: return .other
        }
    }
}
