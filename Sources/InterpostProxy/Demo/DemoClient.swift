import NIOCore
import NIOPosix
import NIOSSL

/// A mail client that follows a script: sends a line, waits for the answer, continues.
struct DemoClient {
    enum Step: Sendable {
        /// Waits for a line that begins like this; `.` is the whole line that ends a listing.
        case expect(String)
        case send(String)
        case startTLS
    }

    struct Disappointment: Error, CustomStringConvertible {
        var description: String
    }

    /// Plays `script` against a port of this machine.
    static func run(
        _ script: [Step], port: Int, isImplicit: Bool, trusting authority: String, group: MultiThreadedEventLoopGroup
    ) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(authority)
        let tls = try NIOSSLContext(configuration: configuration)
        let done = group.any().makePromise(of: Void.self)
        let connection = ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if isImplicit { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost")) }
                    try pipeline.addHandler(DemoClientHandler(script: script, tls: tls, done: done))
                }
            }
            .connect(host: "127.0.0.1", port: port)
        connection.whenFailure { done.fail($0) }
        try await done.futureResult.get()
    }
}

private final class DemoClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let done: EventLoopPromise<Void>
    private var script: ArraySlice<DemoClient.Step>
    private let tls: NIOSSLContext
    private var pending = ByteBuffer()

    init(script: [DemoClient.Step], tls: NIOSSLContext, done: EventLoopPromise<Void>) {
        self.script = script[...]
        self.tls = tls
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        let deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(30)) { [done] in
            done.fail(DemoClient.Disappointment(description: "the demo's client waited 30 seconds in vain"))
        }
        done.futureResult.whenComplete { _ in deadline.cancel() }
        proceed(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pending.writeImmutableBuffer(unwrapInboundIn(data))
        while let line = pending.readLine() {
            guard case .expect(let beginning)? = script.first, line.hasPrefix(beginning), beginning != "." || line == "." else {
                continue
            }
            script.removeFirst()
            proceed(context)
        }
    }

    private func proceed(_ context: ChannelHandlerContext) {
        while let step = script.first {
            switch step {
            case .expect: return
            case .send(let line):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
            case .startTLS:
                do {
                    let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                    try context.pipeline.syncOperations.addHandler(handler, position: .first)
                } catch {
                    done.fail(error)
                }
            }
            script.removeFirst()
        }
        done.succeed()
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case NIOSSLError.uncleanShutdown = error { return }
        done.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(DemoClient.Disappointment(description: "the connection ended before the demo's script did"))
    }
}

extension ByteBuffer {
    /// The next line without its CR LF.
    fileprivate mutating func readLine() -> String? {
        guard let end = readableBytesView.firstIndex(of: 10), let line = readString(length: end - readerIndex) else {
            return nil
        }
        moveReaderIndex(forwardBy: 1)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }
}
