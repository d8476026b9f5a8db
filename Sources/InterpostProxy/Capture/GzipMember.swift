import CZlib
import InterpostCore
import NIOCore

/// Deflates and inflates the members of a capture (RFC 1952).
enum GzipMember {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Of 1 (fast) to 9 (small). Measured: 6 makes prose and listings a sixth smaller and base64 a fiftieth, in four times and 1.2
    /// times the time.
    private static let level: Int32 = 1

    /// A member with this text, and a header that says what is in it.
    static func deflate(_ text: ByteBuffer, describing member: CaptureMember) throws -> ByteBuffer {
        var stream = z_stream()
        let opened = deflateInit2_(
            &stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else { throw Failure(description: "zlib says \(opened)") }
        defer { deflateEnd(&stream) }
        var body = ByteBuffer()
        var checksum: UInt = 0
        var code: Int32 = Z_OK
        text.withUnsafeReadableBytes { source in
            let bytes = source.bindMemory(to: UInt8.self)
            // A member's text is far below 4 GiB.
            checksum = UInt(crc32(0, bytes.baseAddress, UInt32(bytes.count)))
            stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
            stream.avail_in = UInt32(bytes.count)
            let bound = Int(deflateBound(&stream, UInt(bytes.count)))
            body.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
                stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(bound)
                code = CZlib.deflate(&stream, Z_FINISH)
                return bound - Int(stream.avail_out)
            }
        }
        guard code == Z_STREAM_END else { throw Failure(description: "zlib says \(code)") }
        var member = member
        member.size = CaptureMember.headerSize + body.readableBytes + CaptureMember.trailerSize
        member.textSize = text.readableBytes
        var file = member.header
        file.writeImmutableBuffer(body)
        file.writeInteger(UInt32(truncatingIfNeeded: checksum), endianness: .little)
        file.writeInteger(UInt32(truncatingIfNeeded: text.readableBytes), endianness: .little)
        return file
    }
}
