import NIOCore

/// What may be done to mail through Interpost: rules in order, then a preset.
///
///     a STORE 1 +FLAGS (\Seen)      read-only: refused; no-delete: allowed
public struct Policy: Hashable, Sendable {
    /// What happens to a command that no rule decides.
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

    /// What becomes of a command where it is not allowed.
    public enum Refusing: String, Hashable, Sendable, CaseIterable {
        case refuse
        /// The client is told yes, and sees what it would see then until the session ends; the server hears nothing of it.
        case pretend
    }

    /// What decides where no rule does.
    public var preset: Preset
    /// The first rule that holds decides.
    public var rules: [PolicyRule] = []
    /// Mailboxes that are hidden from clients.
    public var hidden: [MailboxPattern] = []
    /// How much of messages may be seen, whatever a rule says.
    public var sight = Sight.attachment
    /// How much may be done in a time.
    public var budget = Budget()
    /// What becomes of POP3's DELE.
    public var deletes = Refusing.refuse
    /// What becomes of a STORE that sets or removes `\Seen` and nothing else.
    public var seen = Refusing.refuse
    /// Clients are told READ-WRITE about a mailbox that was opened read-only for them.
    public var presentsAsWritable = false
    /// Nothing is refused; what would have been refused is told.
    public var isDryRun = false
    /// Whose it is, where several hold together (``narrowed(by:titled:)``).
    var title: String?
    /// Those that hold beside it.
    var narrowing: [Policy] = []

    /// A policy without rules.
    public init(_ preset: Preset, sight: Sight = .attachment) { (self.preset, self.sight) = (preset, sight) }

    // MARK: - Judging

    /// What this policy makes of one whole command, whatever others say.
    func judgeAlone(_ command: SubmittedCommand, in context: PolicyContext) -> PolicyDecision {
        if !hidden.isEmpty, case .imap(let imap) = command, let denial = denialOfHidden(imap, context) {
            return PolicyDecision(rule: titled("hidden mailboxes"), verdict: .refuse(denial))
        }
        if sight != .attachment, command.mayEverPass, !command.sights.allSatisfy({ $0 <= sight }) {
            return PolicyDecision(rule: titled("sight \(sight.rawValue)"), verdict: .refuse(sight.denial))
        }
        for (index, rule) in rules.enumerated() where rule.holds(for: command, in: context) {
            return PolicyDecision(rule: titled(rule.title(at: index)), verdict: verdict(of: rule, on: command, context))
        }
        return PolicyDecision(rule: titled("preset \(preset.rawValue)"), verdict: verdictOfPreset(on: command, context))
    }

    /// A refusal of this policy that is certain from the verb alone.
    func judgeAloneEarly(_ name: Keyword, usesUIDs: Bool, in context: PolicyContext) -> PolicyDecision? {
        guard !rules.contains(where: { $0.match.mayName(name, context.mailProtocol) }),
            !preset.mayPass(name, context.mailProtocol)
        else { return nil }
        let title = CommandName(keyword: name, usesUIDs: usesUIDs).description
        let denial = CommandClass(name, context.mailProtocol).denial(of: title, preset)
        return PolicyDecision(rule: titled("preset \(preset.rawValue)"), verdict: .refuse(denial))
    }

    /// `client: rule 2`
    func titled(_ rule: String) -> String { title.map { "\($0): \(rule)" } ?? rule }

    private func verdict(of rule: PolicyRule, on command: SubmittedCommand, _ context: PolicyContext) -> Verdict {
        let denial = denial(of: command, context)
        guard command.mayEverPass else { return .refuse(denial) }
        switch rule.action {
        case .allow: return verdictOnceAllowed(command, context, byVerb: rule.match.namesVerb(of: command, context.mailProtocol))
        case .refuse(let own): return .refuse(own ?? denial)
        case .pretend: return command.mayBePretended ? .pretend : .refuse(denial)
        case .rewrite: return .rewrite(command.rewrites)
        case .drop: return .drop
        case .hold(let seconds): return .hold(seconds: seconds)
        }
    }

    /// What becomes of a command that a rule or a person has allowed: it goes on in the form that the preset gives it, unless
    /// the rule names its verb.
    func verdictOnceAllowed(_ command: SubmittedCommand, _ context: PolicyContext, byVerb isNamed: Bool = false) -> Verdict {
        guard !isNamed else { return .allow }
        switch preset {
        case .observe: return .allow
        case .readOnly: return rewritten(command, context)
        case .noDelete, .organise: return command.rewrites == [.unselect] ? .rewrite([.unselect]) : .allow
        }
    }

    /// The command in the form that a read-only preset gives it. A mailbox in which a rule may allow changes later is opened
    /// read-write: in an examined mailbox a server says OK to STORE and changes nothing (Dovecot).
    private func rewritten(_ command: SubmittedCommand, _ context: PolicyContext) -> Verdict {
        var rewrites = command.rewrites
        if rewrites.contains(.examine), case .imap(let imap) = command, let mailbox = imap.body.parts.mailboxes.first,
            mayChange(CanonicalMailbox(mailbox, separator: context.separator), command, context)
        {
            rewrites.remove(.examine)
        }
        return rewrites.isEmpty ? .allow : .rewrite(rewrites)
    }

    /// Verbs that change what is in the selected mailbox.
    static let changing: [Keyword] = [Keyword("STORE"), Keyword("EXPUNGE"), Keyword("MOVE")]

    /// Whether a rule may let something be changed in a mailbox that `command` opens, for who asks here.
    private func mayChange(_ mailbox: CanonicalMailbox?, _ command: SubmittedCommand, _ context: PolicyContext) -> Bool {
        rules.contains { rule in
            guard rule.action.mayLetPass, Self.changing.contains(where: { rule.match.mayName($0, .imap) }) else { return false }
            // The user and the address are known now; what the client will ask for later is not.
            var general = rule.match
            (general.commands, general.states, general.flags, general.larger, general.mailboxes) = ([], [], nil, nil, [])
            general.reads = []
            guard general.holds(for: command, in: context, opens: true) else { return false }
            guard !rule.match.mailboxes.isEmpty else { return true }
            return mailbox.map { mailbox in rule.match.mailboxes.contains { $0.matches(mailbox, separator: context.separator) } }
                ?? false
        }
    }

    private func verdictOfPreset(on command: SubmittedCommand, _ context: PolicyContext) -> Verdict {
        let denial = denial(of: command, context)
        guard command.mayEverPass else { return .refuse(denial) }
        if case .pop3(_, .dele) = command, preset != .observe { return deletes == .pretend ? .pretend : .refuse(denial) }
        guard preset.mayPass(command.name, context.mailProtocol) else {
            return seen == .pretend && command.storesOnlySeen ? .pretend : .refuse(denial)
        }
        switch preset {
        case .observe: return .allow
        case .readOnly: return rewritten(command, context)
        case .noDelete, .organise:
            if case .imap(let imap) = command {
                if imap.setsDeleted || (preset == .noDelete && imap.movesByLabel) { return .refuse(denial) }
                if case .close = imap.body { return .rewrite([.unselect]) }
            }
            return .allow
        }
    }

    private func denial(of command: SubmittedCommand, _ context: PolicyContext) -> Denial {
        var kind = CommandClass(command.name, context.mailProtocol)
        if case .imap(let imap) = command, preset != .readOnly {
            if imap.setsDeleted { kind = .delete } else if imap.movesByLabel { kind = .move }
        }
        return kind.denial(of: command.title, preset)
    }
}

extension SubmittedCommand {
    var title: String {
        switch self {
        case .imap(let command): command.title.description
        case .pop3(let name, _): name.description
        }
    }

    fileprivate var mayEverPass: Bool { parts.mayPass }

    /// Whether clients can cope with this being done only for show (readonly-enforcement: deny answers).
    fileprivate var mayBePretended: Bool {
        switch self {
        case .imap(let command): CommandClass(command.name, .imap) == .subscribe || storesOnlySeen
        case .pop3(let name, _): CommandClass(name, .pop3) == .delete
        }
    }

    /// Whether it sets or removes `\Seen` and does nothing else.
    fileprivate var storesOnlySeen: Bool {
        guard case .imap(let command) = self, let request = command.body.parts.store, request.operation != .replace,
            request.modifiers.isEmpty, case .flags(let flags) = request.item
        else { return false }
        return !flags.isEmpty && flags.allSatisfy { $0.bytes.equalsIgnoringCase("\\SEEN") }
    }

    /// The commands that may take its place and change less.
    var rewrites: Set<Rewrite> { parts.rewrites }
}

extension StrictCommand {
    /// Whether it marks messages as deleted.
    var setsDeleted: Bool {
        let parts = body.parts
        if let messages = parts.appended { return messages.contains { $0.flags.contains(where: \.isDeleted) } }
        guard let request = parts.store, request.operation != .remove, case .flags(let flags) = request.item else { return false }
        return flags.contains(where: \.isDeleted)
    }

    /// Whether it takes messages out of a mailbox, or into the trash: a label at Gmail is a mailbox.
    var movesByLabel: Bool {
        guard let request = body.parts.store, case .labels(let labels) = request.item else { return false }
        return request.operation != .add
            || labels.contains { $0.bytes.readableBytesView.first == UInt8(ascii: "\\") }
    }
}

extension IMAPString {
    fileprivate var isDeleted: Bool { bytes.equalsIgnoringCase("\\DELETED") }
}
