import CZlib
import Foundation
public import InterpostCore
import NIOCore

/// Reads the records of a capture from its beginning. Memory does not grow with the file, nor with what it swells to.
///
/// A member at the end that was cut off, by a crash or a full disk, is read as far as it goes.
public final class CaptureReader {
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    private static let pieceSize = 1 << 16

    private let descriptor: Int32
    // zlib keeps a pointer back to the structure, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var compressed = ByteBuffer()
    private var decoder = CaptureDecoder()
    /// Octets of the file that were inflated.
    private var offset = 0
    private var isWithinMember = false
    private var isAtEnd = false

    /// Whether a file begins as a capture does; a pipe cannot be looked into.
    public static func isCapture(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard let start = try? CaptureIndex.read(descriptor, at: 0, count: 2) else { return false }
        return start.readableBytesView.elementsEqual([0x1F, 0x8B])
    }

    public init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(description: "cannot be read: \(String(cString: strerror(errno)))")
        }
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16: with gzip's header and trailer.
        guard inflateInit2_(stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Failure(description: "cannot be inflated: zlib has no memory")
        }
    }

    deinit {
        close(descriptor)
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The next record, or `nil` at the end.
    public func next() throws -> CaptureRecord? {
        while true {
            if let record = try decoder.next() { return record }
            guard !isAtEnd else { return nil }
            guard let text = try inflated() else {
                isAtEnd = true
                if !isWithinMember { try decoder.finish() }
                return nil
            }
            decoder.receive(text)
        }
    }

    /// The next piece of text; `nil` at the end of the file.
    private func inflated() throws -> ByteBuffer? {
        while true {
            if compressed.readableBytes == 0 {
                compressed = try CaptureIndex.read(descriptor, at: offset, count: Self.pieceSize)
                guard compressed.readableBytes > 0 else { return nil }
            }
            var text = ByteBuffer()
            var code = Z_OK
            let before = compressed.readableBytes
            isWithinMember = true
            compressed.readWithUnsafeMutableReadableBytes { source in
                text.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.pieceSize) { target in
                    stream.pointee.next_in = source.bindMemory(to: UInt8.self).baseAddress
                    stream.pointee.avail_in = UInt32(source.count)
                    stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                    stream.pointee.avail_out = UInt32(Self.pieceSize)
                    code = inflate(stream, Z_NO_FLUSH)
                    return Self.pieceSize - Int(stream.pointee.avail_out)
                }
                return source.count - Int(stream.pointee.avail_in)
            }
            offset += before - compressed.readableBytes
            switch code {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END:
                isWithinMember = false
                inflateReset(stream)
            default: throw CaptureError.malformedMember(at: offset, problem: "it is not what gzip writes")
            }
            if text.readableBytes > 0 { return text }
        }
    }
}
