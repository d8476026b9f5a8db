package import NIOCore

/// What a member of a capture says of itself in its gzip header, so that it can be passed over without being inflated.
///
/// It is in an extra field with the name `IP` (RFC 1952 §2.3.1.1), 28 octets, least significant octet first:
///
///     1f 8b 08 04 00 00 00 00 00 ff    gzip, with an extra field
///     20 00  49 50  1c 00              32 octets of extra fields: "IP", 28 octets
///     xx xx xx xx                      octets of the member, from 1f to the end of its length
///     xx xx xx xx                      octets of its text
///     xx xx xx xx  xx xx xx xx         the lowest and the highest session that it has records of
///     xx xx xx xx                      sessions that begin in it
///     xx xx xx xx xx xx xx xx          nanoseconds of its first record
package struct CaptureMember: Sendable, Equatable {
    /// Octets of the member with its header and its trailer.
    package var size: Int
    /// Octets of its text.
    package var textSize: Int
    package var sessions: ClosedRange<Int>
    /// Sessions whose first record is in it.
    package var beginningSessions: Int
    package var nanoseconds: Int64

    /// Octets of the header of a member that says all this.
    package static let headerSize = 10 + 2 + 4 + fieldSize
    /// CRC-32 and length of the text (RFC 1952 §2.3.1).
    package static let trailerSize = 8
    private static let fieldSize = 28

    package init(size: Int, textSize: Int, sessions: ClosedRange<Int>, beginningSessions: Int, nanoseconds: Int64) {
        self.size = size
        self.textSize = textSize
        self.sessions = sessions
        self.beginningSessions = beginningSessions
        self.nanoseconds = nanoseconds
    }

    /// Reads the header of a member; `nil` for one that another program wrote, which has to be inflated to be known.
    /// - Parameters:
    ///   - header: The first ``headerSize`` octets of the member, or fewer at the end of a file.
    ///   - offset: Octets of the file before it.
    package init?(header: ByteBuffer, at offset: Int) throws(CaptureError) {
        var header = header
        guard let magic = header.readInteger(endianness: .big, as: UInt16.self) else {
            throw .truncatedMember(at: offset)
        }
        guard magic == 0x1F8B else {
            throw offset == 0 ? .notACapture : .malformedMember(at: offset, problem: "no gzip member begins there")
        }
        guard let method = header.readInteger(as: UInt8.self), let flags = header.readInteger(as: UInt8.self) else {
            throw .truncatedMember(at: offset)
        }
        guard method == 8 else { throw .malformedMember(at: offset, problem: "gzip's method \(method) is not DEFLATE") }
        guard flags == 4 else { return nil }
        guard header.readSlice(length: 6) != nil, let length = Self.short(&header), let name = header.readSlice(length: 2),
            let field = Self.short(&header)
        else { throw .truncatedMember(at: offset) }
        guard length == Self.fieldSize + 4, String(buffer: name) == "IP", field == Self.fieldSize else { return nil }
        guard let size = Self.word(&header), let text = Self.word(&header), let lowest = Self.word(&header),
            let highest = Self.word(&header), let beginning = Self.word(&header),
            let time = header.readInteger(endianness: .little, as: UInt64.self)
        else { throw .truncatedMember(at: offset) }
        guard (Self.headerSize + Self.trailerSize...CaptureFormat.maximumMember).contains(size),
            text <= CaptureFormat.maximumMember
        else {
            throw .malformedMember(
                at: offset, problem: "a member of \(size) octets with \(text) of text is not within what a capture has")
        }
        guard lowest <= highest else {
            throw .malformedMember(at: offset, problem: "its sessions are from \(lowest) to \(highest)")
        }
        self.init(
            size: size, textSize: text, sessions: lowest...highest, beginningSessions: beginning,
            nanoseconds: Int64(clamping: time))
    }

    /// The header that says this.
    package var header: ByteBuffer {
        var header = ByteBuffer()
        header.writeBytes([0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF])
        header.writeInteger(UInt16(Self.fieldSize + 4), endianness: .little)
        header.writeString("IP")
        header.writeInteger(UInt16(Self.fieldSize), endianness: .little)
        for number in [size, textSize, sessions.lowerBound, sessions.upperBound, beginningSessions] {
            header.writeInteger(UInt32(clamping: number), endianness: .little)
        }
        header.writeInteger(UInt64(clamping: nanoseconds), endianness: .little)
        return header
    }

    private static func short(_ header: inout ByteBuffer) -> Int? {
        header.readInteger(endianness: .little, as: UInt16.self).map { Int($0) }
    }

    private static func word(_ header: inout ByteBuffer) -> Int? {
        header.readInteger(endianness: .little, as: UInt32.self).map { Int($0) }
    }
}
