import NIOCore

/// A stretch of one side's bytes that goes on as it came. Bytes that follow one another are sent as one slice.
struct ForwardRun {
    private var bytes = ByteBuffer()
    private var length = 0

    mutating func begin(_ bytes: ByteBuffer) {
        self.bytes = bytes
        length = 0
    }

    mutating func advance(_ count: Int) { length += count }

    mutating func flush() -> ByteBuffer? {
        guard length > 0 else { return nil }
        defer { length = 0 }
        return bytes.readSlice(length: length)
    }

    mutating func skip(_ count: Int) { bytes.moveReaderIndex(forwardBy: min(count, bytes.readableBytes)) }
}

struct ForwardRuns {
    private var client = ForwardRun()
    private var server = ForwardRun()

    subscript(side: Side) -> ForwardRun {
        get { side == .client ? client : server }
        _modify { if side == .client { yield &client } else { yield &server } }
    }
}
