import Foundation
import InterpostCore

/// Where transcripts go: one session into a file, or each into a file of its own in a folder, `0001.imap`.
struct TranscriptFiles {
    private enum Target {
        case file(String)
        case folder(ExportFolder)
    }

    /// What to do when a session cannot get a file of its own.
    struct Advice {
        /// About a second session, and one file.
        var second: String
        /// About a file that exists.
        var existing: String
    }

    private let target: Target
    private let replaces: Bool
    private let advice: Advice
    private var count = 0
    /// The file was made here.
    private var isNew = false

    /// - Parameters:
    ///   - path: A file, `-` for standard output, or a folder: one that is there already, or a name with `/` at its end.
    ///   - replaces: Existing files are replaced; else they are an error.
    ///   - advice: What to do when a session cannot get a file of its own.
    init(to path: String, replaces: Bool, advice: Advice) throws {
        target =
            path.hasSuffix("/") || SessionFiles.isFolder(path)
            ? .folder(try ExportFolder(path, replaces: replaces)) : .file(path)
        self.replaces = replaces
        self.advice = advice
    }

    mutating func file(for session: Int, _ mailProtocol: MailProtocol) throws -> ExportFile {
        count += 1
        switch target {
        case .folder(let folder):
            let name = String(format: "%04d.\(mailProtocol.rawValue)", session)
            return try ExportFile("\(folder.path)/\(name)", replaces: replaces, advice: advice.existing)
        case .file(let path):
            guard count == 1 else {
                // Half of what was asked for is worse than nothing, and would be in the way of a folder.
                if isNew { unlink(path) }
                throw ExportFailure("there is more than one session: \(advice.second)")
            }
            isNew = path != "-" && access(path, F_OK) != 0
            return try ExportFile(path, replaces: replaces, advice: advice.existing)
        }
    }
}
