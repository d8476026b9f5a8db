package import NIOCore

/// One piece of one direction of a stream, cut where the protocol cuts and not where the network did.
/// Joined in order, fragments are the bytes that arrived.
package enum WireFragment: Equatable, Sendable {
    /// A whole line with its line end, and the literal that its end announces.
    case line(ByteBuffer, literal: LiteralAnnouncement?)
    /// Part of a server's line that is longer than the limit, with the literal that its end announces. The part with
    /// `isLast` ends it.
    case longLine(ByteBuffer, literal: LiteralAnnouncement?, isLast: Bool)
    /// Part of a literal; the part that arrives last has `remaining == 0`.
    case literal(ByteBuffer, remaining: Int)
    /// Part of the body of a multi-line POP3 reply, dot-stuffed as it came.
    case body(ByteBuffer)
    /// The `.` line that ends a multi-line POP3 reply.
    case terminator(ByteBuffer)
    /// Bytes after a limit was passed: they are passed on, but nobody reads them.
    case opaque(ByteBuffer)

    package var bytes: ByteBuffer {
        switch self {
        case .line(let bytes, _), .longLine(let bytes, _, _), .literal(let bytes, _), .body(let bytes), .terminator(let bytes),
            .opaque(let bytes):
            bytes
        }
    }
}

/// Why a framer stopped cutting. From that byte on it hands out `.opaque` fragments.
package enum WireBreach: Equatable, Sendable {
    case lineTooLong(limit: Int)
    case literalTooLarge(limit: Int)
}

/// Bytes of one direction that no fragment has taken yet.
///
/// What arrives is not copied. What is left over when the caller runs out of whole fragments is copied, because a small slice
/// would keep a large receive buffer alive.
struct PendingBytes: Sendable {
    private(set) var buffer = ByteBuffer()
    private var ownsStorage = true
    /// How many of the readable bytes are known to hold no line end.
    var scanned = 0

    var count: Int { buffer.readableBytes }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
            ownsStorage = false
        } else {
            settle()
            // What was taken is released before it outweighs what is left.
            if buffer.readerIndex > buffer.readableBytes { buffer.discardReadBytes() }
            buffer.writeImmutableBuffer(bytes)
        }
    }

    mutating func take(_ length: Int) -> ByteBuffer {
        scanned = 0
        // Callers ask for no more than `count`.
        let taken = buffer.readSlice(length: length) ?? ByteBuffer()
        if buffer.readableBytes == 0 { clear() }
        return taken
    }

    /// The index of the next LF; remembers how far it looked.
    mutating func lineFeed() -> Int? {
        if let found = buffer.firstIndex(of: .lineFeed, from: buffer.readerIndex + scanned) { return found }
        scanned = buffer.readableBytes
        return nil
    }

    /// Called when nothing more can be cut: keeps the rest in storage of its own.
    mutating func settle() {
        guard !ownsStorage else { return }
        if buffer.readableBytes == 0 { return clear() }
        buffer = buffer.ownCopy
        ownsStorage = true
    }

    private mutating func clear() {
        buffer = ByteBuffer()
        ownsStorage = true
        scanned = 0
    }
}
