import Foundation
import InterpostCore
import NIOCore

/// A pair of files for each session, `0001.imap.in` and `0001.imap.out`, as Dovecot writes them.
final class RawlogExport: CaptureExport {
    private let folder: ExportFolder
    private var open: [Int: Pair] = [:]

    private final class Pair {
        let client: ExportFile
        let server: ExportFile
        var writer = RawlogWriter()

        init(client: ExportFile, server: ExportFile) {
            self.client = client
            self.server = server
        }
    }

    init(to folder: ExportFolder) { self.folder = folder }

    func take(_ event: CapturedSessions.Event) throws {
        switch event {
        case .opened(let session, let mailProtocol, _):
            let name = String(format: "%04d.\(mailProtocol.rawValue)", session)
            open[session] = Pair(client: try folder.file("\(name).in"), server: try folder.file("\(name).out"))
        case .said(let session, let turn):
            guard let pair = open[session] else { return }
            var (client, server) = (ByteBuffer(), ByteBuffer())
            pair.writer.write(turn, toClient: &client, server: &server)
            try pair.client.write(client)
            try pair.server.write(server)
        case .encrypted: break
        case .closed(let session, _):
            try open[session]?.client.flush()
            try open[session]?.server.flush()
            open[session] = nil
        }
    }

    func finish() throws {}
}
