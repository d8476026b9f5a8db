import Foundation
import InterpostCore
import NIOCore

/// `C:` and `S:` lines: one session in a file, or each in one of its own in a folder, `0001.imap`.
final class TranscriptExport: CaptureExport {
    private enum Target {
        case file(String)
        case folder(ExportFolder)
    }

    private struct Open {
        let file: ExportFile
        var writer = TranscriptWriter()
    }

    private let target: Target
    private let replaces: Bool
    private var open: [Int: Open] = [:]
    private var count = 0

    init(to path: String, replaces: Bool) throws {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        target =
            path.hasSuffix("/") || exists && isFolder.boolValue
            ? .folder(try ExportFolder(path, replaces: replaces)) : .file(path)
        self.replaces = replaces
    }

    func take(_ event: CapturedSessions.Event) throws {
        switch event {
        case .opened(let session, let mailProtocol, _):
            count += 1
            open[session] = Open(file: try file(for: session, mailProtocol))
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

    private func file(for session: Int, _ mailProtocol: MailProtocol) throws -> ExportFile {
        switch target {
        case .folder(let folder): return try folder.file(String(format: "%04d.\(mailProtocol.rawValue)", session))
        case .file(let path):
            guard count == 1 else {
                throw ExportFailure("there is more than one session: choose one with --session, or give a folder, --to FOLDER/")
            }
            return try ExportFile(path, replaces: replaces)
        }
    }
}
