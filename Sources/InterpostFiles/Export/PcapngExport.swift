import InterpostCore
import NIOCore

/// A file for Wireshark.
final class PcapngExport: CaptureExport {
    private let file: ExportFile
    private var writer = PcapngWriter()

    init(to file: ExportFile) throws {
        self.file = file
        try file.write(PcapngWriter.header)
    }

    func take(_ event: CapturedSessions.Event) throws {
        var blocks = ByteBuffer()
        switch event {
        case .opened(let session, let mailProtocol, let time): writer.open(session, mailProtocol, at: time, to: &blocks)
        case .said(let session, let turn): writer.write(turn, of: session, to: &blocks)
        case .encrypted(let session, let time): writer.reopen(session, at: time, to: &blocks)
        case .closed(let session, let time): writer.close(session, at: time, to: &blocks)
        }
        try file.write(blocks)
    }

    func finish() throws { try file.flush() }
}
