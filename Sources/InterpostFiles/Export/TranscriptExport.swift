import InterpostCore
import NIOCore

/// `C:` and `S:` lines: one session in a file, or each in a file of its own in a folder, `0001.imap`.
final class TranscriptExport: CaptureExport {
    private struct Open {
        let file: ExportFile
        var writer = TranscriptWriter()
    }

    private var files: TranscriptFiles
    private var open: [Int: Open] = [:]

    init(to path: String, replaces: Bool) throws {
        files = try TranscriptFiles(
            to: path, replaces: replaces,
            advice: TranscriptFiles.Advice(
                second: "choose one with --session, or give a folder, --to FOLDER/",
                existing: "give --force to replace it, or choose another name"))
    }

    func take(_ event: CapturedSessions.Event) throws {
        switch event {
        case .opened(let session, let mailProtocol, _):
            open[session] = Open(file: try files.file(for: session, mailProtocol))
        case .said(let session, let turn):
            var text = ByteBuffer()
            open[session]?.writer.write(turn, to: &text)
            try open[session]?.file.write(text)
        case .encrypted: break
        case .closed(let session, _):
            var text = ByteBuffer()
            open[session]?.writer.finish(to: &text)
            try open[session]?.file.write(text)
            try open[session]?.file.flush()
            open[session] = nil
        }
    }

    func finish() throws {}
}
