import InterpostCore
import NIOCore
import NIOPosix
import NIOSSL

/// Serves ``DemoMailbox`` on loopback, with real TLS.
struct DemoServer {
    let ports: [Int]
    private let channels: [any Channel]

    /// One listener for each pair: a protocol, and whether it is TLS from the first byte.
    init(
        _ kinds: [(mailProtocol: MailProtocol, isImplicit: Bool)], authority: CertificateAuthority,
        group: MultiThreadedEventLoopGroup
    ) async throws {
        let leaf = try authority.makeLeaf(for: ["localhost", "127.0.0.1"])
        let chain = try leaf.chain.map { try NIOSSLCertificate(bytes: Array($0.utf8), format: .pem) }
        let tls = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(leaf.key.utf8), format: .pem))))
        var channels: [any Channel] = []
        for (mailProtocol, isImplicit) in kinds {
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if isImplicit { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                        let mailbox = DemoMailbox(mailProtocol, isEncrypted: isImplicit)
                        try pipeline.addHandler(DemoServerHandler(mailbox: mailbox, tls: tls))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            channels.append(channel)
        }
        self.channels = channels
        ports = channels.map { $0.localAddress?.port ?? 0 }
    }

    func close() async { for channel in channels { try? await channel.close() } }
}

private final class DemoServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var mailbox: DemoMailbox
    private let tls: NIOSSLContext
    private var pending = ByteBuffer()

    init(mailbox: DemoMailbox, tls: NIOSSLContext) {
        self.mailbox = mailbox
        self.tls = tls
    }

    func channelActive(context: ChannelHandlerContext) { say(mailbox.greeting, context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pending.writeImmutableBuffer(unwrapInboundIn(data))
        while let line = pending.readLine() {
            let reply = mailbox.receive(line)
            say(reply.text, context)
            if reply.startsTLS {
                try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
                mailbox.tlsIsUp()
            }
            if reply.closes { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        if !text.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil) }
    }
}

extension ByteBuffer {
    /// The next line without its CR LF.
    mutating func readLine() -> String? {
        guard let end = readableBytesView.firstIndex(of: 10), let line = readString(length: end - readerIndex) else {
            return nil
        }
        moveReaderIndex(forwardBy: 1)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }
}
