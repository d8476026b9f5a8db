import NIOCore

// Where the secrets are in a client's commands: what must not be shown when it is said again.

extension LogRedactor {
    mutating func learn(from command: IMAPCommand) {
        // Nobody knows what these are.
        if command.quirks.contains(.argumentsLeftOver) { learn(wordsOf: command.writtenArguments) }
        switch command.body {
        case .login(_, let password): learn(password)
        case .authenticate(let mechanism, let response): learn(mechanism, response)
        case .malformed where command.name == Keyword("LOGIN") || command.name == Keyword("AUTHENTICATE"):
            learn(Secret(command.writtenArguments.behindName))
        case .append(_, let messages): for message in messages { learn(from: message) }
        case .replace(_, _, let message): learn(from: message)
        case .urlFetch(let parts): for part in parts { learn(url: part.url) }
        case .unknown:
            // The words as they were typed: the verb's name has been put into upper case.
            learn(wordsOf: command.text.bytes)
            learn(wordsOf: command.writtenArguments)
        default: break
        }
    }

    mutating func learn(from command: POP3Command, name: Keyword?, line: ByteBuffer) {
        switch command {
        case .user(let user) where !user.isOneWord: learn(wordsOf: user)
        case .pass(let secret), .rpop(let secret), .apop(_, let secret): learn(secret)
        case .auth(let mechanism?, let response): learn(mechanism, response)
        case .malformed where name.map(POP3Verb.carriesCredentials) == true:
            learn(Secret(line.withoutLineEnd.behindWord.behindName))
        case .malformed, .xclient, .xoip, .mdef: learn(wordsOf: line.withoutLineEnd.behindWord)
        case .unknown: learn(wordsOf: line)
        default: break
        }
    }

    private mutating func learn(_ mechanism: Keyword, _ initialResponse: Secret?) {
        // The word in the mechanism's place may be anything.
        if ShowableNames.title(ofMechanism: mechanism) == "unknown" {
            learn(Secret(ByteBuffer(string: mechanism.description)))
        }
        guard let initialResponse else { return }
        for secret in SASLExchange.secrets(of: initialResponse, mechanism: mechanism) { learn(secret) }
    }

    private mutating func learn(from message: AppendedMessage) {
        for case .url(let url) in message.parts { learn(url: url) }
    }
}

extension POP3Verb {
    /// Whether the verb is part of a login.
    static func carriesCredentials(_ name: Keyword) -> Bool {
        [Keyword("USER"), Keyword("PASS"), Keyword("APOP"), Keyword("AUTH"), Keyword("RPOP")].contains(name)
    }
}

extension ByteBuffer {
    /// What follows the first word.
    fileprivate var behindWord: ByteBuffer {
        ByteBuffer(bytes: readableBytesView.drop { $0 == .space }.drop { $0 > .space }.drop { $0 == .space })
    }

    /// What follows the name of a user; a single word may be anything.
    fileprivate var behindName: ByteBuffer { isOneWord ? self : behindWord }

    /// Apart from spaces around it.
    var isOneWord: Bool { readableBytesView.split { $0 <= .space }.count <= 1 }
}
