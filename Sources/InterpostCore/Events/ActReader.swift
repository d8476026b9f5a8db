import NIOCore

/// Turns a completed command into acts.
enum ActReader {
    /// - Parameter selection: The mailbox that was selected when the command was completed.
    static func acts(
        of record: CommandRecord, status: IMAPStatus, _ entry: ExchangeLedger.Entry, selection: Selection?, messages: ActMessages
    ) -> [Act] {
        guard let command = record.command else { return [] }
        let succeeded = status.result == .ok
        switch command.body {
        case .login(let user, _):
            return [.login(user: user.description, method: "LOGIN", succeeded: succeeded)]
        case .authenticate(let mechanism, _):
            return [login(record.sasl, mechanism, succeeded: succeeded)]
        default:
            return succeeded ? acts(of: command, status: status, entry, selection: selection, messages: messages) : []
        }
    }

    private static func acts(
        of command: IMAPCommand, status: IMAPStatus, _ entry: ExchangeLedger.Entry, selection selected: Selection?,
        messages: ActMessages
    ) -> [Act] {
        let named =
            messages.named
            ?? MessageReferences(
                mailbox: selected?.mailbox, numbers: command.usesUIDs ? nil : command.messages?.description,
                uids: command.usesUIDs ? command.messages?.description : nil)
        var removed = messages.removed ?? MessageReferences()
        removed.mailbox = selected?.mailbox
        func uids(_ code: StaticString) -> String? { status.uids(behind: code) ?? messages.assigned[Keyword(code)] }
        switch command.body {
        case .select(let mailbox, let readOnly, _):
            let selection = Selection(mailbox, readOnly: readOnly, status: status)
            return [.mailboxSelected(mailbox, readOnly: selection.isReadOnly, messages: entry.exists)]
        case .fetch:
            var acts: [Act] = []
            if var read = messages.read {
                read.mailbox = selected?.mailbox
                acts.append(.messagesRead(read, count: entry.readCount))
            }
            if var seen = messages.seen, selected?.isReadOnly == false {
                seen.mailbox = selected?.mailbox
                acts.append(.flagsChanged(seen, .add, ["\\Seen"], implicit: true))
            }
            return acts
        case .store(_, let request):
            // Servers say OK in a read-only mailbox, too. Courier does change flags there, and then tells the new flags.
            guard !messages.isEmpty, selected?.isReadOnly != true || entry.hasToldFlags else { return [] }
            switch request.item {
            case .flags(let flags):
                let deletes = request.operation != .remove && flags.contains { $0.bytes.equalsIgnoringCase("\\DELETED") }
                return [.flagsChanged(named, request.operation, flags.map(\.description))]
                    + (deletes ? [.messagesDeleted(named)] : [])
            case .labels(let labels): return [.labelsChanged(named, request.operation, labels.map(\.description))]
            case .annotations, .other: return []
            }
        case .expunge(let set):
            guard messages.removedCount != 0 else { return [] }
            let gone = set == nil || removed.uids != nil ? removed : named
            return [.messagesExpunged(gone, count: messages.removedCount)]
        // CLOSE removes nothing from a mailbox that is open for reading only (RFC 9051 §6.4.1), and says nothing about what it
        // does.
        case .close: return messages.closed.map { [.messagesExpunged($0, count: nil)] } ?? []
        case .append(let mailbox, let appended):
            return [appendAct(mailbox, appended, uids("APPENDUID"))]
        case .replace(_, let mailbox, let message):
            return [appendAct(mailbox, [message], uids("APPENDUID")), .messagesExpunged(named, count: 1)]
        case .copy(_, let mailbox):
            let uids = uids("COPYUID")
            return uids == nil && messages.isEmpty ? [] : [.messagesCopied(named, to: mailbox, uids: uids)]
        case .move(_, let mailbox):
            // A server that moved something says which messages are gone (RFC 6851 §3.3).
            let uids = uids("COPYUID")
            return uids == nil && (messages.removedCount == 0 || messages.isEmpty)
                ? [] : [.messagesMoved(named, to: mailbox, uids: uids)]
        case .create(let mailbox, _): return [.mailboxCreated(mailbox)]
        case .rename(let old, let new, _): return [.mailboxRenamed(old, to: new)]
        case .delete(let mailbox): return [.mailboxDeleted(mailbox)]
        default: return []
        }
    }

    private static func login(_ sasl: SASLExchange?, _ mechanism: Keyword, succeeded: Bool) -> Act {
        let identity = sasl?.authorizationIdentity
        return .login(
            user: sasl?.user, method: ShowableNames.title(ofMechanism: mechanism), succeeded: succeeded,
            actingAs: identity == sasl?.user ? nil : identity)
    }

    private static func appendAct(_ mailbox: MailboxName, _ messages: [AppendedMessage], _ uids: String?) -> Act {
        .messageAppended(
            mailbox, flags: messages.first?.flags.map(\.description) ?? [], octets: messages.map(\.octets),
            uids: uids)
    }

    /// `user` is the name that a USER command before this one gave.
    static func acts(
        of record: POP3CommandRecord, reply: POP3Reply, user: String?, maildrop: MaildropFollower
    ) -> [Act] {
        let succeeded = reply.result == .ok
        switch record.command {
        case .pass: return [.login(user: user, method: "PASS", succeeded: succeeded)]
        case .rpop: return [.login(user: user, method: "RPOP", succeeded: succeeded)]
        case .apop(let name, _): return [.login(user: String(buffer: name), method: "APOP", succeeded: succeeded)]
        case .auth(let mechanism?, _):
            return [login(record.sasl, mechanism, succeeded: succeeded)]
        case .retr(let message) where succeeded:
            return [.retrieved(maildrop.message(message), octets: record.octets, wholeMessage: true)]
        case .top(let message, _) where succeeded:
            return [.retrieved(maildrop.message(message), octets: record.octets, wholeMessage: false)]
        case .dele(let message) where succeeded: return [.deleted(maildrop.message(message))]
        case .quit where succeeded && record.deletions > 0: return [.committed(deletions: record.deletions)]
        default: return []
        }
    }
}

extension IMAPStatus {
    /// The last word of `[APPENDUID 38505 3955]` or `[COPYUID 38505 304,319 3956:3957]`: the UIDs in the target mailbox.
    fileprivate func uids(behind name: StaticString) -> String? {
        codeName == Keyword(name) ? codeArguments.last?.description : nil
    }
}
