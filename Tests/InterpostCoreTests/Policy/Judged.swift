import NIOCore

@testable import InterpostCore

extension Policy {
    /// What the policy makes of a command that is one line, strictly read; `nil` for one that the reader does not take.
    func judge(_ line: String, in context: PolicyContext = .selected()) -> PolicyDecision? {
        switch context.mailProtocol {
        case .imap:
            guard let command = try? StrictCommand(reading: IMAPText(line: ByteBuffer(string: line))) else { return nil }
            return judge(.imap(command), in: context)
        case .pop3:
            guard let (name, command) = try? StrictPOP3.read(ByteBuffer(string: line + "\r\n")) else { return nil }
            return judge(.pop3(name: name, command), in: context)
        }
    }

    /// `allow`, `refuse`, `rewrite examine`: the verdict in one word, and what a rewrite is.
    func verdict(on line: String, in context: PolicyContext = .selected()) -> String {
        switch judge(line, in: context)?.verdict {
        case nil: "not read"
        case .allow: "allow"
        case .refuse: "refuse"
        case .pretend: "pretend"
        case .rewrite(let rewrites): "rewrite " + rewrites.map(\.rawValue).sorted().joined(separator: " ")
        case .drop: "drop"
        case .hold(let seconds): "hold \(seconds)"
        }
    }

    init(_ preset: Preset, _ rules: PolicyRule...) {
        self.init(preset)
        self.rules = rules
    }
}

extension PolicyRule {
    init(_ action: Action, name: String? = nil, _ set: (inout PolicyMatch) -> Void = { _ in }) {
        var match = PolicyMatch()
        set(&match)
        self.init(name: name, match: match, action: action)
    }
}

extension PolicyMatch {
    /// Verbs in upper case, classes in lower case; what is neither is left out.
    mutating func commands(_ names: String...) { commands = names.compactMap { Command($0) } }
    mutating func mailboxes(_ names: String...) { mailboxes = names.map { MailboxPattern($0) } }
}

extension PolicyContext {
    /// Of a session in which a mailbox is selected.
    static func selected(_ name: String = "INBOX", separator: UInt8? = UInt8(ascii: "/")) -> PolicyContext {
        PolicyContext(
            .imap, state: .selected, user: ByteBuffer(string: "anna"),
            selected: CanonicalMailbox(MailboxName(name), separator: separator), separator: separator,
            clientAddress: IPAddress("192.0.2.7"), listener: "imaps://0.0.0.0:993", clientIsEncrypted: true,
            clientTLSVersion: .tls1_3)
    }

    static let pop3 = PolicyContext(
        .pop3, state: .authenticated, user: ByteBuffer(string: "anna"), clientAddress: IPAddress("2001:db8::7"))
}
