import Foundation
import NIOCore

/// A file that an export makes, or standard output. It has mail in it, so its mode is 0600.
final class ExportFile {
    private static let bufferSize = 1 << 18

    private let path: String
    private var buffer = ByteBuffer()

    /// - Parameters:
    ///   - path: `-` is standard output.
    ///   - replaces: An existing file is replaced; else it is an error.
    ///   - advice: What to do about an existing file that is not replaced.
    init(
        _ path: String, replaces: Bool, advice: String = "give --force to replace it, or choose another name"
    ) throws {
        self.path = path
        guard path != "-" else { return }
        var descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0, errno == EEXIST {
            guard replaces else {
                throw ExportFailure("\(path) exists: \(advice)")
            }
            descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
            if descriptor >= 0 { fchmod(descriptor, 0o600) }
        }
        guard descriptor >= 0 else { throw ExportFailure("\(path) cannot be made", errno) }
        close(descriptor)
    }

    func write(_ bytes: ByteBuffer) throws {
        buffer.writeImmutableBuffer(bytes)
        if buffer.readableBytes >= Self.bufferSize { try flush() }
    }

    /// Writes what waits. The file is open no longer than that takes: there may be one for each session.
    package func flush() throws {
        guard buffer.readableBytes > 0 else { return }
        let descriptor = path == "-" ? dup(1) : open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw ExportFailure("\(path) cannot be opened", errno) }
        defer { close(descriptor) }
        var rest = buffer.readableBytesView
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw ExportFailure("\(path == "-" ? "standard output" : path) cannot be written", errno)
            }
            rest = rest.dropFirst(count)
        }
        buffer = ByteBuffer()
    }
}

/// A folder that an export makes files in.
struct ExportFolder {
    let path: String
    let replaces: Bool

    /// Makes the folder if it is not there, for its owner alone.
    init(_ path: String, replaces: Bool) throws {
        self.path = path
        self.replaces = replaces
        guard mkdir(path, 0o700) != 0 else { return }
        var isFolder: ObjCBool = false
        guard errno == EEXIST, FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ExportFailure("the folder \(path) cannot be made", errno)
        }
    }

    func file(_ name: String) throws -> ExportFile { try ExportFile("\(path)/\(name)", replaces: replaces) }
}

/// Why an export cannot be written.
public struct ExportFailure: Error, CustomStringConvertible {
    public var description: String

    init(_ problem: String) { description = problem }

    init(_ problem: String, _ code: Int32) { description = "\(problem): \(String(cString: strerror(code)))" }
}
