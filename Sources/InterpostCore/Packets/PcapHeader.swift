import NIOCore

/// What a pcap file says of itself in its first 24 octets, and how its packets are read.
///
///     d4 c3 b2 a1  02 00 04 00  …  ff ff 00 00  01 00 00 00      microseconds, Ethernet
///     seconds, fraction, octets here, octets on the wire         before each packet
struct PcapHeader: Sendable {
    private static let size = 24
    private static let packetHeaderSize = 16

    let order: Endianness
    let linkType: UInt32
    private let nanosecondsPerUnit: Int64

    static func isMagic(_ magic: UInt32) -> Bool { form(of: magic) != nil }

    private static func form(of magic: UInt32) -> (order: Endianness, nanoseconds: Int64)? {
        switch magic {
        case 0xA1B2_C3D4: (.big, 1000)
        case 0xD4C3_B2A1: (.little, 1000)
        case 0xA1B2_3C4D: (.big, 1)
        case 0x4D3C_B2A1: (.little, 1)
        default: nil
        }
    }

    /// `nil` until there are enough octets.
    init?(reading file: inout ByteBuffer) throws(PcapError) {
        guard let magic = file.getInteger(at: file.readerIndex, as: UInt32.self) else { return nil }
        guard let form = Self.form(of: magic) else { throw PcapError(at: 0, "it is no pcap and no pcapng file") }
        guard file.readableBytes >= Self.size, var header = file.readSlice(length: Self.size) else { return nil }
        (order, nanosecondsPerUnit) = form
        header.moveReaderIndex(forwardBy: 20)
        // The upper bits say whether frames are followed by a checksum.
        linkType = (header.readInteger(endianness: form.order, as: UInt32.self) ?? 0) & 0x0FFF_FFFF
    }

    func packet(reading file: inout ByteBuffer, at offset: Int) throws(PcapError) -> CapturedPacket? {
        var rest = file
        guard let head = rest.readMultipleIntegers(endianness: order, as: (UInt32, UInt32, UInt32, UInt32).self) else {
            return nil
        }
        let (seconds, fraction, count, length) = head
        guard count <= PcapReader.maximumPacket else {
            throw PcapError(at: offset, "a packet of \(count) octets is larger than the \(PcapReader.maximumPacket) of one")
        }
        guard let bytes = rest.readSlice(length: Int(count)) else { return nil }
        file = rest
        let time = Int64(seconds) * 1_000_000_000 + Int64(fraction) * nanosecondsPerUnit
        return CapturedPacket(linkType: linkType, time: WireTime(nanoseconds: time), bytes: bytes, length: Int(length))
    }
}
