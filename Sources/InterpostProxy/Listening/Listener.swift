import InterpostConfiguration
import NIOCore
import NIOPosix

/// A port that is listened on. Its URL has the port that the system chose if the configuration leaves that to the system.
///
///     imaps://127.0.0.1:0        imaps://127.0.0.1:41993
public struct Listener: Sendable, Codable {
    /// The URL, with the port that is really listened on.
    public var url: String
    /// The port that is really listened on.
    public var port: Int

    /// Opens a port. Each connection gets the handler that `accept` makes for it, on its own event loop.
    ///
    /// - Throws: `EndpointError` if the port cannot be opened.
    static func open(
        _ url: ListenURL, on group: MultiThreadedEventLoopGroup,
        accept: @escaping @Sendable (any Channel) throws -> any ChannelHandler
    ) async throws -> (listener: Listener, channel: any Channel) {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(url.description))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: LegBuffers.allocator)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(try accept(channel))
                }
            }
        do {
            let channel = try await bootstrap.bind(host: url.host, port: url.port).get()
            let port = channel.localAddress?.port ?? url.port
            return (Listener(url: url.url(port: port), port: port), channel)
        } catch {
            throw EndpointError("cannot listen on \(url.description): \(FailureText.of(error))")
        }
    }
}
