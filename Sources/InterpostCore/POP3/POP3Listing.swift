public import NIOCore

/// What a line of a listing says, or the one line of a reply to STAT, LIST 1, UIDL 1, LAST, LANG de or XSENDER 1. Read
/// when somebody asks, for the command that it answers.
///
///     C: LIST␍␊       S: 1 120␍␊          .scan(message: 1, octets: 120)
///     C: UIDL 1␍␊     S: +OK 1 a7␍␊       .uniqueID(message: 1, id: a7)
public enum POP3Listing: Hashable, Sendable {
    /// STAT: the drop listing (RFC 1939 §5).
    case drop(messages: UInt64, octets: UInt64?)
    /// LIST: a scan listing (RFC 1939 §5).
    case scan(message: UInt64, octets: UInt64?)
    /// UIDL: a unique-id listing (RFC 1939 §7). Each of the two may be missing.
    case uniqueID(message: UInt64?, id: ByteBuffer?)
    /// LAST: the highest number of a message that was accessed (RFC 1460 §5).
    case lastAccessed(message: UInt64)
    case capability(POP3Capability)
    /// AUTH without a mechanism.
    case mechanism(Keyword)
    /// LANG (RFC 6856 §3.2); the text is the language's name, or what the server says in it.
    case language(tag: ByteBuffer, text: ByteBuffer)
    /// XTND XLST: one field of a message's header.
    case header(message: UInt64, field: ByteBuffer)
    /// XSENDER.
    case sender(ByteBuffer)
    /// What is not read further.
    case text(ByteBuffer)
}

extension POP3Listing {
    /// A line of the listing that answers `command`, as it came: dot-stuffed, with or without its line end.
    public static func read(line: ByteBuffer, answering command: POP3Command) -> (listing: POP3Listing, quirks: Quirks) {
        var line = line.withoutLineEnd
        var isUnstuffed = false
        if line.readableBytes > 0, line.byte(at: line.readerIndex) == .dot {
            isUnstuffed = line.readableBytes == 1 || line.byte(at: line.readerIndex + 1) != .dot
            if !isUnstuffed { line.moveReaderIndex(forwardBy: 1) }
        }
        var (listing, quirks) = read(line, answering: command, isReply: false)
        if isUnstuffed { quirks.insert(.unstuffedDot) }
        return (listing, quirks)
    }

    /// The text of a positive reply to `command`.
    public static func read(reply: POP3Reply, answering command: POP3Command) -> (listing: POP3Listing, quirks: Quirks) {
        guard reply.result == .ok else { return (.text(reply.text), Quirks()) }
        return read(reply.text, answering: command, isReply: true)
    }

    private static func read(
        _ line: ByteBuffer, answering command: POP3Command, isReply: Bool
    ) -> (listing: POP3Listing, quirks: Quirks) {
        if case .capa = command, !isReply {
            let (capability, quirks) = POP3Capability.read(line)
            return (.capability(capability), quirks)
        }
        var reader = POP3Reader(line)
        guard let listing = read(&reader, answering: command, isReply: isReply) else { return (.text(line), Quirks()) }
        reader.finish(leftover: .textBehindListing)
        return (listing, reader.quirks)
    }

    private static func read(_ reader: inout POP3Reader, answering command: POP3Command, isReply: Bool) -> POP3Listing? {
        switch (command, isReply) {
        case (.stat, true): return reader.numbers(first: { $0.number() }).map { .drop(messages: $0.0, octets: $0.1) }
        case (.list(.some), true), (.list(nil), false):
            return reader.numbers(first: { $0.message() }).map { .scan(message: $0.0, octets: $0.1) }
        case (.uidl(let message?), true): return reader.uniqueID(of: message)
        case (.uidl(nil), false): return reader.uniqueID()
        case (.last, true): return reader.number().map { .lastAccessed(message: $0) }
        case (.auth(mechanism: nil, _), false): return reader.keyword().map { .mechanism($0) }
        case (.lang(.some), true), (.lang(nil), false):
            return reader.word().map { .language(tag: $0, text: reader.remainder()) }
        case (.xtnd(.xlst), false): return reader.message().map { .header(message: $0, field: reader.remainder()) }
        case (.xsender, true): return .sender(reader.remainder())
        default: return nil
        }
    }

    /// Whether a line of LIST or UIDL is what the grammar says, as nearly all are: a number that does not begin with 0,
    /// one space, and digits or a unique-id.
    static func isStrict(_ line: ByteBuffer, isUniqueID: Bool) -> Bool {
        unsafe line.withUnsafeReadableBytes { bytes in
            var index = 0
            while index < bytes.count, unsafe bytes[index].isDigit { index += 1 }
            guard index > 0, index < 20, unsafe bytes[0] != UInt8(ascii: "0") else { return false }
            guard index < bytes.count, unsafe bytes[index] == .space else { return false }
            let start = index + 1
            index = start
            if isUniqueID {
                while index < bytes.count, unsafe bytes[index] &- 0x21 < 0x5E { index += 1 }
                guard index > start, index - start <= POP3Reader.maximumUniqueID else { return false }
            } else {
                while index < bytes.count, unsafe bytes[index].isDigit { index += 1 }
                guard index > start, index - start < 20 else { return false }
                guard unsafe bytes[start] != UInt8(ascii: "0") || index == start + 1 else { return false }
            }
            guard bytes.count == index + 2 else { return false }
            return unsafe bytes[index] == .carriageReturn && bytes[index + 1] == .lineFeed
        }
    }
}

extension POP3Reader {
    /// Octets of a unique-id, at most (RFC 1939 §7).
    static let maximumUniqueID = 70

    /// `2 320`; the second may be missing.
    fileprivate mutating func numbers(first: (inout Self) -> UInt64?) -> (UInt64, UInt64?)? {
        guard let number = first(&self) else { return nil }
        let octets = self.number()
        if octets == nil { note(.listingCutShort) }
        return (number, octets)
    }

    /// `1 whqtswO00WBw418f9t5JxYwZ` in a listing.
    fileprivate mutating func uniqueID() -> POP3Listing? {
        guard let message = message() else { return nil }
        return .uniqueID(message: message, id: id())
    }

    /// The same pair after `+OK`, where some servers leave the number out.
    fileprivate mutating func uniqueID(of message: UInt64) -> POP3Listing? {
        var ahead = self
        if ahead.number() == message { return uniqueID() }
        guard !isAtEnd else { return nil }
        note(.messageNumberMissing)
        return .uniqueID(message: nil, id: id())
    }

    private mutating func id() -> ByteBuffer? {
        guard let id = word() else {
            note(.listingCutShort)
            return nil
        }
        let isOdd = id.readableBytes > Self.maximumUniqueID || id.readableBytesView.contains { $0 &- 0x21 >= 0x5E }
        if isOdd { note(.oddUniqueID) }
        return id
    }
}
