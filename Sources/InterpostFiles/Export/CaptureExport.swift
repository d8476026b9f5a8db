import InterpostCore
import NIOCore

/// The forms in which the sessions of a capture are handed to other programs.
public enum ExportFormat: String, CaseIterable, Sendable {
    case pcapng, eml, mbox, json, transcript, rawlog
}

/// Writes one form of what it is told about sessions.
protocol CaptureExport: AnyObject {
    func take(_ event: CapturedSessions.Event) throws
    /// All has been told.
    func finish() throws
    /// What somebody should know about what was left out.
    var notes: [String] { get }
}

extension CaptureExport {
    var notes: [String] { [] }
}

/// An export, from the capture to its files.
public struct CaptureExporter {
    private let export: any CaptureExport

    /// - Parameters:
    ///   - path: A file, `-` for standard output, or a folder for eml, rawlog and transcripts of several sessions.
    ///   - replaces: Files that are there already are replaced.
    public init(_ format: ExportFormat, to path: String, replaces: Bool) throws {
        export =
            switch format {
            case .pcapng: try PcapngExport(to: ExportFile(path, replaces: replaces))
            case .json: try EventExport(to: ExportFile(path, replaces: replaces))
            case .mbox: try MessageExport(to: .mbox(ExportFile(path, replaces: replaces)))
            case .eml: try MessageExport(to: .folder(ExportFolder(path, replaces: replaces)))
            case .rawlog: try RawlogExport(to: ExportFolder(path, replaces: replaces))
            case .transcript: try TranscriptExport(to: path, replaces: replaces)
            }
    }

    /// Exports all that there is. Returns how many sessions that were, and what was left out.
    public func run(_ sessions: CapturedSessions, progress: ProgressLine? = nil) throws -> (sessions: Int, notes: [String]) {
        var count = 0
        defer { progress?.finish() }
        while let event = try sessions.next() {
            if case .opened = event { count += 1 }
            try export.take(event)
            progress?.advance(to: sessions.octetsRead)
        }
        try export.finish()
        return (count, export.notes)
    }
}
