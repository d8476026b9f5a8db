import InterpostCore
import NIOCore

/// The events of the sessions as JSON lines.
final class EventExport: CaptureExport {
    private let file: ExportFile
    private var readings: [Int: SessionReading] = [:]

    init(to file: ExportFile) { self.file = file }

    func take(_ event: CapturedSessions.Event) throws {
        switch event {
        case .opened(let session, let mailProtocol, _):
            readings[session] = SessionReading(mailProtocol, detail: .responses)
        case .said(let session, let turn): try tell(session, at: turn.time) { $0?.receive(turn, tell: $1) }
        case .encrypted: break
        case .closed(let session, let time):
            try tell(session, at: time) { $0?.finish(tell: $1) }
            readings[session] = nil
        }
    }

    func finish() throws { try file.flush() }

    private func tell(
        _ session: Int, at time: WireTime, _ body: (inout SessionReading?, (LogEvent) -> Void) -> Void
    ) throws {
        var lines: [UInt8] = []
        body(&readings[session]) { $0.writeJSON(session: session, at: time, to: &lines) }
        try file.write(ByteBuffer(bytes: lines))
    }
}
