// Which commands change what is in an account, so that nobody plays them to one by mistake.

extension IMAPCommand {
    /// The verb, if it changes something; what is not known may.
    ///
    ///     STORE 1 +FLAGS (\Deleted)      STORE
    ///     FETCH 1 BODY[]                 FETCH BODY[], which sets \Seen
    ///     FETCH 1 BODY.PEEK[]            nil
    ///
    /// - Parameter isReadOnly: The selected mailbox was opened with EXAMINE.
    func change(isReadOnly: Bool) -> String? {
        switch body {
        case .capability, .noop, .logout, .startTLS, .unauthenticate, .id, .enable, .login, .authenticate, .compress, .language,
            .comparator, .select, .list, .namespace, .status, .idle, .done, .check, .unselect, .search, .sort, .thread,
            .convert, .conversions, .cancelUpdate, .uidBatches, .getACL, .listRights, .myRights, .getQuota, .getQuotaRoot,
            .getMetadata, .getAnnotation, .notify, .urlFetch, .getJMAPAccess, .find, .cancel, .setReadOnly:
            nil
        case .close: isReadOnly ? nil : "\(title)"
        case .fetch(_, let items, _):
            isReadOnly ? nil : items.first(where: \.setsSeen).map { "\(title) \($0.name)\($0.section == nil ? "" : "[]")" }
        case .partial(_, let item, _, _): isReadOnly || !item.setsSeen ? nil : "\(title)"
        case .unknown, .vendor: "\(ShowableNames.contains(name, in: .imap) ? "\(title)" : "a command that is not known")"
        default: "\(title)"
        }
    }
}

extension POP3Command {
    /// The same for POP3, where reading a message leaves it as it is.
    var change: String? {
        switch self {
        case .dele: "DELE"
        case .xtnd(.xmit): "XTND XMIT"
        case .unknown, .vendor: "a command that is not known"
        default: nil
        }
    }
}
