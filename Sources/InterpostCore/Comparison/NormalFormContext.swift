import NIOCore

// The meaning of the words of a command, a response or a code that do not show it themselves.

extension NormalFormLine.Context {
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

    /// The context of what is in brackets.
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
