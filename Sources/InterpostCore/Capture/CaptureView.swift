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
