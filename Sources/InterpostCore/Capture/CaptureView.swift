import NIOCore

extension CaptureRecord.Kind {
    /// Whether it is part of what a leg of the session carried: the one to the client, or the one to the server.
    ///
    ///     C- S+      of the client's leg: what did not go on, and what Interpost answered
    ///     C+ S-      of the server's leg
    ///     C  S       of both
    public func isCarried(onLegTo leg: Side) -> Bool {
        guard let side else { return false }
        return side == leg ? hasArrived : hasGoneOn
    }
}

extension Sequence<CaptureRecord> {
    /// The leg whose server a client of a replay meets. It is the server itself, unless there was a gate before it: what a
    /// client hears through a gate is what it has to hear again.
    var playedLeg: Side {
        let decision = ByteBuffer(string: #""event":"policy""#)
        let dryRun = ByteBuffer(string: #""dry_run":true"#)
        let isGated = contains {
            $0.kind == .event && $0.bytes.contains(decision) && !$0.bytes.contains(dryRun)
        }
        return isGated ? .client : .server
    }
}
