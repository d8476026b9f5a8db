// One IMAP session of the server half: small, but a client that follows RFC 3501 finds nothing wrong with it.
//
// Commands are answered one at a time, and no more are read while an answer is still on its way out; a session therefore holds
// at most one command and one answer, and a literal is sent from the message itself.

/// What SELECT opens: the same message, `count` times.
struct Mailbox: Sendable {
    let message: Message
    let count: Int
}

final class ServerSession {
    private enum State {
        case greeted, authenticated, selected, loggedOut, finished
    }

    private enum Piece {
        case text([UInt8])
        case message
    }

    private static let longestCommand = 65_536
    /// How many writes one session may do before the others get their turn.
    private static let writesPerTurn = 64

    private let connection: Connection
    private let mailbox: Mailbox
    private var state = State.greeted
    private var input: [UInt8] = []
    /// How much of `input` is known to hold no end of a command; past its end while a literal is awaited.
    private var examined = 0
    private var output: [Piece] = []
    private var writtenOfFirst = 0

    init(_ connection: Connection, _ mailbox: Mailbox) {
        self.connection = connection
        self.mailbox = mailbox
        say("* OK [CAPABILITY \(Self.capabilities)] interpost-load ready")
    }

    /// Does what the socket allows. Returns what to wait for; nil when the session is over.
    func advance() throws -> Readiness? {
        while true {
            if let readiness = try write() { return readiness }
            if state == .loggedOut {
                connection.finish()
                state = .finished
            }
            if state == .finished {
                input = []
            } else if let command = nextCommand() {
                answer(command)
            }
            guard output.isEmpty else { continue }
            switch try read() {
            case .moved: break
            case .needs(let readiness): return readiness
            case .ended: return nil
            }
        }
    }

    // MARK: Bytes

    /// Sends what can be sent. Returns what to wait for before the rest; nil when there is no rest.
    private func write() throws -> Readiness? {
        var turns = Self.writesPerTurn
        while let piece = output.first {
            if turns == 0 { return .writable }
            turns -= 1
            let (transfer, size) =
                switch piece {
                case .text(let bytes):
                    (try bytes.withUnsafeBytes { try connection.write(.init(rebasing: $0[writtenOfFirst...])) }, bytes.count)
                case .message:
                    (try mailbox.message.withBytes(from: writtenOfFirst, connection.write), mailbox.message.size)
                }
            switch transfer {
            case .moved(let count): writtenOfFirst += count
            case .needs(let readiness): return readiness
            case .ended: throw SessionError.closedWhileAnswering
            }
            if writtenOfFirst == size {
                output.removeFirst()
                writtenOfFirst = 0
            }
        }
        return nil
    }

    private func read() throws -> Transfer {
        try withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
            let transfer = try connection.read(into: buffer)
            if case .moved(let count) = transfer { input += UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
            return transfer
        }
    }

    /// The next whole command, its literals included, without its CR LF; nil while there is none.
    private func nextCommand() -> String? {
        while examined < input.count, let end = input[examined...].firstIndex(of: UInt8(ascii: "\n")) {
            guard let literal = Literal(endOf: input[examined..<end]), literal.size <= Self.longestCommand else {
                let command = input[..<end]
                input.removeFirst(end + 1)
                examined = 0
                return String(decoding: command.last == UInt8(ascii: "\r") ? command.dropLast() : command, as: UTF8.self)
            }
            examined = end + 1 + literal.size
            if literal.waits { say("+ Ready") }
        }
        if input.count > Self.longestCommand {
            say("* BYE Command too long")
            state = .loggedOut
        }
        return nil
    }

    private func say(_ line: String) {
        output.append(.text(Array("\(line)\r\n".utf8)))
    }

    // MARK: Commands

    private static let capabilities = "IMAP4rev1 LITERAL+"

    private func answer(_ command: String) {
        let words = command.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2 else { return say("* BAD A tag and a command, please") }
        let (tag, name) = (words[0], words[1].uppercased())
        let arguments = words.count == 3 ? words[2] : ""
        switch (name, state) {
        case ("NOOP", _):
            say("\(tag) OK NOOP completed")
        case ("CAPABILITY", _):
            say("* CAPABILITY \(Self.capabilities)")
            say("\(tag) OK CAPABILITY completed")
        case ("LOGIN", .greeted):
            state = .authenticated
            say("\(tag) OK LOGIN completed")
        case ("SELECT", .authenticated), ("SELECT", .selected), ("EXAMINE", .authenticated), ("EXAMINE", .selected):
            state = .selected
            say("* \(mailbox.count) EXISTS")
            say("* 0 RECENT")
            say("* FLAGS (\\Seen)")
            say("* OK [UIDVALIDITY 1] The same for ever")
            say("* OK [UIDNEXT \(mailbox.count + 1)] Never used")
            say("\(tag) OK [\(name == "SELECT" ? "READ-WRITE" : "READ-ONLY")] \(name) completed")
        case ("FETCH", .selected):
            fetch(tag, arguments, uid: false)
        case ("UID", .selected) where arguments.uppercased().hasPrefix("FETCH "):
            fetch(tag, String(arguments.dropFirst("FETCH ".count)), uid: true)
        case ("LOGOUT", _):
            say("* BYE See you")
            say("\(tag) OK LOGOUT completed")
            state = .loggedOut
        default:
            say("\(tag) BAD \(name) is unknown, or not for now")
        }
    }

    /// `3 BODY[]`: one message, whole. Its UID is its number.
    private func fetch(_ tag: String, _ arguments: String, uid: Bool) {
        let words = arguments.uppercased().split(separator: " ", maxSplits: 1)
        guard words.count == 2, let number = Int(words[0]),
            ["BODY[]", "BODY.PEEK[]", "(BODY[])", "(BODY.PEEK[])"].contains(words[1])
        else { return say("\(tag) BAD Only one message at a time, and only its BODY[]") }
        if (1...mailbox.count).contains(number) {
            let prefix = uid ? "UID \(number) " : ""
            say("* \(number) FETCH (\(prefix)BODY[] {\(mailbox.message.size)}")
            output.append(.message)
            say(")")
        } else if !uid {
            return say("\(tag) NO There is no message \(number)")
        }
        say("\(tag) OK \(uid ? "UID " : "")FETCH completed")
    }
}

private enum SessionError: Error {
    case closedWhileAnswering
}
