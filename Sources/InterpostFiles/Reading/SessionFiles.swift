import Foundation
package import InterpostCore

/// The files of `interpost read`: found, opened and read in pieces. What they hold is decided in the core.
package enum SessionFiles {
    /// All files that some paths stand for, in the order given and, in folders, in the order of their names; only the first
    /// half of a rawlog.
    package static func files(at paths: [String]) -> (files: [String], failures: [CorpusSummary.Failure]) {
        var files: [String] = []
        var failures: [CorpusSummary.Failure] = []
        for path in paths {
            guard isFolder(path) else {
                files.append(path)
                continue
            }
            let found = contents(of: path, failures: &failures)
            files += found
            if found.isEmpty, failures.isEmpty { failures.append(.init(file: path, problem: "holds no files")) }
        }
        var seen: Set<String> = []
        let given = Set(files)
        files.removeAll { file in
            let isSecondHalf = SessionForm.half(of: file) == .server && given.contains(SessionForm.partner(of: file) ?? "")
            return isSecondHalf || !seen.insert(file).inserted
        }
        return (files, failures)
    }

    package static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Links to folders are not followed, because a walk might never end; nor is anything opened that waits for a writer.
    private static func contents(of folder: String, failures: inout [CorpusSummary.Failure]) -> [String] {
        var files: [String] = []
        var folders = [folder]
        while let next = folders.popLast() {
            guard let directory = opendir(next) else {
                failures.append(FilePieces.failure(next, errno))
                continue
            }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
                }
                guard !name.hasPrefix(".") else { continue }
                let path = (next.hasSuffix("/") ? next : next + "/") + name
                switch kind(of: path) {
                case S_IFDIR: folders.append(path)
                case S_IFREG: files.append(path)
                case S_IFLNK: if !isFolder(path) { files.append(path) }
                default: failures.append(.init(file: path, problem: "is neither a file nor a folder"))
                }
            }
        }
        return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// A link to a file has the kind of the link; a link to a pipe or a device has the kind of what it leads to.
    private static func kind(of path: String) -> mode_t {
        var own = stat()
        guard lstat(path, &own) == 0, own.st_mode & S_IFMT == S_IFLNK else { return own.st_mode & S_IFMT }
        var target = stat()
        guard stat(path, &target) == 0, target.st_mode & S_IFMT != S_IFREG, target.st_mode & S_IFMT != S_IFDIR else {
            return S_IFLNK
        }
        return target.st_mode & S_IFMT
    }
}
