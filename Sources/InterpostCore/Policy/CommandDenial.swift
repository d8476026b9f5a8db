// Commands by what they do: the class of a verb, and what a user of a mail program is told when a command is refused.

extension CommandClass {
    /// The class of an IMAP verb, or of a POP3 one; ``other`` for one that is not known.
    public init(_ name: Keyword, _ mailProtocol: MailProtocol) {
        self = (mailProtocol == .imap ? IMAPVerb.named(name)?.kind : POP3Verb.named(name)?.kind) ?? .other
    }

    /// - Parameter title: The command's name as it is shown.
    func denial(of title: String, _ preset: Policy.Preset) -> Denial {
        let mailbox = preset == .readOnly ? "This mailbox is read-only here" : "This is not allowed here"
        let what =
            switch self {
            // Some commands of a class may pass where others of the same class do not.
            case .folders where title == "DELETE": "folders cannot be deleted"
            case .folders where title == "RENAME": "folders cannot be renamed"
            case .folders where title == "CREATE": "folders cannot be made"
            case .append where title.hasSuffix("REPLACE"): "messages cannot be replaced"
            case .flag: "marks cannot be changed"
            case .delete, .expunge: "messages cannot be deleted"
            case .append: "messages cannot be added"
            case .copy: "messages cannot be copied"
            case .move: "messages cannot be moved"
            case .folders: "folders cannot be changed"
            case .subscribe: "subscriptions cannot be changed"
            case .rights: "access rights cannot be changed"
            case .quota: "quotas cannot be changed"
            case .metadata: "annotations cannot be changed"
            case .session, .login, .read, .other: "\(title) is not offered"
            }
        return Denial(text: "\(mailbox): \(what)")
    }
}
