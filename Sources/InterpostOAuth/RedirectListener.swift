import InterpostCore
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Waits on loopback for the browser, and takes exactly one redirect: the one with the right state.
final class RedirectListener: Sendable {
    /// What the provider is told.
    let redirect: String
    private let channel: any Channel
    private let inbox: RedirectInbox

    /// - Parameter url: What is registered with the provider, where that has a port; otherwise the system chooses one.
    static func open(at url: OAuthURL?, provider: OAuthProvider) async throws -> RedirectListener {
        if let url, !url.isLoopback || url.text.hasPrefix("https:") {
            throw Authorisation.Failure(
                description: "'redirect-url' does not lead to this machine, so nothing can listen there; use --paste")
        }
        let inbox = RedirectInbox()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(allTimeout: .seconds(10)))
                    try channel.pipeline.syncOperations.addHandler(RedirectHandler(inbox))
                }
            }
        let host = url?.host == "::1" ? "::1" : "127.0.0.1"
        let channel: any Channel
        do {
            channel = try await bootstrap.bind(host: host, port: url?.port ?? 0).get()
        } catch {
            throw Authorisation.Failure(description: "nothing can listen on \(host) port \(url?.port ?? 0); use --paste")
        }
        let port = channel.localAddress?.port ?? 0
        let redirect = url?.text(withPort: port) ?? "http://\(provider.redirectHost):\(port)/"
        return RedirectListener(redirect, channel, inbox)
    }

    private init(_ redirect: String, _ channel: any Channel, _ inbox: RedirectInbox) {
        self.redirect = redirect
        self.channel = channel
        self.inbox = inbox
    }

    /// From now on, the redirect of this attempt is taken.
    func expect(_ pending: PendingAuthorisation) { inbox.expect(pending) }

    /// The code that the browser brings. Throws what the server, or the person, said instead, and when it takes too long.
    func code(until end: WireTime, _ clock: any TokenClock) async throws -> Secret {
        let inbox = inbox
        let alarm = Task {
            await clock.sleep(until: end)
            if !Task.isCancelled { inbox.end(.failure(Authorisation.Failure(description: "the browser did not come back"))) }
        }
        defer { alarm.cancel() }
        return try await withTaskCancellationHandler {
            try await inbox.outcome()
        } onCancel: {
            inbox.end(.failure(CancellationError()))
        }
    }

    func close() async { try? await channel.close() }
}

/// Where handlers and the one who waits meet.
private final class RedirectInbox: Sendable {
    private struct State {
        var pending: PendingAuthorisation?
        var outcome: Result<Secret, any Error>?
        var waiter: CheckedContinuation<Secret, any Error>?
    }

    private let state = Mutex(State())

    func expect(_ pending: PendingAuthorisation) { state.withLock { $0.pending = pending } }

    func outcome() async throws -> Secret {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    func end(_ outcome: Result<Secret, any Error>) {
        let waiter = state.withLock { state -> CheckedContinuation<Secret, any Error>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(with: outcome)
    }

    enum Reply {
        case taken, refused, foreign
    }

    func receive(_ target: String) -> Reply {
        let (pending, isOver) = state.withLock { ($0.pending, $0.outcome != nil) }
        guard let pending, !isOver else { return .foreign }
        do throws(PendingAuthorisation.Refusal) {
            end(.success(try pending.code(in: target)))
            return .taken
        } catch {
            // Anybody on this machine may ask for anything; the right redirect may still come.
            guard case .refused(let why) = error else { return .foreign }
            end(.failure(Authorisation.Failure(description: why)))
            return .refused
        }
    }
}

/// Answers one request in plain text and closes.
private final class RedirectHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let inbox: RedirectInbox
    private var head: HTTPRequestHead?

    init(_ inbox: RedirectInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .GET else {
            return send(.methodNotAllowed, "Only the redirect of a browser is taken here.\n", context)
        }
        switch inbox.receive(head.uri) {
        case .taken: send(.ok, "Interpost has what it needs. This window may be closed.\n", context)
        case .refused: send(.ok, "It was not allowed. The terminal says more; this window may be closed.\n", context)
        case .foreign: send(.notFound, "Only the redirect of a browser is taken here.\n", context)
        }
    }

    private func send(_ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext) {
        let headers = HTTPHeaders([
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "\(text.utf8.count)"), ("Connection", "close"),
            // The URL of this page has the code in it.
            ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"),
        ])
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in loopBound.value.close(promise: nil) }
    }
}
