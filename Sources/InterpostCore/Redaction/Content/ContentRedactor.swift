package import NIOCore

/// Replaces what a session says about people with pseudonyms of the same length, event by event, before it is recorded.
///
///     * LIST (\Sent) "/" "Projects/Anna"␍␊       * LIST (\Sent) "/" "Wqtbnmsk/Bcfo"␍␊
///     * 1 FETCH (BODY[TEXT] {11}␍␊               * 1 FETCH (BODY[TEXT] {11}␍␊
///     Dear Anna,␍␊)␍␊                            Kwpz Bcfo,␍␊)␍␊
///
/// Nothing changes its length and no structure changes, so all sizes stay true, and the redacted octets read as the same
/// events. What becomes of a value depends on the key and the value alone, so it is the same in every session of a
/// capture set. Credentials are not dealt with here. The article <doc:Redaction> has the rules and their limits.
///
/// One value for one session. Events are given in their order; memory does not grow with what passes.
package struct ContentRedactor: Sendable {
    private let mappers: ContentMappers
    private var client: ContentWalker
    private var server: ContentWalker
    /// The client's literal waits for a `+`, which may be refused.
    private var awaited: LiteralAnnouncement?
    private var pop3: POP3ContentRedactor
    private var opaque: (client: WordMapper?, server: WordMapper?) = (nil, nil)

    package init(_ level: RedactionLevel, key: any PseudonymKey) {
        mappers = ContentMappers(level, key: key)
        client = ContentWalker(mappers, remembering: \.isName)
        server = ContentWalker(mappers) { $0 == .mailbox }
        pop3 = POP3ContentRedactor(mappers)
    }

    var level: RedactionLevel { mappers.level }

    /// The octets to record in the event's place: exactly as many; `nil` where nothing changes.
    package mutating func redact(_ event: MailEvent) -> ByteBuffer? {
        guard mappers.level != .none else { return nil }
        switch event.meaning {
        case .part(let start): return redactPart(event, start)
        case .literal: return redactLiteral(event)
        case .idleDone where event.bytes.withoutLineEnd.equalsIgnoringCase("DONE"): return nil
        case .command, .response, .unknown, .idleDone: return redactLine(event)
        case .longResponse(_, let isLast):
            defer { if isLast { server.end() } }
            // A literal that the end of the line announces is mapped as a value of the open frame.
            let announces = !isLast && event.bytes.readableBytesView.last == .lineFeed
            return Self.mapLine(event.bytes, &server, announces: announces) { Self.responseShape(event.bytes) }
        case .greeting(let status), .status(let status): return redactStatus(status, event)
        case .completion(let status, let record):
            noteCompletion(status, of: record)
            return redactStatus(status, event)
        case .continuation(let purpose):
            if purpose == .literal { awaited = nil }
            return event.bytes.changed { replaceNames(in: &$0, from: 1) }
        case .opaque: return redactOpaque(event)
        case .saslResponse, .saslChallenge: return nil
        case .pop3Greeting, .pop3Command, .pop3Begin, .pop3Listing, .pop3Body, .pop3Completion: return pop3.redact(event)
        }
    }

    /// Takes note of an event whose octets are not recorded. Lines say what follows them; the octets of a server's literal or
    /// message say nothing about what follows them, and are not looked at.
    package mutating func learn(_ event: MailEvent) {
        switch event.meaning {
        case .literal where event.sender == .server: break
        case .pop3Body where event.sender == .server: break
        default: _ = redact(event)
        }
    }

    // MARK: - Lines and literals

    private mutating func redactPart(_ event: MailEvent, _ start: MailEvent.LiteralStart) -> ByteBuffer? {
        if event.sender == .client {
            let announcement = start.announcement
            awaited = announcement.isNonSynchronising && !announcement.isMinus ? nil : announcement
            return Self.mapLine(event.bytes, &client, announces: true) { Self.commandShape(event.bytes) }
        }
        return Self.mapLine(event.bytes, &server, announces: true) { Self.responseShape(event.bytes) }
    }

    private mutating func redactLine(_ event: MailEvent) -> ByteBuffer? {
        if event.sender == .client {
            awaited = nil
            defer { client.end() }
            // What a row says of a verb's arguments does not hold for arguments that the verb does not take.
            let isMalformed =
                if case .command(let command) = event.meaning, case .malformed = command.body { true } else { false }
            return Self.mapLine(event.bytes, &client, announces: false) {
                Self.commandShape(event.bytes, isMalformed: isMalformed)
            }
        }
        defer { server.end() }
        return Self.mapLine(event.bytes, &server, announces: false) { Self.responseShape(event.bytes) }
    }

    private mutating func redactLiteral(_ event: MailEvent) -> ByteBuffer? {
        if event.sender == .client { awaited = nil }
        return event.bytes.changed { event.sender == .client ? client.mapLiteral(&$0) : server.mapLiteral(&$0) }
    }

    /// A refused literal does not come: the next line is a command.
    private mutating func noteCompletion(_ status: IMAPStatus, of record: CommandRecord?) {
        guard let awaited, client.isActive, let record, record.command == nil else { return }
        self.awaited = nil
        if !awaited.isMinus || status.result != .ok { client.end() }
    }

    private static func mapLine(
        _ line: ByteBuffer, _ walker: inout ContentWalker, announces: Bool, shape: () -> (ContentShape, Int, UInt64?)
    ) -> ByteBuffer? {
        var start = 0
        if !walker.isActive {
            let (shape, length, number) = shape()
            walker.begin(shape, number: number)
            start = length
        }
        guard !walker.isIdle else { return nil }
        return line.changed { walker.mapLine(&$0, from: start, to: $0.count, announces: announces) }
    }

    /// `a UID COPY 1 "x"`: the shape of what follows COPY, and where that begins.
    private static func commandShape(_ line: ByteBuffer, isMalformed: Bool = false) -> (ContentShape, Int, UInt64?) {
        guard let (name, length) = IMAPCommand.head(of: line) else { return (.each(.unknown), 0, nil) }
        return (isMalformed ? .each(.words) : ContentGrammar.shape(ofCommand: name), length, nil)
    }

    private static func responseShape(_ line: ByteBuffer) -> (ContentShape, Int, UInt64?) {
        let response = IMAPResponse(reading: IMAPText(line: line))
        return (ContentGrammar.shape(ofResponse: response), min(response.headLength, line.readableBytes), response.number)
    }

    // MARK: - Others

    /// `a1 OK [PERMANENTFLAGS (\Seen Projects)] done`: what is in the brackets, and names that the client has used.
    private func redactStatus(_ status: IMAPStatus, _ event: MailEvent) -> ByteBuffer? {
        event.bytes.changed { bytes in
            // The place after the tag and the result.
            var place = status.tag.readableBytes
            while place < bytes.count, bytes[place] <= .space { place += 1 }
            while place < bytes.count, bytes[place] > .space, bytes[place] != UInt8(ascii: "[") { place += 1 }
            var hasChanged = false
            if let length = status.code?.readableBytes, let name = status.codeName {
                while place < bytes.count, bytes[place] != UInt8(ascii: "[") { place += 1 }
                let end = min(bytes.count, place + 1 + length)
                while place < end, bytes[place] > .space, bytes[place] != UInt8(ascii: "(") { place += 1 }
                var walker = ContentWalker(mappers)
                walker.begin(ContentGrammar.shape(ofCode: name))
                hasChanged = walker.mapLine(&bytes, from: place, to: end, announces: false)
                place = end
            }
            return replaceNames(in: &bytes, from: place) || hasChanged
        }
    }

    /// Octets of a text in which names are looked for; people read no more of one, and what follows is replaced word by word.
    private static let maximumText = 2048

    /// Replaces the names of both sides in a text. Says whether it may have changed.
    private func replaceNames(in bytes: inout MutableSpan<UInt8>, from start: Int) -> Bool {
        guard mappers.level.includes(.all), start < bytes.count else { return false }
        let end = min(bytes.count, start + Self.maximumText)
        var hasChanged = client.names.replace(in: &bytes, in: start..<end)
        if server.names.replace(in: &bytes, in: start..<end) { hasChanged = true }
        guard end < bytes.count else { return hasChanged }
        var mapper = WordMapper(mappers.words)
        for index in end..<bytes.count { bytes[index] = mapper.map(bytes[index]) }
        return true
    }

    /// Nobody knows what it is, so all its words are replaced.
    private mutating func redactOpaque(_ event: MailEvent) -> ByteBuffer? {
        var mapper = (event.sender == .client ? opaque.client : opaque.server) ?? WordMapper(mappers.words)
        defer { if event.sender == .client { opaque.client = mapper } else { opaque.server = mapper } }
        return event.bytes.changed { bytes in
            for index in 0..<bytes.count { bytes[index] = mapper.map(bytes[index]) }
            return true
        }
    }
}
