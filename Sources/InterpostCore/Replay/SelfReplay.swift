import NIOCore

/// A recorded session played against itself: its client to its server, in memory.
///
///     SelfReplay(.imap, records: records).isSame
///
/// It is the same unless the recording is damaged, or Interpost reads it otherwise than it was meant.
package struct SelfReplay: Sendable {
    /// How the recorded server's answers differ from themselves.
    package let client: ReplayClientReport
    /// What the recorded client asked otherwise than it did.
    package let server: ReplayReport

    package var isSame: Bool { client.isSame && server.isClean }

    /// Plays the records of one session; `pieceSize` octets pass at once.
    package init(
        _ mailProtocol: MailProtocol, records: some Sequence<CaptureRecord>, isRedacted: Bool = false, pieceSize: Int = .max
    ) {
        let records = Array(records)
        var options = ReplayClientOptions()
        // What is pushed during an IDLE comes at once or not at all.
        options.patience = 0
        var client = ReplayClient(ClientScript(mailProtocol, records: records, isRedacted: isRedacted), options)
        var server = ReplayServer(RecordedSession(mailProtocol, records: records, isRedacted: isRedacted, leg: .server))
        let now = WireTime(nanoseconds: 0)
        client.opened(at: now)
        server.opened(at: now)
        while !client.isOver {
            let hasServed = Self.pump(&server) { bytes in
                bytes.inPieces(of: pieceSize).forEach { client.receive($0, at: now) }
            } onClose: {
                client.closed()
            }
            let hasAsked = Self.pump(&client) { bytes in bytes.inPieces(of: pieceSize).forEach { server.receive($0, at: now) } }
            guard !hasServed, !hasAsked else { continue }
            client.tick(at: now)
            if !Self.pump(&client, send: { server.receive($0, at: now) }) { client.fail("the recorded server does not answer") }
        }
        // What the client said last.
        _ = Self.pump(&client) { server.receive($0, at: now) }
        _ = Self.pump(&server, send: { _ in }, onClose: {})
        self.client = client.report
        self.server = server.report
    }

    private static func pump(_ server: inout ReplayServer, send: (ByteBuffer) -> Void, onClose: () -> Void) -> Bool {
        var hasDone = false
        while let action = server.next() {
            switch action {
            case .send(let bytes): send(bytes)
            case .close: onClose()
            default: continue
            }
            hasDone = true
        }
        return hasDone
    }

    private static func pump(_ client: inout ReplayClient, send: (ByteBuffer) -> Void) -> Bool {
        var hasDone = false
        while let action = client.next() {
            guard case .send(let bytes) = action else { continue }
            send(bytes)
            hasDone = true
        }
        return hasDone
    }
}

extension ByteBuffer {
    fileprivate func inPieces(of size: Int) -> [ByteBuffer] {
        guard size < readableBytes else { return [self] }
        return stride(from: 0, to: readableBytes, by: max(1, size)).compactMap { start in
            getSlice(at: readerIndex + start, length: min(size, readableBytes - start))
        }
    }
}
