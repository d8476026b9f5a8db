import CZlib
import InterpostCore
import NIOCore

/// One leg's compression (RFC 4978): raw DEFLATE in both directions, each with its own dictionary.
///
/// What is written is flushed at the end of each read of the other leg, so that nothing waits in the compressor. What arrives is
/// inflated in pieces of at most 64 KiB, and only while the next handler asks for more: a small input that swells to gigabytes
/// takes no memory, because a slow reader holds it back like any other input. Between two pieces the other sessions of the event
/// loop have their turn, and input that swells more than is allowed has to wait.
final class DeflateHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let deflater: ZStream
    private let inflater: ZStream
    private var hasUnflushed = false
    /// What has arrived and is not inflated yet.
    private var compressed = ByteBuffer()
    /// There may be more output without more input, because the last piece was a full one.
    private var hasMore = false
    private var isAskedFor = true
    private var isDelivering = false
    /// The next piece is delivered in a later turn.
    private var awaitsTurn = false
    private var isRemoved = false
    /// The peer's end of input has come, but what was sent before it is not completely inflated yet.
    private var owesEnd = false
    private var swelling: Swelling?
    /// Compressed octets received since ``takeReceived()``.
    private var received = 0

    /// How much the peer's input may swell, and whom to tell, once, when it swells more.
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

    /// How many compressed octets the peer has sent since the last call.
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

    /// Inflates what is left, up to a bound on memory, because no handler will ask again.
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

    /// Delivers one piece for each time that it was asked for.
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
        // The handler at the end of the pipeline asks again if it can take more.
        context.channel.read()
    }

    /// Everything that has come is inflated.
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
            // The bytes leave with the flush that follows. A caller that waits for them waits for that flush.
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

/// A zlib stream, ended when its owner releases it.
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

    /// The next piece of output; `nil` when `input` is used up and there is no more output.
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
