import InterpostConfiguration
import InterpostCore
import NIOCore

// How a session ends: because a side closed its connection or broke it, because the program ends, or because the core says so.

extension ProxySession {
    func inputClosed(by side: Side) {
        afterWork { [self] in
            guard !hasEnded else { return }
            core.inputEnded(of: side)
            pump()
            afterWork { [self] in
                patience.inputEnded(of: side, at: context.clock.now, isTooEarly: core.leavesTooEarly(side))
                heedPatience()
            }
        }
    }

    func inactive(_ side: Side) { lost(patience.firstCloser ?? side) }

    func lost(_ side: Side) {
        guard !hasEnded else { return }
        if self[side].facts != nil {
            self[side].abandonTLS()
            let reason = "the \(side.rawValue) closed its connection during the handshake"
            tell(.tlsFailed(side: side, reason: clearTextReason(of: side) ?? reason))
        }
        afterWork { [self] in
            core.inputEnded(of: side)
            pump()
            afterWork { [self] in
                core.closed(by: side)
                pump()
            }
        }
    }

    func failed(on side: Side, _ error: any Error) { afterWork { [self] in fail(on: side, error) } }

    private func fail(on side: Side, _ error: any Error) {
        guard !hasEnded else { return }
        if error is DeflateError {
            core.deflateBroke(on: side)
            return pump()
        }
        if FailureText.isUncleanEnd(error) { return inactive(side) }
        let isHandshake = self[side].facts != nil
        let reason = clearTextReason(of: side) ?? (side == .server ? verdict?.problem : client.alert) ?? FailureText.of(error)
        if isHandshake {
            self[side].abandonTLS()
            tell(.tlsFailed(side: side, reason: reason))
        }
        if side == .server, isHandshake {
            learn(upstreamNames: upstream.map { [$0.host] } ?? [])
            core.upstreamFailed(reason: "TLS: \(reason)")
            pump()
        } else {
            end(by: side.closer, reason: isHandshake ? "TLS handshake failed: \(reason)" : reason)
        }
    }

    /// What is the matter with a server that speaks clear text where TLS is expected from the first octet.
    private func clearTextReason(of side: Side) -> String? {
        guard side == .server, serverSpeaksClearText else { return nil }
        let scheme = context.settings.mailProtocol.rawValue
        return "the server speaks clear text on this port; with \(scheme):// Interpost turns to TLS as the server offers it"
    }

    func drain(seconds: Int) {
        patience.drainBegan(seconds: seconds, at: context.clock.now)
        core.drain()
        pump()
    }

    func endNow() {
        guard !hasEnded else {
            client.handler?.closeNow()
            server.handler?.closeNow()
            return
        }
        interruptTurns()
        core.end(reason: "Interpost ended before the session did")
        pump()
    }

    func end(by closer: Closer, reason: String) {
        guard !hasEnded else { return }
        hasEnded = true
        context.registry.release(number)
        let now = context.clock.now
        let duration = now.microseconds(since: openedAt)
        tell(.sessionClosed(SessionEnd(by: closer, reason: reason, microseconds: duration, traffic: observer.traffic)))
        // A client in its handshake gets its certificate, and with it our last words.
        learn(upstreamNames: upstream.map { [$0.host] } ?? [])
        client.handler?.flush()
        if server.isReady { server.handler?.closeAfterWrites(patience: closePatience) } else { server.handler?.closeNow() }
        // Goodbyes are still read; from now on an end of input ends the whole connection.
        client.handler?.expectEnd()
        server.handler?.expectEnd()
        resumeReads()
        let hasLastWords = !client.isReady && client.facts != nil && client.backlog.readableBytes > 0
        patience.sessionEnded(at: now, hasLastWords: hasLastWords)
        finishClosing()
        heedPatience()
        leave()
    }

    /// Closes the client's leg once its last words can reach it: after its handshake, if one is in progress.
    func finishClosing() {
        guard hasEnded else { return }
        if client.isReady {
            client.handler?.closeAfterWrites(patience: closePatience)
        } else if client.facts == nil || client.backlog.readableBytes == 0 {
            client.handler?.closeNow()
        }
    }

    func channelClosed() {
        openChannels -= 1
        leave()
    }

    /// The session is over when both connections are.
    func leave() {
        guard openChannels == 0, hasEnded else { return }
        timer?.cancel()
        congestionTimer?.cancel()
        client.release()
        server.release()
        leaveDesk()
        context.registry.remove(number, address: peerHost)
    }
}
