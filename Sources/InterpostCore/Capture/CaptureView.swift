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
    /// The leg whose conversation a replay plays to its client: the server's, unless there was a gate or a broker. What a client
    /// heard from them is what it has to hear again.
    var playedLeg: Side {
        let decision = ByteBuffer(string: #""event":"policy""#)
        let dryRun = ByteBuffer(string: #""dry_run":true"#)
        let login = ByteBuffer(string: #""event":"client.login""#)
        let isGated = contains {
            $0.kind == .event && ($0.bytes.contains(decision) && !$0.bytes.contains(dryRun) || $0.bytes.contains(login))
        }
        return isGated ? .client : .server
    }
}

extension Sequence<CaptureRecord> {
    /// What is said on one leg of a session. It leaves out what Interpost says to a server before the server has greeted: the
    /// STARTTLS with which Interpost opens its own leg is not the client's, and the answer to it is not recorded.
    ///
    ///     C+ a STARTTLS␍␊      left out on the server's leg
    ///     S  * OK ready␍␊       what that server said first, within TLS
    func conversation(onLegTo leg: Side) -> [(side: Side, record: CaptureRecord)] {
        var hasGreeted = false
        return compactMap { record in
            guard record.kind.isCarried(onLegTo: leg), let side = record.kind.side else { return nil }
            if side == .server { hasGreeted = true }
            return record.kind == .clientAdded && !hasGreeted ? nil : (side, record)
        }
    }
}
