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
    /// What the client hears instead of the server's completion.
    var answer: ByteBuffer?
    var errand: GateQuery?
    /// The command is a FETCH of texts that marks nothing as read, from a client that did not ask for flags.
    var watchesSeen = false
    /// The server has said in the meantime what it can do.
    var hasOffered = false
}

/// A command of the gate's own. Clients cannot send its tag.
enum GateQuery: String, Sendable {
    /// What the server can do, asked after a login that did not say so.
    case capability = "CAPABILITY"
    /// What separates the levels of mailbox names (RFC 9051 §6.3.9).
    case separator = #"LIST "" """#

    var tag: ByteBuffer { ByteBuffer(string: "interpost:\(self == .capability ? 1 : 2)") }

    var line: ByteBuffer { ByteBuffer(string: "\(String(buffer: tag)) \(rawValue)\r\n") }
}
