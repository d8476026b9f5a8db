import NIOCore

/// What a client may do in a mailbox under a policy, in the words in which servers say it.
///
///     S: * MYRIGHTS INBOX lrswit␍␊                             → * MYRIGHTS INBOX lr                        read-only
///     S: * OK [PERMANENTFLAGS (\Seen \Deleted \*)] limited␍␊   → * OK [PERMANENTFLAGS (\Seen \*)] limited   no-delete
///
/// Nothing is known here about presets: what a right or a flag is good for is asked of the policy.
struct GrantedRights: Sendable {
    private let policy: Policy
    private let context: PolicyContext
    private let mailbox: MailboxName

    init(_ policy: Policy, _ context: PolicyContext, in mailbox: MailboxName) {
        self.policy = policy
        self.mailbox = mailbox
        var context = context
        context.state = .selected
        context.selected = CanonicalMailbox(mailbox, separator: context.separator)
        self.context = context
    }

    /// The rights of RFC 4314 that are left. What other letters mean is not known, so only `observe` leaves them.
    func kept(of rights: ByteBuffer) -> ByteBuffer {
        ByteBuffer(bytes: rights.readableBytesView.filter { isKept(Character(Unicode.Scalar($0))) })
    }

    private func isKept(_ right: Character) -> Bool {
        switch right {
        case "l", "r", "p": true
        case "s": mayStore("\\Seen")
        case "w": mayStore("\\Flagged")
        case "t": mayStore("\\Deleted")
        case "e": mayExpunge
        case "d": mayStore("\\Deleted") && mayExpunge
        case "i": may("APPEND", .append(mailbox, [AppendedMessage()])) || may("COPY", .copy(Self.first, to: mailbox))
        case "k", "c": may("CREATE", .create(mailbox, parameters: []))
        case "x": may("DELETE", .delete(mailbox))
        case "a": may("SETACL", .setACL(mailbox, identifier: IMAPString("anyone"), rights: IMAPString("l")))
        default: policy.allPresets { $0 == .observe }
        }
    }

    /// The flags that may be added to a message. `\*` stands for a keyword that no rule names.
    func kept(of flags: [ByteBuffer]) -> [ByteBuffer] {
        flags.filter { mayStore($0.equalsIgnoringCase("\\*") ? "interpost-any-keyword" : String(buffer: $0)) }
    }

    /// Whether the client is told that it has marked a message as read, and the server hears nothing.
    var pretendsSeen: Bool { verdict("STORE", Self.adding("\\Seen")) == .pretend }

    private func mayStore(_ flag: String) -> Bool { may("STORE", Self.adding(flag)) }

    private var mayExpunge: Bool { may("EXPUNGE", .expunge(nil)) }

    private static let first = SequenceSet(text: ByteBuffer(string: "1"))

    private static func adding(_ flag: String) -> IMAPCommand.Body {
        .store(first, StoreRequest(operation: .add, item: .flags([IMAPString(flag)]), isSilent: false))
    }

    private func may(_ name: StaticString, _ body: IMAPCommand.Body) -> Bool {
        switch verdict(name, body) {
        case .allow, .pretend, .rewrite, .hold: true
        case .refuse, .drop: false
        }
    }

    private func verdict(_ name: StaticString, _ body: IMAPCommand.Body) -> Verdict {
        policy.judge(.imap(StrictCommand(tag: ByteBuffer(string: "a"), name: Keyword(name), body: body)), in: context).verdict
    }
}

extension GrantedRights {
    /// The line of an answer to MYRIGHTS, or to GETACL about the user who asks, with the rights that are left; `nil` where it
    /// stays as it is.
    func edited(_ response: IMAPResponse, _ line: ByteBuffer, user: ByteBuffer?) -> ByteBuffer? {
        guard response.text.literals.isEmpty else { return nil }
        var scanner = ResponseWords(atLevel: 0)
        let words = scanner.next(in: line)
        var edits: [(place: Range<Int>, text: ByteBuffer)] = []
        func keep(_ rights: IMAPString, _ place: Range<Int>) {
            let kept = kept(of: rights.bytes)
            if kept != rights.bytes { edits.append((place, kept.readableBytes == 0 ? ByteBuffer(string: "\"\"") : kept)) }
        }
        switch response.data {
        case .myRights(_, let rights) where words.count == 4: keep(rights, words[3])
        case .acl(_, let entries) where words.count == 3 + 2 * entries.count:
            for (index, entry) in entries.enumerated() where entry.identifier.bytes == user {
                keep(entry.rights, words[4 + 2 * index])
            }
        default: break
        }
        return edits.isEmpty ? nil : line.editing(edits)
    }

    /// The line with the flags that are left in its code PERMANENTFLAGS; `nil` for another code, and where it stays as it is.
    func edited(permanentFlags status: IMAPStatus) -> ByteBuffer? {
        guard status.codeName == Keyword("PERMANENTFLAGS"), let code = status.code,
            let open = code.firstIndex(of: UInt8(ascii: "("), from: code.readerIndex),
            let close = code.firstIndex(of: UInt8(ascii: ")"), from: open)
        else { return nil }
        let place = open + 1..<close
        let flags = code.word(place).readableBytesView.split(separator: .space).map { ByteBuffer(bytes: $0) }
        var kept = kept(of: flags)
        if pretendsSeen, !kept.contains(where: { $0.equalsIgnoringCase("\\SEEN") }) { kept.append(ByteBuffer(string: "\\Seen")) }
        guard kept != flags else { return nil }
        let list = ByteBuffer(bytes: kept.map(\.readableBytesView).joined(separator: [.space]))
        return status.line(withCode: code.editing([(place, list)]))
    }
}
