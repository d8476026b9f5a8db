/// What may be done to mail through Interpost: rules in order, then a preset.
public struct Policy: Hashable, Sendable {
    /// What no rule decides.
    public enum Preset: String, Hashable, Sendable, CaseIterable {
        /// Everything that can be read without doubt may pass.
        case observe
        /// Nothing changes.
        case readOnly = "read-only"
        /// Mail may be read, flagged, filed and added, but never deleted, expunged, moved out of a mailbox or replaced.
        case noDelete = "no-delete"
        /// Mail may be flagged, copied and moved between folders; none is deleted or added.
        case organise
    }

    /// What becomes of POP3's DELE where it is not allowed.
    public enum Deletes: String, Hashable, Sendable, CaseIterable {
        case refuse
        /// The client believes that the message is deleted; the server keeps it.
        case pretend
    }

    public var preset: Preset
    public var deletes = Deletes.refuse
    /// Clients are told READ-WRITE of a mailbox that was opened read-only for them.
    public var presentsAsWritable = false
    /// Nothing is refused; what would have been is told.
    public var isDryRun = false

    public init(_ preset: Preset) { self.preset = preset }
}
