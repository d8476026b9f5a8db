// What each command is counted as in budgets.

extension SubmittedCommand {
    /// How much it may do, of each matter.
    ///
    /// - Parameter most: How many messages a set can name at most.
    func charges(most: (SequenceSet) -> UInt64) -> [Budget.Matter: UInt64] {
        switch self {
        case .imap(let command): command.body.charges(most: most)
        case .pop3(_, let command): command.charges
        }
    }
}

extension IMAPCommand.Body {
    fileprivate func charges(most: (SequenceSet) -> UInt64) -> [Budget.Matter: UInt64] {
        switch self {
        case .fetch(let set, let items, _):
            items.contains(where: \.showsText) ? [.octets: Budget.deposit, .messagesRead: most(set)] : [.octets: Budget.deposit]
        case .copy(let set, _), .move(let set, _), .replace(let set, _, _): [.moves: most(set)]
        case .store(let set, _): [.flags: most(set)]
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .id, .enable, .login, .authenticate, .compress, .language,
            .comparator, .select, .create, .delete, .rename, .subscribe, .unsubscribe, .list, .namespace, .status, .append, .idle,
            .done, .check, .close, .unselect, .expunge, .search, .sort, .thread, .cancelUpdate, .getACL, .setACL, .deleteACL,
            .listRights, .myRights, .getQuota, .getQuotaRoot, .setQuota, .getMetadata, .setMetadata, .getAnnotation,
            .setAnnotation, .notify, .plain:
            [:]
        // No gate lets these pass.
        case .convert, .filter, .generateURLAuth, .resetKey, .urlFetch, .applePushService, .find, .partial, .setReadOnly,
            .transfer, .maintain, .xclient, .courierACL, .vendor, .unknown, .malformed:
            [:]
        }
    }
}

extension FetchItem {
    /// Whether it shows more of a message than its header.
    var showsText: Bool { !sights.isDisjoint(with: [.text, .attachment]) }
}

extension POP3Command {
    fileprivate var charges: [Budget.Matter: UInt64] {
        switch self {
        case .top(_, lines: 0): [.octets: Budget.deposit]
        case .retr, .top: [.octets: Budget.deposit, .messagesRead: 1]
        case .user, .pass, .apop, .quit, .stat, .noop, .rset, .list, .uidl, .dele, .capa, .stls, .utf8, .auth, .lang, .last,
            .rpop,
            .xtnd, .xclient, .xoip, .help, .xsender, .gurl, .mdef, .idle, .host, .compress, .vendor, .unknown, .malformed:
            [:]
        }
    }
}

extension SequenceSet {
    /// How many messages it names at most, in a mailbox with this many.
    func mostMessages(of total: UInt64?, usesUIDs: Bool) -> UInt64 {
        var count: UInt64 = 0
        for element in elements {
            guard let range = element.resolved(largest: usesUIDs ? nil : total) else { return total ?? UInt64(UInt32.max) }
            // Kept below 32 bits, the sum cannot overflow.
            count = min(UInt64(UInt32.max), count + min(UInt64(UInt32.max), range.upperBound - range.lowerBound) + 1)
        }
        return min(count, total ?? count)
    }
}
