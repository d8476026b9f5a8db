import NIOCore

/// What a POP3 session reveals about the messages in the maildrop: numbers stand for the same messages until its end,
/// so what UIDL and the headers that go by say about a number stays true.
///
///     C: UIDL␍␊     S: 1 whqtswO00WBw418f9t5JxYwZ␍␊      message 1 has this unique-id
struct MaildropFollower: Sendable {
    /// Octets of a message that are looked at for its Message-ID.
    private static let maximumHeader = 8192
    /// RFC 1939 §7.
    private static let maximumUniqueID = 70

    private struct Letter {
        var uniqueID: ByteBuffer?
        var identity: MessageFacts.Identity?
    }

    private let settings: FollowingSettings
    private var letters: [UInt64: Letter] = [:]
    private var answering: POP3Command?
    private var header = ByteBuffer()
    private var isInHeader = false

    init(_ settings: FollowingSettings) { self.settings = settings }

    mutating func begin(_ command: POP3Command) {
        answering = command
        header.clear()
        switch command {
        case .retr, .top: isInHeader = settings.names != .none
        default: isInHeader = false
        }
    }

    mutating func observe(listing line: ByteBuffer) {
        guard case .uidl(nil)? = answering,
            case .uniqueID(let message?, let id?) = POP3Listing.read(line: line, answering: .uidl(nil)).listing
        else { return }
        learn(message) { $0.uniqueID = Self.kept(id) }
    }

    mutating func observe(body chunk: ByteBuffer) {
        guard isInHeader else { return }
        // The empty line may have begun in the chunk before.
        let start = max(header.readerIndex, header.writerIndex - 3)
        header.writeBytes(chunk.readableBytesView.prefix(Self.maximumHeader - header.readableBytes))
        isInHeader =
            header.readableBytes < Self.maximumHeader
            && header.firstOccurrence(of: Self.emptyLine.readableBytesView, from: start) == nil
    }

    private static let emptyLine = ByteBuffer(string: "\r\n\r\n")

    mutating func complete(_ record: POP3CommandRecord, _ reply: POP3Reply) {
        defer {
            answering = nil
            header = ByteBuffer()
        }
        guard reply.result == .ok else { return }
        switch record.command {
        case .uidl(let message?):
            if case .uniqueID(_, let id?) = POP3Listing.read(reply: reply, answering: record.command).listing {
                learn(message) { $0.uniqueID = Self.kept(id) }
            }
        case .retr(let message), .top(let message, _):
            let fields = HeaderFields(header)
            let (messageID, subject) = (fields.messageID, fields.subject)
            if messageID != nil || subject != nil { learn(message) { $0.identity = .init(messageID, subject) } }
        default: break
        }
    }

    /// What the message is called in acts.
    func message(_ number: UInt64) -> MaildropReference {
        let letter = letters[number]
        var message = MaildropReference(number: number)
        message.uid = letter?.uniqueID.map { String(buffer: $0) }
        if settings.names != .none { message.messageID = letter?.identity?.messageID.map { String(buffer: $0) } }
        if settings.names == .subject { message.subject = letter?.identity?.subject.map { EncodedWords.decode($0) } }
        return message
    }

    private mutating func learn(_ number: UInt64, _ change: (inout Letter) -> Void) {
        guard letters[number] != nil || letters.count < settings.maximumMessages else { return }
        change(&letters[number, default: Letter()])
    }

    private static func kept(_ id: ByteBuffer) -> ByteBuffer { ByteBuffer(bytes: id.readableBytesView.prefix(maximumUniqueID)) }
}
