package import NIOCore

extension StrictCommand {
    static let maximumTag = 64

    /// Reads one whole command. APPEND and REPLACE are whole once the literal of their message is announced.
    ///
    ///     a1 uid fetch 1:4 (body[])      tag a1, name FETCH, usesUIDs, body .fetch(1:4, [BODY[]])
    ///     a1 FETCH  1:4 (BODY[])         malformed: two spaces
    ///     a1 FROB                        unknown
    package init(reading text: IMAPText) throws(StrictRefusal) {
        guard !text.isCutShort else { throw .malformed("a line that is too long") }
        // mutt ends `AUTHENTICATE CRAM-MD5 ` with a space. What is written anew has none.
        var reader = StrictReader(text.withoutTrailingSpace)
        let tag = try reader.tag()
        var name: CommandName?
        do {
            try reader.space()
            let head = try reader.commandName()
            name = CommandName(keyword: head.name, usesUIDs: head.usesUIDs)
            let body = try reader.body(of: head.name, usesUIDs: head.usesUIDs)
            try reader.end()
            self.init(tag: tag, name: head.name, usesUIDs: head.usesUIDs, body: body)
        } catch {
            throw StrictRefusal(error.kind, tag: tag, name: error.name ?? name, reason: error.reason)
        }
    }

    /// The tag at the beginning of a line, whatever follows it; answers to the line go to it.
    package static func tag(of line: ByteBuffer) -> ByteBuffer? {
        var reader = StrictReader(line: line)
        guard let tag = try? reader.tag(), reader.isAtEnd || reader.peek == .space else { return nil }
        return tag
    }

    /// The tag and verb of a command's first line, before the rest of it has come.
    static func head(of line: ByteBuffer) -> (tag: ByteBuffer, name: Keyword, usesUIDs: Bool)? {
        var reader = StrictReader(line: line)
        guard let tag = try? reader.tag(), (try? reader.space()) != nil, let head = try? reader.commandName(),
            reader.isAtEnd || reader.peek == .space
        else { return nil }
        return (tag, head.name, head.usesUIDs)
    }
}

extension IMAPText {
    /// Without the one space at the end of the last line, where something precedes it there.
    fileprivate var withoutTrailingSpace: IMAPText {
        let bytes = bytes.readableBytesView
        guard bytes.last == .space, let before = bytes.dropLast().last, before > .space else { return self }
        var text = self
        text.bytes.moveWriterIndex(to: text.bytes.writerIndex - 1)
        return text
    }
}

extension StrictReader {
    fileprivate mutating func tag() throws(StrictRefusal) -> ByteBuffer {
        guard let tag = try? word(of: .tag), tag.readableBytes <= StrictCommand.maximumTag else {
            throw .malformed("no tag of letters and digits")
        }
        return tag
    }

    /// `FETCH`, or `UID FETCH`.
    fileprivate mutating func commandName() throws(StrictRefusal) -> (name: Keyword, usesUIDs: Bool) {
        let first = try verb()
        guard first == Keyword("UID") else { return (first, false) }
        try space()
        return (try verb(), true)
    }

    private mutating func verb() throws(StrictRefusal) -> Keyword {
        guard let name = Keyword(try word(of: .verb).readableBytesView) else {
            throw StrictRefusal(.unknown, reason: "a verb that is not known")
        }
        return name
    }

    fileprivate mutating func body(of name: Keyword, usesUIDs: Bool) throws(StrictRefusal) -> IMAPCommand.Body {
        guard let verb = StrictVerb.named(name) else {
            guard IMAPVerb.named(name) != nil else { throw StrictRefusal(.unknown, reason: "a verb that is not known") }
            try lexicalArguments()
            return .vendor([])
        }
        guard !usesUIDs || verb.numbers != .none else { throw .malformed("a verb that takes no UIDs") }
        if verb.numbers == .uidArgument, !usesUIDs { return .expunge(nil) }
        return try verb.read(&self, usesUIDs)
    }

    /// Arguments of a command that is not passed on: every token must be one, and no more.
    private mutating func lexicalArguments() throws(StrictRefusal) {
        while !isAtEnd {
            try space()
            var depth = 0
            repeat {
                try countElement()
                if skip("(") {
                    depth += 1
                    guard depth <= Self.maximumDepth else { throw .malformed("lists that are nested too deep") }
                    if peek != UInt8(ascii: ")") { continue }
                } else if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "{")
                    || peek == UInt8(ascii: "~") && peek(1) == UInt8(ascii: "{")
                {
                    _ = try string(allowsBinary: true)
                } else {
                    _ = try word(of: .bare)
                }
                while depth > 0, skip(")") { depth -= 1 }
                if depth > 0 { try space() }
            } while depth > 0
        }
    }
}
