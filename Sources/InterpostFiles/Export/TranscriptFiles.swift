import Foundation
import InterpostCore

/// Where transcripts go: one session into a file, or each into one of its own in a folder, `0001.imap`.
struct TranscriptFiles {
    private enum Target {
        case file(String)
        case folder(ExportFolder)
    }

    private let target: Target
    private let replaces: Bool
    /// What to do about a second session that has no file.
    private let advice: String
    private var count = 0

    /// - Parameters:
    ///   - path: A file, `-` for standard output, or a folder: one that is there already, or a name with `/` at its end.
    ///   - replaces: Existing files are replaced; else they are an error.
    ///   - advice: What to do about a second session that has no file.
    init(to path: String, replaces: Bool, advice: String) throws {
        target =
            path.hasSuffix("/") || SessionFiles.isFolder(path)
            ? .folder(try ExportFolder(path, replaces: replaces)) : .file(path)
        self.replaces = replaces
        self.advice = advice
    }

    mutating func file(for session: Int, _ mailProtocol: MailProtocol) throws -> ExportFile {
        count += 1
        switch target {
        case .folder(let folder): return try folder.file(String(format: "%04d.\(mailProtocol.rawValue)", session))
        case .file(let path):
            guard count == 1 else { throw ExportFailure("there is more than one session: \(advice)") }
            return try ExportFile(path, replaces: replaces)
        }
    }
}
