import CZlib
import InterpostCore
import NIOCore

/// Inflates the members of a capture, one after the other, and holds each to what it says about itself.
final class GzipInflater {
    /// Octets of text that come out at once, at the most.
    private static let pieceSize = 1 << 16
    /// A member that says nothing about itself may swell to `freeText` octets plus `maximumRatio` times its size.
    static let (freeText, maximumRatio) = (1 << 26, 200)

    // zlib keeps a pointer back to the structure, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var member: CaptureMember?
    /// Octets of the member so far.
    private var (size, textSize) = (0, 0)
    private(set) var isWithinMember = false

    init() throws {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16: with gzip's header and trailer.
        guard inflateInit2_(stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deallocate()
            throw GzipMember.Failure(description: "cannot be inflated: zlib has no memory")
        }
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Takes octets from the front of `compressed`; what comes out may be nothing.
    /// - Parameters:
    ///   - compressed: At the beginning of a member at least its header, unless the file ends there.
    ///   - offset: Octets of the file before it.
    func inflate(_ compressed: inout ByteBuffer, at offset: Int) throws -> ByteBuffer {
        if !isWithinMember {
            do throws(CaptureError) {
                member = try CaptureMember(header: compressed, at: offset)
            } catch {
                // A header that was cut off is not a reason to complain.
                guard case .truncatedMember = error else { throw error }
                member = nil
            }
            (size, textSize, isWithinMember) = (0, 0, true)
        }
        let start = offset - size
        var text = ByteBuffer()
        var code = Z_OK
        let before = compressed.readableBytes
        compressed.readWithUnsafeMutableReadableBytes { source in
            text.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.pieceSize) { target in
                stream.pointee.next_in = source.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(Self.pieceSize)
                code = CZlib.inflate(stream, Z_NO_FLUSH)
                return Self.pieceSize - Int(stream.pointee.avail_out)
            }
            return source.count - Int(stream.pointee.avail_in)
        }
        size += before - compressed.readableBytes
        textSize += text.readableBytes
        guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else {
            throw CaptureError.malformedMember(at: offset, problem: "it is not what gzip writes")
        }
        if let problem = problem(isWhole: code == Z_STREAM_END) {
            throw CaptureError.malformedMember(at: start, problem: problem)
        }
        if code == Z_STREAM_END {
            isWithinMember = false
            inflateReset(stream)
        }
        return text
    }

    private func problem(isWhole: Bool) -> String? {
        guard let member else {
            let limit = Self.freeText + Self.maximumRatio * size
            return textSize > limit ? "the member swells to more than \(limit) octets of text" : nil
        }
        if textSize > member.textSize || (isWhole && textSize != member.textSize) {
            return "the member says that it has \(member.textSize) octets of text, and has \(isWhole ? "\(textSize)" : "more")"
        }
        if size > member.size || (isWhole && size != member.size) {
            return "the member says that it has \(member.size) octets, and has \(isWhole ? "\(size)" : "more")"
        }
        return nil
    }
}
