import Foundation
package import InterpostCore
package import NIOCore

/// The bytes of a file, read once from the beginning to the end.
package final class FilePieces {
    private static let pieceSize = 1 << 18

    private let path: String
    private let descriptor: Int32
    private var first: ByteBuffer?
    /// What the file begins with.
    package let head: ByteBuffer
    /// Octets that were given.
    package private(set) var octetsRead = 0

    package init(_ path: String) throws(CorpusSummary.Failure) {
        self.path = path
        descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        var start = ByteBuffer()
        // A pipe gives what it has, which may be less than is needed to tell what it is.
        while start.readableBytes < SessionForm.headSize {
            do {
                guard let piece = try Self.read(descriptor, path) else { break }
                start.writeImmutableBuffer(piece)
            } catch {
                close(descriptor)
                throw error
            }
        }
        first = start
        head = start.getSlice(at: 0, length: min(start.readableBytes, SessionForm.headSize)) ?? start
    }

    deinit { close(descriptor) }

    package func next() throws(CorpusSummary.Failure) -> ByteBuffer? {
        let piece = if let first { first } else { try Self.read(descriptor, path) }
        first = nil
        octetsRead += piece?.readableBytes ?? 0
        return piece
    }

    /// Octets of the file; 0 for what is not a file.
    package var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(CorpusSummary.Failure) -> ByteBuffer? {
        var piece = ByteBuffer()
        var code: Int32 = 0
        let count = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: pieceSize) { room in
            while true {
                let count = Foundation.read(descriptor, room.baseAddress, pieceSize)
                if count >= 0 { return count }
                guard errno == EINTR else {
                    code = errno
                    return 0
                }
            }
        }
        if code != 0 { throw failure(path, code) }
        return count > 0 ? piece : nil
    }

    static func failure(_ path: String, _ code: Int32) -> CorpusSummary.Failure {
        CorpusSummary.Failure(file: path, problem: "cannot be read: \(String(cString: strerror(code)))")
    }
}
