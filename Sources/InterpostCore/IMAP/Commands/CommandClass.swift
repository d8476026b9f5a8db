/// Commands by what they do, for rules and for the wording of a refusal.
///
///     UID STORE 4 +FLAGS (\Seen)      flag
///     DELE 4                          delete
public enum CommandClass: String, Hashable, Sendable, CaseIterable {
    case session, login, read, flag, delete, expunge, append, copy, move, folders, subscribe, rights, quota, metadata
    /// What nobody has put in another class.
    case other
}
