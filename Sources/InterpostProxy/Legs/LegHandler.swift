import InterpostCore
import NIOCore
import NIOSSL
import NIOTLS

/// One leg of a session: hands its bytes to the session, and reads only when the session wants more.
final class LegHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let session: ProxySession
    private let side: Side
    private var context: ChannelHandlerContext?
    private var readIsPending = false

    init(session: ProxySession, side: Side) {
        self.session = session
        self.side = side
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        session.attach(self, as: side)
    }

    func channelActive(context: ChannelHandlerContext) { if side == .client { session.open() } }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { session.receive(unwrapInboundIn(data), from: side) }

    func read(context: ChannelHandlerContext) {
        if session.mayRead(from: side) { context.read() } else { readIsPending = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { session.resumeReads() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: session.handshakeCompleted(on: side)
        case ChannelEvent.inputClosed: session.inputClosed(by: side)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { session.failed(on: side, error) }

    func channelInactive(context: ChannelHandlerContext) { session.inactive(side) }

    // MARK: - For the session

    var channel: (any Channel)? { context?.channel }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    func flush() { context?.flush() }

    func resumeRead() {
        guard readIsPending, let context, session.mayRead(from: side) else { return }
        readIsPending = false
        context.read()
    }

    func closeOutput() { context?.close(mode: .output, promise: nil) }

    /// Closes when everything written has left, or after `patience`.
    func closeAfterWrites(patience: TimeAmount) {
        guard let context else { return }
        let channel = context.channel
        let deadline = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            deadline.cancel()
            channel.close(promise: nil)
        }
    }

    /// From here on the peer's end of input closes the connection, instead of leaving one direction open.
    func expectEnd() { _ = context?.channel.setOption(.allowRemoteHalfClosure, value: false) }

    func closeNow() { context?.close(promise: nil) }
}
