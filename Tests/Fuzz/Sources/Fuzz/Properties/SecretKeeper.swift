import NIOCore

@testable import InterpostCore

/// Lets a client log in where it may, with a secret that must be nowhere afterwards, and lets both sides repeat it.
struct SecretKeeper {
    private let secret: PlantedSecret?
    private let form: LoginForm
    private let mailProtocol: MailProtocol
    private var isPlanted = false
    private var isPlanting = false
    /// What else was learnt as a secret: of those, a session remembers only the latest.
    private var others = 0

    init(_ dialogue: Dialogue) {
        // A line that a limit cuts off tells no secret; limits are at least this large in a configuration.
        let isReadable = dialogue.limits.lineLength >= 1024 && dialogue.limits.keptLiteralSize >= 1024
        secret = isReadable ? dialogue.secret : nil
        form = dialogue.login ?? .atom
        mailProtocol = dialogue.settings.mailProtocol
    }

    /// What must be in no output.
    var forbidden: [[UInt8]] { isPlanted && others <= 1 ? secret?.forbidden ?? [] : [] }

    /// What is said to log in, where the client's next octets are certain to be read as a command.
    mutating func login(in conversation: Conversation) -> [(side: Side, text: String)]? {
        guard let secret, conversation.isResting, conversation.phase != .idle, conversation.isBetweenResponses,
            conversation.clientWait == .none, Side.allCases.allSatisfy({ conversation.unread(from: $0) == 0 })
        else { return nil }
        (isPlanted, isPlanting) = (true, true)
        return form.turns(mailProtocol, secret)
    }

    mutating func hasLoggedIn() { isPlanting = false }

    /// Counts what is learnt of the other secrets in the dialogue.
    mutating func note(_ event: MailEvent) {
        guard isPlanted, !isPlanting else { return }
        switch event.meaning {
        case .command(let command):
            switch command.body {
            case .login, .authenticate: others += 1
            default: break
            }
        case .pop3Command(_, .pass), .pop3Command(_, .apop), .pop3Command(_, .auth), .saslResponse: others += 1
        default: break
        }
    }

    /// With the secret in the place of `%p`, and its SASL message in that of `%m`, once it was told.
    func filledIn(_ bytes: ByteBuffer) -> ByteBuffer {
        guard let secret, bytes.readableBytesView.contains(UInt8(ascii: "%")) else { return bytes }
        var filled = ByteBuffer()
        var rest = bytes.readableBytesView
        while let byte = rest.popFirst() {
            switch (byte, rest.first) {
            case (UInt8(ascii: "%"), UInt8(ascii: "p")): filled.writeString(isPlanted ? secret.plain : "word")
            case (UInt8(ascii: "%"), UInt8(ascii: "m")):
                filled.writeString(isPlanted && form.hasMessage(mailProtocol) ? secret.message : "word")
            default:
                filled.writeInteger(byte)
                continue
            }
            rest.removeFirst()
        }
        return filled
    }
}
