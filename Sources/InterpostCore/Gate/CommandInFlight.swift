import NIOCore

/// The command that is with the server.
struct CommandInFlight: Sendable {
    /// The message of APPEND on its way.
    struct Message: Sendable {
        enum Stage: Equatable, Sendable {
            /// The server has not asked for it.
            case announced
            case streaming
            /// All its octets have gone on; the command has to end here.
            case closing
            /// The command went on whole, or was refused before.
            case done
        }

        var stage: Stage
        /// The client waits for a `+`.
        var isAwaited: Bool
        /// It may hold NUL (RFC 3516).
        var isBinary: Bool
        /// The last octet of the message, which waits until what follows it is known to end the command.
        var last: ByteBuffer?
    }

    /// As the client sent it.
    var command: StrictCommand
    /// What the server gets next, one piece after each `+`.
    var segments: ArraySlice<ByteBuffer>
    var message: Message?
    /// What AUTHENTICATE carried, for a server that takes it only when it has asked.
    var initialResponse: Secret?
    var renames: [PeekRewrite.Rename] = []
    /// A second command, sent after this one is answered and before the client hears the answer. This one has another tag
    /// then.
    var later: StrictCommand?
    /// What the client hears instead of the server's completion.
    var answer: ByteBuffer?
    var errand: GateQuery?
    /// What the gate asks once this command is done.
    var errandAfter: GateQuery?
    /// The messages that the client believes it is marking, for when the server says which ones they are.
    var marking: Marking?
    /// What the server said in answer to SELECT (RFC 9051 §7.1).
    var uidValidity: UInt64?
    /// The command is a FETCH of texts that marks nothing as read, from a client that did not ask for flags.
    var watchesSeen = false
    /// What its budgets have granted.
    var payment: BudgetMeter.Payment?
    /// The server has meanwhile listed its capabilities, or answered the gate's LIST for the separator.
    var hasOffered = false
}

/// Messages that are marked for the client but not on the server.
struct Marking: Sendable {
    let isSeen: Bool
    /// The client does not want to be told the new flags.
    let isSilent: Bool
    private let numbers: NamedNumbers
    private let usesUIDs: Bool

    init(_ set: SequenceSet, usesUIDs: Bool, isSeen: Bool, isSilent: Bool) {
        numbers = NamedNumbers(set)
        self.usesUIDs = usesUIDs
        self.isSeen = isSeen
        self.isSilent = isSilent
    }

    /// Whether the answer is about one of them, and not news of another message.
    func names(number: UInt64?, uid: UInt64) -> Bool { (usesUIDs ? uid : number).map(numbers.contains) ?? false }
}

/// A command of the gate's own. Clients cannot send its tag.
enum GateQuery: Sendable, Equatable {
    /// What the server can do, asked after a login that did not say so.
    case capability
    /// What separates the levels of mailbox names (RFC 9051 §6.3.9).
    case separator
    /// The flags of these messages. The client has read them in a way that leaves them unmarked.
    case marks(SequenceSet, usesUIDs: Bool)

    /// The tag of the first half where a client's command goes on as two commands.
    static let earlier = ByteBuffer(string: "interpost:4")

    var command: StrictCommand {
        switch self {
        case .capability: StrictCommand(tag: tag("1"), name: Keyword("CAPABILITY"), body: .capability)
        case .separator:
            StrictCommand(
                tag: tag("2"), name: Keyword("LIST"),
                body: .list(ListRequest(reference: IMAPString(""), patterns: [IMAPString("")]))
            )
        case .marks(let set, let usesUIDs):
            StrictCommand(
                tag: tag("3"), name: Keyword("FETCH"), usesUIDs: usesUIDs, body: .fetch(set, FetchItem.uidAndFlags, modifiers: [])
            )
        }
    }

    private func tag(_ number: String) -> ByteBuffer { ByteBuffer(string: "interpost:" + number) }
}

extension FetchItem {
    static let uidAndFlags = [FetchItem(name: Keyword("UID")), FetchItem(name: Keyword("FLAGS"))]
}
