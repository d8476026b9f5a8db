import Foundation
public import InterpostCore
import NIOCore

/// Reads the records of a capture. Memory does not grow with the file, nor with what it swells to.
///
/// A member at the end that was cut off, by a crash or a full disk, is read as far as it goes. For one session, only the
/// members that may have records of it are read, where the members say so.
public final class CaptureReader {
    /// Why a capture cannot be read, in words for people: `cannot be read: Permission denied`.
    public struct Failure: Error, CustomStringConvertible {
        public var description: String

        package init(description: String) { self.description = description }
    }

    private static let pieceSize = 1 << 16

    private let descriptor: Int32
    private let session: Int?
    /// Parts of the file that are still to be read; the last one may grow.
    private var parts: ArraySlice<Range<Int>>
    private let inflater: GzipInflater
    private var compressed = ByteBuffer()
    private var decoder = CaptureDecoder()
    private var isAtEnd = false

    /// Octets of the file that were read, and that there were when it was opened; 0 for what is not a file.
    public private(set) var offset = 0
    /// Octets of the file when it was opened; 0 for what is not a file.
    public let size: Int
    /// The last member is not whole. As of the end.
    public var isCutOff: Bool { isAtEnd && inflater.isWithinMember }

    /// Whether a file begins as a capture does; a pipe cannot be looked into.
    public static func isCapture(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard let start = try? CaptureIndex.read(descriptor, at: 0, count: 2) else { return false }
        return start.readableBytesView.elementsEqual([0x1F, 0x8B])
    }

    /// Reads all sessions of a file. Throws ``Failure`` where it cannot be read.
    public convenience init(_ path: String) throws { try self.init(CapturePlace(path: path)) }

    /// For a place with a session, reads the records of that session and those about the whole capture.
    public init(_ place: CapturePlace) throws {
        session = place.session
        descriptor = open(place.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(description: "cannot be read: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        fstat(descriptor, &status)
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw Failure(description: "is a folder: name the captures in it, as in \(place.path)/*.interpost")
        }
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
        do {
            let inflater = try GzipInflater()
            var parts = [0..<Int.max]
            if let session { parts = try CaptureIndex(descriptor, size: size).parts(of: session) }
            // This comes after everything that may fail: once the object is complete, `deinit` closes the descriptor.
            (self.inflater, self.parts) = (inflater, parts[...])
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// The next record, or `nil` at the end.
    public func next() throws -> CaptureRecord? {
        while true {
            if let record = try decoder.next() {
                if session == nil || record.session == session || record.session == 0 { return record }
                continue
            }
            guard !isAtEnd else { return nil }
            guard let text = try inflated() else {
                isAtEnd = true
                if !inflater.isWithinMember { try decoder.finish() }
                return nil
            }
            decoder.receive(text)
        }
    }

    /// The next piece of text; `nil` at the end of the file.
    private func inflated() throws -> ByteBuffer? {
        while true {
            if compressed.readableBytes < CaptureMember.headerSize, try !readOn(), compressed.readableBytes == 0 { return nil }
            let before = compressed.readableBytes
            let text = try inflater.inflate(&compressed, at: offset)
            offset += before - compressed.readableBytes
            if text.readableBytes > 0 { return text }
            if before == compressed.readableBytes, try !readOn() { return nil }
        }
    }

    /// Whether there was more.
    private func readOn() throws -> Bool {
        guard let part = parts.first else { return false }
        if compressed.readableBytes == 0 { offset = max(offset, part.lowerBound) }
        let place = offset + compressed.readableBytes
        let more = try CaptureIndex.read(descriptor, at: place, count: min(Self.pieceSize, part.upperBound - place))
        guard more.readableBytes > 0 else {
            guard compressed.readableBytes == 0 else { return false }
            parts = parts.dropFirst()
            return try readOn()
        }
        if compressed.readableBytes == 0 { compressed = more } else { compressed.writeImmutableBuffer(more) }
        return true
    }
}
