import NIOCore

// What the words of a command, a response or a code mean that do not say so themselves.

extension NormalLine.Context {
    init(of command: IMAPCommand, mailbox: UInt64) {
        self.mailbox = mailbox
        switch command.body {
        case .login: slots = [.tag, .kept, .user, .secret]
        case .authenticate: slots = [.tag, .kept, .kept, .secret]
        case .append, .replace: hasDates = true
        case .cancelUpdate(let tags): slots = [.tag, .kept] + tags.map { _ in .tag }
        default: break
        }
        if case .malformed = command.body, command.name == Keyword("LOGIN") { slots = [.tag, .kept, .user, .secret] }
        if !slots.isEmpty { return }
        slots = command.usesUIDs ? [.tag, .kept, .kept] : [.tag, .kept]
        if command.usesUIDs, command.messages != nil { slots.append(.uids) }
        switch command.body {
        case .append(let target, _): self.mailbox = target.hash64
        default: break
        }
    }

    init(of response: IMAPResponse, mailbox: UInt64) {
        self.mailbox = mailbox
        slots = [.kept]
        switch response.kind {
        case .uidFetch: slots = [.kept, .uids]
        case .vanished, .search, .sort, .thread: isRunOfUIDs = true
        case .esearch:
            isSearchResult = true
            if case .esearch(let data) = response.data, let other = data.mailbox { self.mailbox = other.hash64 }
        case .status: if case .status(let other, _) = response.data { self.mailbox = other.hash64 }
        default: break
        }
        hasDates = response.kind == .fetch || response.kind == .uidFetch
    }

    /// Of what stands in brackets.
    init(of status: IMAPStatus, _ record: CommandRecord?, mailbox: UInt64) {
        self.mailbox = mailbox
        switch status.codeName {
        case Keyword("COPYUID"):
            slots = [.kept, .validity, .uids, .uids]
            otherMailbox = record?.command?.mailbox?.hash64
        case Keyword("APPENDUID"): self.mailbox = record?.command?.mailbox?.hash64 ?? mailbox
        case Keyword("MODIFIED"): slots = record?.command?.usesUIDs == true ? [.kept, .uids] : []
        case Keyword("MESSAGELIMIT"): slots = [.kept, .kept, .uids]
        default: break
        }
    }
}

/// The commands in progress, by which their tags are known.
///
///     C: a1 NOOP␍␊C: a2 NOOP␍␊     <tag>, <tag>
///     S: a2 OK␍␊S: a1 OK␍␊         <tag+1>, <tag>: not the one that was asked first
///
/// Not the number of the command in its session, or one command more would make all others different.
struct NormalTags: Sendable {
    /// What stands for the tag of a command where it is given, and of the one that was given first of those in progress.
    static let first = "<tag>"
    private static let maximumCount = 1000

    private var open: [ByteBuffer] = []

    mutating func begin(_ tag: ByteBuffer) {
        if open.count >= Self.maximumCount { open.removeFirst() }
        open.append(tag.ownCopy)
    }

    mutating func end(_ tag: ByteBuffer) {
        if let index = open.firstIndex(of: tag) { open.remove(at: index) }
    }

    /// What stands for the tag.
    func shown(_ tag: ArraySlice<UInt8>, _ normalisation: Normalisation) -> String {
        guard normalisation.contains(.tags) else { return String(decoding: tag, as: UTF8.self) }
        guard let index = open.firstIndex(where: { $0.readableBytesView.elementsEqual(tag) }) else { return "<tag?>" }
        return index == 0 ? Self.first : "<tag+\(index)>"
    }
}
