// Which commands change what is in an account, so that nobody plays them to an account by mistake.

private let unknownChange = "a command that is not known"

extension IMAPCommand {
    /// The verb, if it changes something; what is not known may.
    ///
    ///     STORE 1 +FLAGS (\Deleted)      STORE
    ///     FETCH 1 BODY[]                 FETCH BODY[], which sets \Seen
    ///     FETCH 1 BODY.PEEK[]            nil
    ///
    /// - Parameter isReadOnly: The selected mailbox was opened with EXAMINE.
    func change(isReadOnly: Bool) -> String? {
        guard let verb = IMAPVerb.named(name) else { return unknownChange }
        if case .malformed = body { return "\(title)" }
        switch verb.effect {
        case .nothing, .connection, .elsewhere: return nil
        case .changes: return "\(title)"
        case .depends: break
        }
        switch body {
        case .close: return isReadOnly ? nil : "\(title)"
        case .fetch(_, let items, _):
            let item = isReadOnly ? nil : items.first(where: \.setsSeen)
            return item.map { "\(title) \($0.name)\($0.section == nil ? "" : "[]")" }
        case .partial(_, let item, _, _): return isReadOnly || !item.setsSeen ? nil : "\(title)"
        default: return "\(title)"
        }
    }
}

extension POP3Command {
    /// The verb of a POP3 command, if it changes something; reading a message in POP3 leaves it as it is.
    func change(name: Keyword?) -> String? {
        guard let name, let verb = POP3Verb.named(name) else { return unknownChange }
        switch verb.effect {
        case .nothing, .connection, .elsewhere: return nil
        case .changes:
            if case .vendor = self { return unknownChange }
            return "\(name)"
        case .depends: break
        }
        switch self {
        case .xtnd(.xlst), .xtnd(.bboards): return nil
        case .xtnd(.xmit): return "XTND XMIT"
        default: return "\(name)"
        }
    }
}
