import Foundation
import NIOCore

/// A message until it is whole: in memory if it is small, otherwise in a file without a name.
final class MessageSpool {
    private static let memory = 1 << 20

    private var buffer = ByteBuffer()
    private var file: UnsafeMutablePointer<FILE>?
    private(set) var size = 0

    deinit { if let file { fclose(file) } }

    func write(_ bytes: ByteBuffer) throws {
        size += bytes.readableBytes
        buffer.writeImmutableBuffer(bytes)
        if buffer.readableBytes > Self.memory { try spill() }
    }

    /// Gives all of it from the beginning, in pieces.
    func read(_ give: (ByteBuffer) throws -> Void) throws {
        if let file {
            try spill()
            rewind(file)
            var isAtEnd = false
            while !isAtEnd {
                var piece = ByteBuffer()
                piece.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.memory) {
                    fread($0.baseAddress, 1, Self.memory, file)
                }
                isAtEnd = piece.readableBytes == 0
                if ferror(file) != 0 { throw ExportFailure("a temporary file cannot be read", errno) }
                if !isAtEnd { try give(piece) }
            }
        } else if buffer.readableBytes > 0 {
            try give(buffer)
        }
    }

    private func spill() throws {
        guard let target = file ?? tmpfile() else { throw ExportFailure("a temporary file cannot be made", errno) }
        file = target
        let count = buffer.withUnsafeReadableBytes { fwrite($0.baseAddress, 1, $0.count, target) }
        guard count == buffer.readableBytes else { throw ExportFailure("a temporary file cannot be written", errno) }
        buffer.clear()
    }
}
