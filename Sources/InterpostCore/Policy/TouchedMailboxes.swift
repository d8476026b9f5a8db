import NIOCore

/// The mailboxes that a command is about: those it names, and the selected one for what it does there.
///
///     COPY 1 Archive                     Archive and the selected one
///     SEARCH IN (mailboxes Archive) …    Archive, the selected one, and one that cannot be told
///     GETMETADATA "INBOX.*" /comment     any: some servers take it for a pattern
///     XATOM x                            any
struct TouchedMailboxes {
    /// `nil` for a name without a canonical form, and for a mailbox that cannot be told: then a rule that allows does not
    /// hold.
    var names: [CanonicalMailbox?] = []
    /// Any mailbox may be meant: then a rule that refuses holds, too.
    var mayBeAny = false
}

extension StrictCommand {
    func touches(in context: PolicyContext) -> TouchedMailboxes { touches(as: IMAPVerb.named(name), in: context) }

    /// - Parameter verb: The verb's row; `nil` for one that has none.
    func touches(as verb: IMAPVerb?, in context: PolicyContext) -> TouchedMailboxes {
        let reach = verb?.reach ?? .everything
        let parts = body.parts
        var touched = TouchedMailboxes()
        touched.names = parts.mailboxes.map { CanonicalMailbox($0, separator: context.separator) }
        touched.mayBeAny = reach.contains(.everything) || !parts.isRead || body.mayNameSeveral
        if reach.contains(.selected) { touched.names.append(context.selected) }
        if reach.contains(.account) { touched.names.append(nil) }
        if let store = parts.store { touched.add(labelsOf: store, context) }
        if let search = parts.search { touched.add(sourcesOf: search, context) }
        return touched
    }
}

extension IMAPCommand.Body {
    /// Servers take the name in these commands for a pattern, as the drafts of RFC 5464 had it.
    var mayNameSeveral: Bool {
        switch self {
        case .getMetadata(let name, _, _), .setMetadata(let name, _), .getAnnotation(let name, _, _):
            name.string.bytes.readableBytesView.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "%") }
        default: false
        }
    }
}

extension TouchedMailboxes {
    /// Gmail's labels are mailboxes; nobody knows the mailbox names of the system labels.
    fileprivate mutating func add(labelsOf request: StoreRequest, _ context: PolicyContext) {
        guard case .labels(let labels) = request.item else { return }
        names.append(nil)
        // FLAGS takes away what it does not name.
        if request.operation == .replace { mayBeAny = true }
        for label in labels {
            if label.bytes.readableBytesView.first == UInt8(ascii: "\\") { mayBeAny = true }
            names.append(CanonicalMailbox(MailboxName(label), separator: context.separator))
        }
    }

    /// `IN (MAILBOXES (a b) PERSONAL)` (RFC 7377 §2).
    fileprivate mutating func add(sourcesOf request: SearchRequest, _ context: PolicyContext) {
        guard !request.sources.isEmpty else { return }
        names.append(nil)
        var isOfNamed = false
        for source in request.sources {
            switch source {
            case .list(let values) where isOfNamed:
                for case .string(let name) in values {
                    names.append(CanonicalMailbox(MailboxName(name), separator: context.separator))
                }
            case .string(let word):
                isOfNamed = word.bytes.equalsIgnoringCase("MAILBOXES")
                let isSelected = word.bytes.hasPrefixIgnoringCase("SELECTED")
                if !isOfNamed, !isSelected { mayBeAny = true }
            case .list, .nil: mayBeAny = true
            }
        }
    }
}
