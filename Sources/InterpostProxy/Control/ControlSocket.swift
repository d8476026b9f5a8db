import Foundation
import NIOCore
import NIOPosix

/// The Unix socket over which a running program takes requests. Whoever can open it can let through what a policy holds, so it has
/// mode 0600 from the beginning, and unless a path is configured it is in a folder of mode 0700.
final class ControlSocket: Sendable {
    static let suffix = ".socket"
    /// The longest request, in octets.
    static let maximumLine = 4096

    let path: String
    private let channel: any Channel

    /// Opens the socket `path`, or one in the state directory that is named after this process.
    init(_ path: String?, on group: MultiThreadedEventLoopGroup, registry: SessionRegistry) async throws {
        let path = try path ?? Self.standardPath()
        // Only a socket that a killed program has left is removed; anything else stays, because the path may be a mistake.
        await ControlClient(path).removeIfAbandoned()
        let bootstrap = ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(registry))
                }
            }
        let mask = umask(0o177)
        defer { umask(mask) }
        do {
            channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
        } catch {
            throw CertificateAuthority.Failure(
                description: "the control socket \(path) cannot be opened: \(FailureText.of(error))")
        }
        self.path = path
    }

    func close() {
        channel.close(promise: nil)
        unlink(path)
    }

    private static func standardPath() throws -> String {
        let folder = CertificateAuthority.standardDirectory
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder.appending(path: "run-\(ProcessInfo.processInfo.processIdentifier)\(suffix)").path
    }
}

/// Answers each line with a line.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let registry: SessionRegistry
    private let clock = SessionClock()
    private var unread = ByteBuffer()

    init(_ registry: SessionRegistry) { self.registry = registry }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unread.writeImmutableBuffer(unwrapInboundIn(data))
        while let end = unread.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
            let line = unread.readSlice(length: end - unread.readerIndex + 1)
        {
            context.write(
                wrapOutboundOut(ByteBuffer(bytes: registry.answer(line.readableBytesView.dropLast(), at: clock.now))),
                promise: nil)
        }
        context.flush()
        if unread.readableBytes > ControlSocket.maximumLine { context.close(promise: nil) }
        unread.discardReadBytes()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
