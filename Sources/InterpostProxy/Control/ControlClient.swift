import Foundation
import NIOCore
import NIOPosix

/// Asks running programs over their control sockets.
package struct ControlClient: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// The sockets in the state directory that a program answers on. Sockets of programs that were killed are removed.
    package static func running() async -> [ControlClient] {
        let folder = CertificateAuthority.standardDirectory
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        var found: [ControlClient] = []
        for name in names.sorted() where name.hasPrefix("run-") && name.hasSuffix(ControlSocket.suffix) {
            let client = ControlClient(folder.appending(path: name).path)
            if await !client.removeIfAbandoned() { found.append(client) }
        }
        return found
    }

    /// Removes a socket that no program listens on any more, and says whether it did. The socket of a busy program, and a file that
    /// is not a socket, are left alone.
    @discardableResult
    func removeIfAbandoned() async -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        do {
            let channel = try await connect()
            try? await channel.executeThenClose { _, _ in }
            return false
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return unlink(path) == 0
        } catch {
            return false
        }
    }

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(5))
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: .seconds(5)))
                    try channel.pipeline.syncOperations.addHandler(ClosingWhenSilent())
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Sends one request and waits for its answer, for a limited time.
    package func ask(_ request: ControlRequest) async throws -> ControlReply {
        let channel = try await connect()
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: JSONEncoder().encode(request) + Data("\n".utf8)))
            var answer = ByteBuffer()
            for try await piece in inbound {
                answer.writeImmutableBuffer(piece)
                if answer.readableBytesView.last == UInt8(ascii: "\n") { break }
            }
            return try JSONDecoder().decode(ControlReply.self, from: Data(answer.readableBytesView))
        }
    }
}

/// Closes the connection to a program that says nothing.
private final class ClosingWhenSilent: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
