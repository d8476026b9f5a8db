import CZlib
import InterpostCore
import NIOCore

/// One leg's compression (RFC 4978): raw DEFLATE in both directions, each with its own dictionary.
///
/// What is written is flushed at the end of each read of the other leg, so that nothing waits in the compressor.
/// What arrives is inflated in pieces of at most 64 KiB, and only while somebody asks for more: a small input that
/// swells to gigabytes is held back by a slow reader like any other, and takes no memory. Between two pieces others of the event loop
/// have their turn, and an input that swells more than is allowed waits.
final class DeflateHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let deflater: ZStream
    private let inflater: ZStream
    private var hasUnflushed = false
    /// What arrived and is not inflated yet.
    private var compressed = ByteBuffer()
    /// Output may come without more input: the last piece was a full one.
    private var hasMore = false
    private var isAskedFor = true
    private var isDelivering = false
    /// The next piece comes in a turn of its own.
    private var awaitsTurn = false
    private var isRemoved = false
    /// The peer's end of input has come, and what it sent before is not inflated to its end.
    private var owesEnd = false
    private var swelling: Swelling?
    /// Octets that came compressed since ``takeReceived()``.
    private var received = 0

    /// How much the peer's input may swell, and whom to tell once when it wants to swell more.
    struct Swelling {
        var allowance: Allowance
        let clock: SessionClock
        var onSpent: (() -> Void)?
    }

    init(_ swelling: Swelling? = nil) throws {
        deflater = try ZStream(.deflate)
        inflater = try ZStream(.inflate)
        self.swelling = swelling
    }

    /// Octets that the peer sent, compressed, since this was last asked.
    func takeReceived() -> Int {
        defer { received = 0 }
        return received
    }

    func handlerRemoved(context: ChannelHandlerContext) { isRemoved = true }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        received += bytes.readableBytes
        swelling?.allowance.earn(bytes.readableBytes)
        compressed.writeImmutableBuffer(bytes)
        hasMore = true
        deliver(context)
    }

    func read(context: ChannelHandlerContext) {
        isAskedFor = true
        deliver(context)
        if !hasMore { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, hasMore { owesEnd = true } else { context.fireUserInboundEventTriggered(event) }
    }

    /// What is not inflated yet is inflated now, as far as memory for it is bounded: nobody will ask again.
    func channelInactive(context: ChannelHandlerContext) {
        var room = Self.maximumAtEnd
        while hasMore, room > 0, let piece = try? inflater.process(&compressed, flush: Z_SYNC_FLUSH) {
            room -= piece.readableBytes
            context.fireChannelRead(wrapInboundOut(piece))
        }
        hasMore = false
        context.fireChannelInactive()
    }

    private static let maximumAtEnd = 1 << 22

    /// One piece for each time that somebody asks.
    private func deliver(_ context: ChannelHandlerContext) {
        guard isAskedFor, hasMore, !isDelivering, !awaitsTurn else { return }
        isDelivering = true
        defer { isDelivering = false }
        do {
            guard let piece = try inflater.process(&compressed, flush: Z_SYNC_FLUSH) else { return finishInput(context) }
            isAskedFor = false
            if compressed.readableBytes == 0, piece.readableBytes < ZStream.pieceSize {
                finishInput(context, afterwards: piece)
            } else {
                awaitTurn(after: wait(for: piece), context)
                pass(piece, context)
            }
        } catch {
            hasMore = false
            context.fireErrorCaught(error)
        }
    }

    private func pass(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        context.fireChannelRead(wrapInboundOut(piece))
        context.fireChannelReadComplete()
        // Whoever reads at the end of the pipeline asks again if it can take more.
        context.channel.read()
    }

    /// All that has come is inflated.
    private func finishInput(_ context: ChannelHandlerContext, afterwards piece: ByteBuffer? = nil) {
        hasMore = false
        compressed = ByteBuffer()
        if let piece {
            _ = wait(for: piece)
            pass(piece, context)
        }
        guard owesEnd else { return }
        owesEnd = false
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// Nanoseconds until the next piece may follow this one.
    private func wait(for piece: ByteBuffer) -> Int64 {
        guard let now = swelling?.clock.now else { return 0 }
        swelling?.allowance.spend(piece.readableBytes, at: now)
        let wait = swelling?.allowance.nanosecondsToWait(at: now) ?? 0
        if wait > 0 {
            swelling?.onSpent?()
            swelling?.onSpent = nil
        }
        return wait
    }

    private func awaitTurn(after nanoseconds: Int64, _ context: ChannelHandlerContext) {
        awaitsTurn = true
        TurnQueue.of(context.eventLoop).add(after: nanoseconds) { [self] in
            awaitsTurn = false
            guard !isRemoved else { return }
            deliver(context)
            if isAskedFor, !hasMore { context.read() }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = unwrapOutboundIn(data)
        do {
            while let piece = try deflater.process(&bytes, flush: Z_NO_FLUSH) {
                context.write(wrapOutboundOut(piece), promise: nil)
            }
            hasUnflushed = true
            // The bytes leave with the flush that follows; whoever waits for them waits for that.
            if let promise { context.write(wrapOutboundOut(ByteBuffer()), promise: promise) }
        } catch {
            promise?.fail(error)
            context.fireErrorCaught(error)
        }
    }

    func flush(context: ChannelHandlerContext) {
        if hasUnflushed {
            hasUnflushed = false
            var none = ByteBuffer()
            while let piece = try? deflater.process(&none, flush: Z_SYNC_FLUSH) {
                context.write(wrapOutboundOut(piece), promise: nil)
            }
        }
        context.flush()
    }
}

/// A compressed leg carried something that is not DEFLATE.
struct DeflateError: Error, CustomStringConvertible {
    var code: Int32
    var description: String { "zlib says \(code)" }
}

/// A zlib stream; ends with its owner.
private final class ZStream {
    enum Direction { case deflate, inflate }

    static let pieceSize = 1 << 16

    // zlib keeps a pointer back to the structure, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let direction: Direction
    private var isFinished = false

    init(_ direction: Direction) throws {
        self.direction = direction
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        let code =
            switch direction {
            case .deflate:
                deflateInit2_(
                    stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, zlibVersion(), size)
            case .inflate: inflateInit2_(stream, -15, zlibVersion(), size)
            }
        guard code == Z_OK else {
            stream.deallocate()
            throw DeflateError(code: code)
        }
    }

    deinit {
        switch direction {
        case .deflate: _ = deflateEnd(stream)
        case .inflate: _ = inflateEnd(stream)
        }
        stream.deallocate()
    }

    /// The next piece of output; `nil` when `input` is used up and nothing more comes out of it.
    func process(_ input: inout ByteBuffer, flush: Int32) throws -> ByteBuffer? {
        guard !isFinished else {
            if input.readableBytes > 0 { throw DeflateError(code: Z_STREAM_END) }
            return nil
        }
        var output = ByteBuffer()
        output.reserveCapacity(Self.pieceSize)
        var code = Z_OK
        input.readWithUnsafeMutableReadableBytes { source in
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.pieceSize) { target in
                // Both counts are bounded: a read is far below 4 GiB, and a piece is 64 KiB.
                stream.pointee.next_in = source.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_in = UInt32(clamping: source.count)
                stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(Self.pieceSize)
                code = direction == .deflate ? deflate(stream, flush) : inflate(stream, flush)
                return Self.pieceSize - Int(stream.pointee.avail_out)
            }
            return source.count - Int(stream.pointee.avail_in)
        }
        switch code {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isFinished = true
        default: throw DeflateError(code: code)
        }
        return output.readableBytes > 0 ? output : nil
    }
}
