import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOSSL

// How the two legs of a session change to TLS: which certificate the client is shown, whether the server's certificate is trusted,
// and what is logged about both.

extension ProxySession {
    func startTLS(_ side: Side) {
        commitLog()
        self[side].flush()
        patience.handshakeBegins(on: side, at: context.clock.now)
        do {
            switch side {
            case .client:
                beginClientTLS()
                client.facts?.followsSTARTTLS = true
            case .server:
                if let channel = server.handler?.channel { try addServerTLS(to: channel) }
                server.facts?.followsSTARTTLS = true
            }
        } catch {
            failed(on: side, error)
        }
    }

    func addServerTLS(to channel: any Channel) throws {
        // A name in SNI has no final dot (RFC 6066 §3).
        let name = upstream?.host ?? ""
        let host = name.hasSuffix(".") ? String(name.dropLast()) : name
        let isAddress = IPAddress(host) != nil
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        server.beginTLS(at: context.clock.now, side: .server)
        server.facts?.serverName = isAddress ? nil : host
        let tls = try NIOSSLClientHandler(
            context: context.upstreamContext, serverHostname: isAddress ? nil : host,
            customVerificationCallback: { chain, promise in session.value.judge(chain, promise) },
            configuration: .init())
        let tap = HelloTap(
            side: .server, onServerHello: { session.value.server.facts?.cipherSuite = $0.cipherSuiteName },
            onClearText: { session.value.serverSentClearText() })
        try channel.pipeline.syncOperations.addHandlers([tap, tls], position: .first)
    }

    /// Clear text after a STARTTLS means that somebody put words into the server's mouth.
    private func serverSentClearText() {
        guard server.facts?.followsSTARTTLS == true else { return serverSpeaksClearText = true }
        server.abandonTLS()
        tell(.tlsFailed(side: .server, reason: "what the server sent is not a TLS handshake"))
        core.clearTextArrived(from: .server)
        pump()
    }

    private func judge(_ chain: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        context.verifier.judge(chain, host: upstream?.host ?? "", on: eventLoop).whenSuccess { verdict in
            session.value.verdict = verdict
            if let warning = verdict.warning { session.value.tell(.warning(warning)) }
            promise.succeed(verdict.problem == nil ? .certificateVerified : .failed)
        }
    }

    func beginClientTLS() {
        client.beginTLS(at: context.clock.now, side: .client)
        do {
            try client.awaitHello { [self] in clientHelloArrived($0) }
        } catch {
            failed(on: .client, error)
        }
    }

    private func clientHelloArrived(_ outcome: HelloTap.ClientOutcome) {
        switch outcome {
        case .isNotTLS:
            tell(.tlsFailed(side: .client, reason: "what the client sent is not a TLS handshake"))
            client.abandonTLS()
            if context.settings.listener == .implicit {
                end(by: .client, reason: "the client does not speak TLS")
            } else {
                core.clearTextArrived(from: .client)
                pump()
            }
        case .hello(let hello):
            client.note(hello)
            provideServerTLS()
        }
    }

    /// Answers the client's hello, if one waits, as soon as it is known which names the certificate needs.
    private func provideServerTLS() {
        guard client.hasHello, let channel = client.channel else { return }
        let key = ServerContexts.Key(
            serverName: client.facts?.serverName?.lowercased() ?? "", localAddress: channel.localAddress?.ipAddress ?? "",
            upstream: context.upstream?.description ?? "", mailProtocol: context.settings.mailProtocol)
        do {
            if let known = context.serverContexts.known(key) {
                try client.answerHello(with: known)
            } else if let names = upstreamNames {
                try client.answerHello(
                    with: context.serverContexts.context(
                        for: key, upstreamNames: names,
                        isComplete: verdict != nil || context.upstream.map { $0.security == .off } ?? true))
            }
        } catch {
            failed(on: .client, error)
        }
    }

    func learn(upstreamNames names: [String]) {
        guard upstreamNames == nil else { return }
        upstreamNames = names
        provideServerTLS()
    }

    func handshakeCompleted(on side: Side) {
        guard var facts = self[side].facts, let channel = self[side].handler?.channel else { return }
        let version = Self.tlsVersion(of: channel, side).map(TLSProtocolVersion.init)
        facts.version = version?.rawValue
        facts.microseconds = context.clock.now.microseconds(since: self[side].tlsBegan)
        if side == .server {
            facts.chain = verdict?.chain ?? []
            facts.verified = !context.skipsVerification
        }
        self[side].facts = nil
        if !hasEnded { tell(.tlsUp(facts)) }
        if side == .server { learn(upstreamNames: verdict?.names ?? []) }
        becomeReady(side)
        if side == .client {
            core.note(clientTLSVersion: version)
            self[side].acknowledgeNow()
        }
        core.tlsIsUp(side)
        pump()
    }

    private static func tlsVersion(of channel: any Channel, _ side: Side) -> TLSVersion? {
        let pipeline = channel.pipeline.syncOperations
        return switch side {
        case .client: try? pipeline.handler(type: NIOSSLServerHandler.self).tlsVersion
        case .server: try? pipeline.handler(type: NIOSSLClientHandler.self).tlsVersion
        }
    }
}
