import Foundation
public import InterpostConfiguration
package import InterpostCore
import NIOCore
import NIOPosix

/// Plays recorded clients to a live server, one connection after another.
///
/// The session between client and server is a relay's, but without a port: the client's leg is a pair of sockets. So the server's
/// leg has a relay's TLS, STARTTLS, verification and time-outs.
public final class ReplayCaller: Sendable {
    private let context: RelayContext
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// A caller of `upstream`. Throws where the settings of TLS cannot be used; nothing is connected yet.
    public init(to upstream: UpstreamURL, tls: TLSSettings) throws {
        var configuration = Configuration()
        configuration.tls = tls
        configuration.log.console = .quiet
        let listener = "\(upstream.mailProtocol.rawValue)://127.0.0.1:0?starttls=off"
        let shared = try SharedContext(
            configuration, sink: EventSink(configuration.log), recording: nil,
            registry: SessionRegistry(limits: configuration.limits), serverContexts: ServerContexts())
        context = shared.context(
            for: RelayConfiguration(listen: try ListenURL(listener), upstream: upstream), listener: "replay-client")
    }

    /// Plays one session to its end.
    package func play(_ script: ClientScript, _ options: ReplayClientOptions) async throws -> ReplayClientReport {
        var sockets: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0 else {
            throw EndpointError("no pair of sockets: \(String(cString: strerror(errno)))")
        }
        let loop = group.next()
        let context = context
        let done = loop.makePromise(of: ReplayClientReport.self)
        _ = try await Self.bootstrap(on: loop) { channel in
            LegHandler(owner: ProxySession(context: context, channel: channel), side: .client)
        }.withConnectedSocket(sockets[0]).get()
        _ = try await Self.bootstrap(on: loop) { _ in
            ReplayCallerHandler(ReplayClient(script, options), clock: context.clock) { done.succeed($0) }
        }.withConnectedSocket(sockets[1]).get()
        return try await done.futureResult.get()
    }

    private static func bootstrap(
        on loop: any EventLoop, _ handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) -> ClientBootstrap {
        ClientBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: LegBuffers.allocator)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler(channel)) }
            }
    }

    /// Ends the thread of the connections. Nothing can be played after that.
    public func close() async { try? await group.shutdownGracefully() }
}

/// Carries out what a ``ReplayClient`` says.
private final class ReplayCallerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let closePatience = TimeAmount.seconds(5)

    private var client: ReplayClient
    private let clock: SessionClock
    private var onEnd: ((ReplayClientReport) -> Void)?
    private var timer: Scheduled<Void>?
    /// What has come of the server's first line; `nil` once it has been looked at.
    private var firstLine: ByteBuffer? = ByteBuffer()

    init(_ client: ReplayClient, clock: SessionClock, onEnd: @escaping (ReplayClientReport) -> Void) {
        self.client = client
        self.clock = clock
        self.onEnd = onEnd
    }

    func channelActive(context: ChannelHandlerContext) {
        client.opened(at: clock.now)
        pump(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        noteFirstLine(bytes)
        client.receive(bytes, at: clock.now)
        pump(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed? = event as? ChannelEvent else { return }
        client.closed()
        pump(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.closed()
        pump(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        client.fail(FailureText.of(error))
        pump(context)
    }

    /// If the server cannot be reached, the relay's session says why, in the place of the server's greeting.
    private func noteFirstLine(_ bytes: ByteBuffer) {
        guard var line = firstLine else { return }
        line.writeImmutableBuffer(bytes)
        firstLine = line
        let text = String(buffer: line)
        guard text.contains("\n") || line.readableBytes > 1000 else { return }
        firstLine = nil
        let mark = "Interpost cannot reach the server: "
        guard let place = text.firstRange(of: mark) else { return }
        client.fail(String(text[place.upperBound...].prefix { !$0.isNewline }))
    }

    private func pump(_ context: ChannelHandlerContext) {
        while let action = client.next() {
            switch action {
            case .send(let bytes): context.write(wrapOutboundOut(bytes), promise: nil)
            case .wait(let time): wait(until: time, context)
            case .close: end(context)
            }
        }
        context.flush()
    }

    private func wait(until time: WireTime, _ context: ChannelHandlerContext) {
        timer?.cancel()
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: clock.moment(of: time)) {
            handler.value.client.tick(at: handler.value.clock.now)
            handler.value.pump(bound.value)
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        timer?.cancel()
        onEnd?(client.report)
        onEnd = nil
        context.closeAfterWrites(patience: Self.closePatience)
    }
}
