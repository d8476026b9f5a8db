import Foundation
import InterpostCore
import NIOCore

/// Where the members of a capture begin, and which sessions they have records of; found by their headers alone.
struct CaptureIndex {
    struct Entry {
        var offset: Int
        var member: CaptureMember
    }

    private(set) var members: [Entry] = []
    /// Octets up to the end of the last whole member.
    private(set) var wholeSize = 0
    /// Behind the last whole member stands a part of another one.
    private(set) var isCutOff = false
    /// From ``wholeSize`` on another program compressed the file anew: what follows has to be inflated to be known.
    private(set) var hasForeignMembers = false

    /// - Parameters:
    ///   - descriptor: A file that can be read at any place.
    ///   - size: Its octets.
    init(_ descriptor: Int32, size: Int) throws {
        while wholeSize < size {
            let header = try Self.read(descriptor, at: wholeSize, count: CaptureMember.headerSize)
            do throws(CaptureError) {
                guard let member = try CaptureMember(header: header, at: wholeSize) else {
                    hasForeignMembers = true
                    return
                }
                guard wholeSize + member.size <= size else { throw .truncatedMember(at: wholeSize) }
                members.append(Entry(offset: wholeSize, member: member))
                wholeSize += member.size
            } catch {
                guard case .truncatedMember = error else { throw error }
                isCutOff = true
                return
            }
        }
    }

    static func read(_ descriptor: Int32, at offset: Int, count: Int) throws -> ByteBuffer {
        var bytes = ByteBuffer()
        while bytes.readableBytes < count {
            let missing = count - bytes.readableBytes
            var code: Int32 = 0
            let place = offset + bytes.readableBytes
            let length = bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { room in
                let length = pread(descriptor, room.baseAddress, missing, off_t(place))
                code = length < 0 ? errno : 0
                return max(0, length)
            }
            if code == EINTR { continue }
            guard code == 0 else {
                throw CaptureFile.Failure(description: "cannot be read: \(String(cString: strerror(code)))")
            }
            if length == 0 { break }
        }
        return bytes
    }
}
