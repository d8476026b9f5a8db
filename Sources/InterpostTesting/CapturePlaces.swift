import Foundation

/// The places where the capture that a test names is looked for.
///
/// These are the folder of the test's file, and then each folder above it, up to the one with `Package.swift`. In each of them the
/// path itself is tried first, then the path in `Captures`, `Fixtures/Captures` and `Fixtures`. An absolute path is taken as it is.
struct CapturePlaces {
    private static let folders = ["Captures", "Fixtures/Captures", "Fixtures"]

    let name: String
    let candidates: [String]
    private let folders: [String]

    init(_ name: String, of testFile: String) {
        self.name = name
        guard !name.hasPrefix("/") else {
            (candidates, folders) = ([name], [])
            return
        }
        let parents = Self.parents(of: testFile)
        candidates = parents.flatMap { parent in (["."] + Self.folders).map { Self.path(parent, $0, name) } }
        folders = parents.flatMap { parent in Self.folders.map { Self.path(parent, $0, "") } }
    }

    /// The first of the places that has a file.
    var existing: String? { candidates.first { FileManager.default.fileExists(atPath: $0) } }

    /// Where a new capture goes: to the first of the folders that exists, or else next to the test's file.
    var place: String {
        folders.first { FileManager.default.fileExists(atPath: $0) }.map { Self.path($0, ".", name) }
            ?? candidates.first ?? name
    }

    var failure: MailServerError {
        MailServerError(
            """
            there is no capture \(name); looked for
            \(candidates.map { "  \($0)\n" }.joined())\
            To make it, run the test once with record: .once, from: "imaps://…" (or pop3s), or record with interpost run --record FILE
            """)
    }

    /// The folders from the file's own up to the package's; only the first, if the file is in no package.
    private static func parents(of file: String) -> [String] {
        var folders: [String] = []
        var folder = URL(filePath: file).deletingLastPathComponent().standardizedFileURL
        while folder.path != "/" {
            folders.append(folder.path)
            if FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) { return folders }
            folder.deleteLastPathComponent()
        }
        return Array(folders.prefix(1))
    }

    private static func path(_ parts: String...) -> String {
        parts.filter { !$0.isEmpty && $0 != "." }.joined(separator: "/")
    }
}
