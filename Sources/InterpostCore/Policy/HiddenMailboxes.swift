import NIOCore

// Mailboxes that a policy hides: to clients they do not exist.

extension Policy {
    /// What is said to a command that names a hidden mailbox, or that could show one.
    ///
    ///     a SELECT Private      NO [NONEXISTENT] There is no such mailbox
    ///     a RENAME X Y          NO [NOPERM] …        where X/Private is hidden, which would be Y/Private from then on
    func denialOfHidden(_ command: StrictCommand, _ context: PolicyContext) -> Denial? {
        if command.body.mayNameSeveral || command.namesForHiding.contains(where: { isHidden($0, context.separator) }) {
            return Denial(code: "NONEXISTENT", text: "There is no such mailbox")
        }
        if case .rename(let old, _, _) = command.body, mayHoldHidden(old, context.separator) {
            return Denial(text: "This folder cannot be renamed here")
        }
        if case .notify(.some) = command.body { return Denial(text: "News of other mailboxes are not told here") }
        return command.mayTellLabels ? Denial(text: "Labels cannot be used here") : nil
    }

    private func mayHoldHidden(_ mailbox: MailboxName, _ separator: UInt8?) -> Bool {
        guard let name = CanonicalMailbox(mailbox, separator: separator) else { return true }
        return hidden.contains { $0.mayMatch(below: name, separator: separator) }
    }

    /// Whether the name is that of a hidden mailbox. A name that cannot be compared may be, so it counts as hidden.
    private func isHidden(_ name: MailboxName, _ separator: UInt8?) -> Bool {
        CanonicalMailbox(name, separator: separator).map { name in
            hidden.contains { $0.matchesAtOrAbove(name, separator: separator) }
        } ?? true
    }
}

extension StrictCommand {
    /// The mailboxes that it names, in whatever place: the root of a quota may have the name of a mailbox.
    fileprivate var namesForHiding: [MailboxName] {
        let parts = body.parts
        var names = parts.mailboxes
        if let root = parts.quotaRoot, root.bytes.readableBytes > 0 { names.append(MailboxName(root)) }
        // A search of other mailboxes may reach a hidden one. The empty name stands for that: it has no canonical form.
        if parts.search?.sources.isEmpty == false { names.append(MailboxName("")) }
        return names
    }

    /// Whether it works with labels, which are the names of mailboxes at Gmail.
    fileprivate var mayTellLabels: Bool {
        let parts = body.parts
        if case .labels? = parts.store?.item { return true }
        if parts.items.contains(where: { $0.name == Keyword("X-GM-LABELS") || $0.name == Keyword("X-MAILBOX") }) { return true }
        return parts.search?.keys.contains(where: \.asksForLabels) == true
    }
}

extension SearchKey {
    /// The strict reader bounds the depth.
    fileprivate var asksForLabels: Bool {
        switch self {
        case .gmailLabel, .gmailQuery: true
        case .not(let key), .fuzzy(let key): key.asksForLabels
        case .or(let left, let right): left.asksForLabels || right.asksForLabels
        case .and(let keys): keys.contains(where: \.asksForLabels)
        default: false
        }
    }
}
