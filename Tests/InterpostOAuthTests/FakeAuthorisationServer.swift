// Strategy: an authorisation server of 100 lines on loopback. A test says what it answers; it says what it was asked.

import Foundation
import InterpostCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

final class FakeAuthorisationServer: Sendable {
    struct Request: Sendable {
        var path: String
        var headers: [String: String]
        var form: [String: String]

        subscript(name: String) -> String? { form[name] }
    }

    enum Reply: Sendable {
        case json(Int, String, [String: String] = [:])
        case text(Int, type: String?, String, [String: String] = [:])
        /// The connection stays open, and nothing comes.
        case silence
        /// A head, and then an octet from time to time.
        case drip
        case close

        static func token(_ access: String, refresh: String? = nil, seconds: Int = 3600) -> Reply {
            let refresh = refresh.map { #","refresh_token":"\#($0)""# } ?? ""
            return .json(200, #"{"access_token":"\#(access)","token_type":"Bearer","expires_in":\#(seconds)\#(refresh)}"#)
        }

        static func error(_ code: String, status: Int = 400) -> Reply { .json(status, #"{"error":"\#(code)"}"#) }
    }

    typealias Answer = @Sendable (Request) -> Reply

    private struct State {
        var answer: Answer
        var requests: [Request] = []
    }

    private let state: Mutex<State>
    private let channel: any Channel
    private let scheme: String

    static func start(tls: NIOSSLContext? = nil, _ answer: @escaping Answer) async throws -> FakeAuthorisationServer {
        let inbox = Inbox()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FakeHandler(inbox))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = FakeAuthorisationServer(channel, tls == nil ? "http" : "https", answer)
        inbox.receive.withLock { $0 = { [weak server] in server?.receive($0) ?? .close } }
        return server
    }

    private init(_ channel: any Channel, _ scheme: String, _ answer: @escaping Answer) {
        self.scheme = scheme
        self.channel = channel
        state = Mutex(State(answer: answer))
    }

    deinit { channel.close(promise: nil) }

    func url(_ path: String = "/token") throws -> OAuthURL {
        try OAuthURL("\(scheme)://127.0.0.1:\(channel.localAddress?.port ?? 0)\(path)")
    }

    var requests: [Request] { state.withLock { $0.requests } }

    func answers(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    /// Nobody is there any more.
    func stop() async throws { try await channel.close() }

    private func receive(_ request: Request) -> Reply {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answer
        }
        return answer(request)
    }

    final class Inbox: Sendable {
        let receive = Mutex<(@Sendable (Request) -> Reply)?>(nil)
    }
}

private final class FakeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let inbox: FakeAuthorisationServer.Inbox
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(_ inbox: FakeAuthorisationServer.Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, ByteBuffer())
        case .body(var part): body.writeBuffer(&part)
        case .end:
            guard let head else { return }
            let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            let request = FakeAuthorisationServer.Request(path: head.uri, headers: headers, form: Self.form(String(buffer: body)))
            let receive = inbox.receive.withLock { $0 }
            send(receive?(request) ?? .close, context)
        }
    }

    private func send(_ reply: FakeAuthorisationServer.Reply, _ context: ChannelHandlerContext) {
        switch reply {
        case .json(let status, let text, let headers): send(status, "application/json", text, headers, context)
        case .text(let status, let type, let text, let headers): send(status, type, text, headers, context)
        case .silence: break
        case .close: context.close(promise: nil)
        case .drip:
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Type": "application/json"])
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
                guard bound.value.channel.isActive else { return task.cancel() }
                bound.value.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: " ")))), promise: nil)
            }
        }
    }

    private func send(
        _ status: Int, _ type: String?, _ text: String, _ more: [String: String], _ context: ChannelHandlerContext
    ) {
        var headers = HTTPHeaders([("Content-Length", "\(text.utf8.count)")])
        if let type { headers.add(name: "Content-Type", value: type) }
        for (name, value) in more { headers.add(name: name, value: value) }
        let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private static func form(_ text: String) -> [String: String] {
        Dictionary(
            text.split(separator: "&").map { field in
                let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                    part.replacing("+", with: " ").removingPercentEncoding ?? ""
                }
                return (parts[0], parts.count > 1 ? parts[1] : "")
            }
        ) { first, _ in first }
    }
}
