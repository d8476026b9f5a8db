import NIOCore

// Mailboxes that are not there.

extension Policy {
    var hidesMailboxes: Bool { !hidden.isEmpty }

    /// Whether a mailbox is not there for clients; what stands below a hidden one is not there either.
    public func hides(_ mailbox: CanonicalMailbox, separator: UInt8?) -> Bool {
        hidden.contains { $0.matchesAtOrAbove(mailbox, separator: separator) }
    }

    /// What is said to a command that names a hidden mailbox, or that could show one.
    ///
    ///     a SELECT Private      NO [NONEXISTENT] There is no such mailbox
    ///     a RENAME X Y          NO [NOPERM] …        where X/Private is hidden, which would be Y/Private from then on
    func denialOfHidden(_ command: StrictCommand, _ context: PolicyContext) -> Denial? {
        if command.namesForHiding.contains(where: { isHidden($0, context.separator) }) {
            return Denial(code: "NONEXISTENT", text: "There is no such mailbox")
        }
        switch command.body {
        case .rename(let old, _, _):
            let mayHold = CanonicalMailbox(old, separator: context.separator).map { name in
                hidden.contains { $0.mayMatch(below: name, separator: context.separator) }
            }
            return mayHold ?? true ? Denial(text: "This folder cannot be renamed here") : nil
        case .notify(.some): return Denial(text: "News of other mailboxes are not told here")
        default: return command.mayTellLabels ? Denial(text: "Labels cannot be used here") : nil
        }
    }

    /// A name that cannot be compared may be one that is hidden.
    private func isHidden(_ name: MailboxName, _ separator: UInt8?) -> Bool {
        CanonicalMailbox(name, separator: separator).map { hides($0, separator: separator) } ?? true
    }
}

extension StrictCommand {
    /// The mailboxes that it names, in whatever place: the root of a quota may be called like a mailbox.
    fileprivate var namesForHiding: [MailboxName] {
        switch body {
        case .getQuota(let root), .setQuota(let root, _): root.bytes.readableBytes > 0 ? [MailboxName(root)] : []
        case .getAnnotation(let name, _, _), .setAnnotation(let name, _): [name]
        case .search(let request), .sort(_, let request), .thread(_, let request):
            request.sources.isEmpty ? [] : [MailboxName("")]
        default: body.mailboxes
        }
    }

    /// Whether it works with labels, which are the names of mailboxes at Gmail.
    fileprivate var mayTellLabels: Bool {
        switch body {
        case .store(_, let request): if case .labels = request.item { true } else { false }
        case .fetch(_, let items, _): items.contains { $0.name == Keyword("X-GM-LABELS") || $0.name == Keyword("X-MAILBOX") }
        case .search(let request), .sort(_, let request), .thread(_, let request): request.keys.contains(where: \.asksForLabels)
        default: false
        }
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
