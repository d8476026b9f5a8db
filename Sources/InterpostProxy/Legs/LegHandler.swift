import InterpostCore
import NIOCore
import NIOSSL
import NIOTLS

/// One leg of a session: hands its bytes to the owner, and reads only when the owner wants more.
final class LegHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let owner: any LegOwner
    private let side: Side
    private var context: ChannelHandlerContext?
    private var readIsPending = false

    init(owner: any LegOwner, side: Side) {
        self.owner = owner
        self.side = side
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        owner.attach(self, as: side)
    }

    func channelActive(context: ChannelHandlerContext) { if side == .client { owner.open() } }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { owner.receive(unwrapInboundIn(data), from: side) }

    func read(context: ChannelHandlerContext) {
        if owner.mayRead(from: side) { context.read() } else { readIsPending = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { owner.resumeReads() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: owner.handshakeCompleted(on: side)
        case ChannelEvent.inputClosed: owner.inputClosed(by: side)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { owner.failed(on: side, error) }

    func channelInactive(context: ChannelHandlerContext) { owner.inactive(side) }

    // MARK: - For the owner

    var channel: (any Channel)? { context?.channel }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    func flush() { context?.flush() }

    func resumeRead() {
        guard readIsPending, let context, owner.mayRead(from: side) else { return }
        readIsPending = false
        context.read()
    }

    func closeOutput() { context?.close(mode: .output, promise: nil) }

    /// Closes once everything written has left, or after `patience`.
    func closeAfterWrites(patience: TimeAmount) { context?.closeAfterWrites(patience: patience) }

    /// From here on the peer's end of input closes the whole connection instead of leaving one direction open.
    func expectEnd() { _ = context?.channel.setOption(.allowRemoteHalfClosure, value: false) }

    func closeNow() { context?.close(promise: nil) }
}
