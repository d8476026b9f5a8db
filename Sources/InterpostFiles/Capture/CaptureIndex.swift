import Foundation
import InterpostCore
import NIOCore

/// Where the members of a capture begin, and which sessions they have records of; found by their headers alone.
struct CaptureIndex {
    struct Entry {
        var offset: Int
        var member: CaptureMember

        var end: Int { offset + member.size }
    }

    private(set) var members: [Entry] = []
    /// Octets up to the end of the last whole member.
    private(set) var wholeSize = 0
    /// A part of another member follows the last whole one.
    private(set) var isCutOff = false
    /// From ``wholeSize`` on another program has recompressed the file: what follows has to be inflated to be known.
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

    /// Where the records of a session may be, and before them the first member and the header that holds for them.
    ///
    /// Where the members do not say what is in them, that is everything.
    func parts(of session: Int) -> [Range<Int>] {
        guard !hasForeignMembers else { return [0..<Int.max] }
        let own = members.indices.filter { members[$0].member.sessions.contains(session) }
        let first = own.first ?? members.endIndex
        let start = own.first.map { members[$0].offset } ?? wholeSize
        // A member that was cut off may have records of any session.
        let end = isCutOff ? Int.max : own.last.map { members[$0].end } ?? wholeSize
        var parts: [Range<Int>] = []
        if first > 0, let beginning = members.first { parts.append(beginning.offset..<beginning.end) }
        if let header = members[..<first].last(where: { $0.member.sessions.lowerBound == 0 }), header.offset > 0 {
            parts.append(header.offset..<header.end)
        }
        return parts + [start..<end]
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
