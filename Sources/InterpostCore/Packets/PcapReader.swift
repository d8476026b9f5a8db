package import NIOCore

/// Reads the packets of a pcap or pcapng file as it comes, however long it is.
///
///     d4 c3 b2 a1 …      pcap, least significant octet first, microseconds
///     0a 0d 0d 0a …      pcapng: blocks, in sections of either order, each with its interfaces
///
/// Keeps no more than one packet. A file that claims a larger one than ``maximumPacket`` is refused.
package struct PcapReader: Sendable {
    /// Octets of one packet, and of one block of pcapng.
    package static let maximumPacket = 1 << 20

    private enum Form: Sendable {
        case unknown
        case pcap(PcapHeader)
        case pcapng(PcapngSection)
    }

    private var form = Form.unknown
    private var pending = ByteBuffer()
    private var offset = 0

    package init() {}

    /// Whether a file begins as a pcap or pcapng file does.
    package static func looksLike(_ head: ByteBuffer) -> Bool {
        guard let magic = head.getInteger(at: head.readerIndex, as: UInt32.self) else { return false }
        return magic == PcapngSection.blockType || PcapHeader.isMagic(magic)
    }

    package mutating func receive(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            pending.discardReadBytes()
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// The next packet, or `nil` until more bytes come.
    package mutating func next() throws(PcapError) -> CapturedPacket? {
        while true {
            let before = pending.readableBytes
            let packet = try read()
            let octets = before - pending.readableBytes
            offset += octets
            if packet != nil || octets == 0 { return packet }
        }
    }

    /// There will be no more bytes.
    package func finish() throws(PcapError) {
        if case .unknown = form { throw PcapError(at: 0, "it is no pcap and no pcapng file") }
        guard pending.readableBytes == 0 else { throw PcapError(at: offset, "the file ends within a packet") }
    }

    /// Reads a packet, or passes over something that is not one; reads nothing when more bytes are needed.
    private mutating func read() throws(PcapError) -> CapturedPacket? {
        switch form {
        case .unknown:
            guard let magic = pending.getInteger(at: pending.readerIndex, as: UInt32.self) else { return nil }
            if magic == PcapngSection.blockType {
                form = .pcapng(PcapngSection())
                return try read()
            }
            guard let header = try PcapHeader(reading: &pending) else { return nil }
            form = .pcap(header)
            return nil
        case .pcap(let header): return try header.packet(reading: &pending, at: offset)
        case .pcapng(var section):
            defer { form = .pcapng(section) }
            return try section.packet(reading: &pending, at: offset)
        }
    }
}
