import NIOCore

/// A stretch of one side's bytes that goes on as it came. Bytes that follow one another are sent as one slice.
struct ForwardRun {
    private var bytes = ByteBuffer()
    private var length = 0
    /// Literals and messages are in it, which go on in pieces as large as they came.
    private var holdsContent = false

    /// Octets of a piece of lines. A TLS record of a server that writes line by line is no larger, and clients depend on it: what
    /// curl 7.88 gets in one record it counts once more for each line in it, and gives up at 300 KB.
    private static let maximumPiece = 1400

    mutating func begin(_ bytes: ByteBuffer) {
        self.bytes = bytes
        length = 0
    }

    mutating func advance(_ count: Int, isContent: Bool = false) {
        length += count
        if isContent { holdsContent = true }
    }

    /// The next piece of it; `nil` when all has gone on.
    mutating func flush() -> ByteBuffer? {
        guard length > 0 else {
            holdsContent = false
            return nil
        }
        let count = holdsContent ? length : min(length, Self.maximumPiece)
        length -= count
        return bytes.readSlice(length: count)
    }

    mutating func skip(_ count: Int) { bytes.moveReaderIndex(forwardBy: min(count, bytes.readableBytes)) }
}

extension MailEvent.Meaning {
    /// Whether it is part of something that is no line of the protocol.
    var isContent: Bool {
        switch self {
        case .literal, .pop3Body, .opaque, .longResponse: true
        default: false
        }
    }
}

struct ForwardRuns {
    private var client = ForwardRun()
    private var server = ForwardRun()

    subscript(side: Side) -> ForwardRun {
        get { side == .client ? client : server }
        _modify { if side == .client { yield &client } else { yield &server } }
    }
}
