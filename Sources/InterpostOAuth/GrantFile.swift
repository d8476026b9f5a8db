import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a refresh token cannot be stored or read, in words for people.
package struct GrantStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }

    static func system(_ path: String, _ what: String, _ code: Int32 = errno) -> GrantStoreError {
        GrantStoreError("\(path) \(what): \(String(cString: strerror(code)).lowercased())")
    }
}

/// The few system calls that writing safely takes. At every moment there is the old file, or the new one, whole.
enum GrantFile {
    struct Content {
        var bytes: [UInt8]
        var identity: FileIdentity
        /// Nobody but its owner may read it.
        var isPrivate: Bool
    }

    /// `nil` where there is no such file.
    static func read(_ path: String, maximum: Int) throws(GrantStoreError) -> Content? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            guard errno == ENOENT else { throw .system(path, "cannot be opened") }
            return nil
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system(path, "cannot be looked at") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw GrantStoreError("\(path) is not a file") }
        var bytes = [UInt8](repeating: 0, count: maximum + 1)
        var count = 0
        while count <= maximum {
            let got = bytes.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system(path, "cannot be read") }
            if got == 0 { break }
            count += got
        }
        guard count <= maximum else { throw GrantStoreError("\(path) is larger than \(maximum) octets") }
        return Content(
            bytes: Array(bytes[..<count]), identity: FileIdentity(status), isPrivate: status.st_mode & 0o077 == 0)
    }

    /// Writes a file of mode 0600 in place of the one that is there.
    ///
    /// - Parameter step: Called before each thing that is done, so that a test may end the program there.
    static func replace(_ path: String, _ bytes: [UInt8], step: (WriteStep) -> Void = { _ in }) throws(GrantStoreError) {
        let new = path + ".new"
        step(.open)
        // What a program left behind that was ended is written over.
        let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system(new, "cannot be written") }
        do throws(GrantStoreError) {
            defer { close(file) }
            guard fchmod(file, 0o600) == 0 else { throw .system(new, "cannot be made private") }
            try write(bytes, to: file, new, step)
            step(.sync)
            guard fsync(file) == 0 else { throw .system(new, "cannot be written") }
        } catch {
            unlink(new)
            throw error
        }
        step(.rename)
        guard rename(new, path) == 0 else { throw .system(path, "cannot be replaced") }
        step(.syncFolder)
        try syncFolder(of: path)
        step(.done)
    }

    /// Makes a file of mode 0600 where there is none; leaves one alone that is there.
    static func create(_ path: String, _ bytes: [UInt8]) throws(GrantStoreError) {
        let new = "\(path).\(getpid())"
        try replace(new, bytes)
        defer { unlink(new) }
        guard link(new, path) == 0 || errno == EEXIST else { throw .system(path, "cannot be made") }
        try syncFolder(of: path)
    }

    static func syncFolder(of path: String) throws(GrantStoreError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let file = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard file >= 0 else { throw .system(folder, "cannot be opened") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .system(folder, "cannot be written") }
    }

    private static func write(
        _ bytes: [UInt8], to file: CInt, _ path: String, _ step: (WriteStep) -> Void
    ) throws(GrantStoreError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            step(.write)
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(path, "cannot be written") }
            rest = rest.dropFirst(count)
        }
    }
}

/// What is done to write a file, in this order.
package enum WriteStep: String, Sendable, CaseIterable {
    case open, write, sync, rename, syncFolder, done
}

/// Which file it is, and in which state: another one after every write.
package struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        seconds = Int64(time.tv_sec)
        nanoseconds = Int64(time.tv_nsec)
    }
}
