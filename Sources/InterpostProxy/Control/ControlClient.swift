import Foundation
import NIOCore
import NIOPosix

/// Asks running programs over their control sockets.
package struct ControlClient: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// The sockets in the state directory that somebody answers on. Those of programs that were killed are removed.
    package static func running() async -> [ControlClient] {
        let folder = CertificateAuthority.standardDirectory
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        var found: [ControlClient] = []
        for name in names.sorted() where name.hasPrefix("run-") && name.hasSuffix(ControlSocket.suffix) {
            let path = folder.appending(path: name).path
            if await isAnswered(path) { found.append(ControlClient(path)) } else { unlink(path) }
        }
        return found
    }

    static func isAnswered(_ path: String) async -> Bool {
        do {
            _ = try await ControlClient(path).ask(ControlRequest(.list))
            return true
        } catch {
            return false
        }
    }

    /// Sends one request and waits for its answer.
    package func ask(_ request: ControlRequest) async throws -> ControlReply {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(5))
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
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
