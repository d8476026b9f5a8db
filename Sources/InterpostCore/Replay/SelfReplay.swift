import NIOCore

extension RecordedSession {
    /// Plays the recorded client to the recorded server, with every octet as it was recorded.
    ///
    /// A report that is not clean says that the capture does not hold together: what the client is recorded to have said is
    /// not what the recorded server would take for it.
    /// - Parameter records: Those that the session was made of.
    public func replayedAgainstItself(_ records: some Sequence<CaptureRecord>) -> ReplayReport {
        var server = ReplayServer(self, options: ReplayOptions(.strict))
        let now = WireTime(nanoseconds: 0)
        server.opened(at: now)
        server.settle(at: now)
        for record in records where record.kind.side == .client && record.kind.hasGoneOn {
            server.receive(record.bytes, at: now)
            server.settle(at: now)
        }
        return server.report
    }
}

extension ReplayServer {
    /// Does all there is to do; what the client would hear is dropped.
    fileprivate mutating func settle(at now: WireTime) {
        while let action = next() {
            switch action {
            case .startTLS: tlsIsUp()
            case .startDeflate(let unread) where unread.readableBytes > 0: receive(unread, at: now)
            case .wait(let time): tick(at: time)
            default: break
            }
        }
    }
}
