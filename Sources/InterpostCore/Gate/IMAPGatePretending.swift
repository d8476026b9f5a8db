import NIOCore

// What a client believes it has marked as read (`seen: pretend`), and what it may do in a mailbox.

extension IMAPGate {
    /// Whether marking a message as read is only for show in the session's present state.
    var pretendsSeen: Bool {
        guard policy.mayPretendSeen, let selectedMailbox else { return false }
        return GrantedRights(policy, context, in: selectedMailbox).pretendsSeen
    }

    /// Asks the server for the flags of the messages that the client believes it is marking.
    mutating func pretend(
        _ command: StrictCommand, _ set: SequenceSet, _ request: StoreRequest, _ text: IMAPText, _ decision: PolicyDecision
    ) {
        let fetch = StrictCommand(
            tag: command.tag, name: Keyword("FETCH"), usesUIDs: command.usesUIDs,
            body: .fetch(set, FetchItem.uidAndFlags, modifiers: []))
        let marking = Marking(set, usesUIDs: command.usesUIDs, isSeen: request.operation == .add, isSilent: request.isSilent)
        send(fetch, text, decision, [], marking: marking)
    }

    /// The command to send instead, so that a client that has marked something gets an answer that agrees with its marks.
    func adapted(_ body: IMAPCommand.Body, usesUIDs: Bool) -> IMAPCommand.Body {
        guard !marks.isEmpty else { return body }
        switch body {
        case .fetch(let set, let items, let modifiers):
            let items = items.flatMap { $0.expansion.isEmpty ? [$0] : $0.expansion }
            guard !usesUIDs, items.contains(where: { $0.name == Keyword("FLAGS") }),
                !items.contains(where: { $0.name == Keyword("UID") })
            else { return body }
            return .fetch(set, [FetchItem(name: Keyword("UID"))] + items, modifiers: modifiers)
        case .search(let request): return .search(marks.adapted(request))
        case .sort(let keys, let request): return .sort(keys, marks.adapted(request))
        case .thread(let algorithm, let request): return .thread(algorithm: algorithm, marks.adapted(request))
        default: return body
        }
    }

    /// Notes how the server marks a message; returns whether the client is not to hear of it.
    mutating func mark(_ response: IMAPResponse) -> Bool {
        guard flight?.marking != nil || !marks.isEmpty, response.kind == .fetch || response.kind == .uidFetch,
            case .fetch(let answer) = response.data, let uid = answer.uid, let flags = answer.flags
        else { return false }
        let isSeen = flags.system.contains(.seen)
        guard let marking = flight?.marking, marking.names(number: response.number, uid: uid) else {
            // What was pretended may have become true.
            if let pretended = marks.isSeen(uid) { marks.mark(uid, isSeen: pretended, isSeenByServer: isSeen) }
            return false
        }
        marks.mark(uid, isSeen: marking.isSeen, isSeenByServer: isSeen)
        return marking.isSilent
    }

    /// The mailbox is opened, or left, once the server has said so.
    mutating func followSelection(_ status: IMAPStatus) {
        if case .select(let mailbox, _, _)? = flight?.command.body {
            selectedMailbox = status.result == .ok ? mailbox : nil
        } else if context.state != .selected {
            selectedMailbox = nil
        } else {
            return
        }
        marks.select(selectedMailbox.map(key), uidValidity: flight?.uidValidity)
    }

    /// A response as it is true for this client; `nil` where it is as it came.
    func edited(_ response: IMAPResponse, _ line: ByteBuffer) -> ByteBuffer? {
        switch response.data {
        case .myRights(let mailbox, _), .acl(let mailbox, _):
            return GrantedRights(policy, context, in: mailbox).edited(response, line, user: context.user)
        case .status(let mailbox, let items):
            let difference = marks.unseenByServer(in: key(of: mailbox))
            guard difference != 0 else { return nil }
            for case .unseen(let count) in items {
                return line.editing(unseen: count, with: max(0, Int(clamping: count) - difference))
            }
            return nil
        default: return nil
        }
    }

    /// The name under which marks are kept: all spellings of a mailbox share one.
    private func key(of mailbox: MailboxName) -> ByteBuffer {
        CanonicalMailbox(mailbox, separator: context.separator)?.bytes ?? mailbox.string.bytes
    }
}

extension ByteBuffer {
    /// The line of STATUS with another number of messages that are not `\Seen`.
    fileprivate func editing(unseen count: UInt64, with other: Int) -> ByteBuffer? {
        var scanner = ResponseWords(atLevel: 1)
        let words = scanner.next(in: self)
        guard let index = words.firstIndex(where: { word($0).equalsIgnoringCase("UNSEEN") }), index + 1 < words.count,
            String(buffer: word(words[index + 1])) == "\(count)"
        else { return nil }
        return editing([(words[index + 1], ByteBuffer(string: "\(other)"))])
    }
}
