import NIOCore

/// One section of a pcapng file, block by block: each is its type, its length, what it holds, and its length again.
///
///     0a 0d 0d 0a  1c 00 00 00  4d 3c 2b 1a …      a section begins, least significant octet first
///     01 00 00 00  14 00 00 00  65 00 …            an interface: raw IP
///     06 00 00 00  …                               a packet of one of the interfaces
///
/// Packets are Enhanced Packet, Simple Packet and the obsolete Packet Blocks; all others are passed over.
struct PcapngSection: Sendable {
    /// The type of the block that begins a section, which reads the same in either order.
    static let blockType: UInt32 = 0x0A0D_0D0A
    static let maximumInterfaces = 1024
    private static let frameSize = 12

    private var order: Endianness?
    private var interfaces: [PcapngInterface] = []

    /// Reads one block, if it is there as a whole. `nil` for one that is no packet.
    mutating func packet(reading file: inout ByteBuffer, at offset: Int) throws(PcapError) -> CapturedPacket? {
        guard let (type, order, length) = try head(of: file, at: offset) else { return nil }
        guard length >= Self.frameSize, length % 4 == 0 else {
            throw PcapError(at: offset, "a block cannot have \(length) octets")
        }
        guard length <= PcapReader.maximumPacket else {
            throw PcapError(at: offset, "a block of \(length) octets is larger than the \(PcapReader.maximumPacket) of one")
        }
        guard var block = file.readSlice(length: length) else { return nil }
        guard block.getInteger(at: block.writerIndex - 4, endianness: order, as: UInt32.self) == UInt32(length) else {
            throw PcapError(at: offset, "a block has two lengths that differ")
        }
        block.moveReaderIndex(forwardBy: 8)
        block.moveWriterIndex(to: block.writerIndex - 4)
        switch type {
        case Self.blockType:
            self.order = order
            interfaces = []
        case 1:
            guard interfaces.count < Self.maximumInterfaces else {
                throw PcapError(at: offset, "a section has more than \(Self.maximumInterfaces) interfaces")
            }
            guard let interface = PcapngInterface(reading: block, order) else {
                throw PcapError(at: offset, "an interface is not described as it has to be")
            }
            interfaces.append(interface)
        case 2, 3, 6: return try packet(block, type: type, order, at: offset)
        default: break
        }
        return nil
    }

    /// Type, order and length of the block that begins here; `nil` until there are enough octets.
    private func head(of file: ByteBuffer, at offset: Int) throws(PcapError) -> (UInt32, Endianness, Int)? {
        var rest = file
        guard rest.readableBytes >= Self.frameSize else { return nil }
        var order = order
        if rest.getInteger(at: rest.readerIndex, as: UInt32.self) == Self.blockType {
            switch rest.getInteger(at: rest.readerIndex + 8, as: UInt32.self) {
            case 0x1A2B_3C4D: order = .big
            case 0x4D3C_2B1A: order = .little
            default: throw PcapError(at: offset, "a section does not say in which order its octets are")
            }
        }
        guard let order, let (type, length) = rest.readMultipleIntegers(endianness: order, as: (UInt32, UInt32).self) else {
            throw PcapError(at: offset, "no section begins there")
        }
        return (type, order, Int(length))
    }

    private func packet(
        _ block: ByteBuffer, type: UInt32, _ order: Endianness, at offset: Int
    ) throws(PcapError) -> CapturedPacket? {
        var block = block
        var number = 0
        var moment: UInt64?
        if type != 3 {
            // The obsolete block has a count of lost packets after a number of 16 bits.
            number =
                type == 6
                ? Int(block.readInteger(endianness: order, as: UInt32.self) ?? .max)
                : Int(block.readMultipleIntegers(endianness: order, as: (UInt16, UInt16).self)?.0 ?? .max)
            moment = block.readMultipleIntegers(endianness: order, as: (UInt32, UInt32).self).map {
                UInt64($0) << 32 | UInt64($1)
            }
        }
        guard number < interfaces.count else { throw PcapError(at: offset, "a packet is of an interface that is not described") }
        let interface = interfaces[number]
        let count = type == 3 ? nil : block.readInteger(endianness: order, as: UInt32.self)
        guard let length = block.readInteger(endianness: order, as: UInt32.self) else {
            throw PcapError(at: offset, "a packet's block is too short")
        }
        let captured = Int(count ?? min(length, interface.snapLength))
        guard let bytes = block.readSlice(length: captured) else {
            throw PcapError(at: offset, "a packet of \(captured) octets is larger than its block")
        }
        return CapturedPacket(
            linkType: interface.linkType, time: moment.map(interface.time) ?? WireTime(nanoseconds: 0), bytes: bytes,
            length: Int(length))
    }
}

/// What an Interface Description Block says: where packets came from, and what their times count.
struct PcapngInterface: Sendable {
    let linkType: UInt32
    /// Octets that are kept of a packet, at most.
    let snapLength: UInt32
    /// if_tsresol: the unit of times is 10 to the power of minus this number, in seconds; with the highest bit set, it is 2 to
    /// that power.
    private var resolution: UInt8 = 6
    /// if_tsoffset: seconds to be added.
    private var offset: Int64 = 0

    init?(reading block: ByteBuffer, _ order: Endianness) {
        var block = block
        guard let (linkType, _, snapLength) = block.readMultipleIntegers(endianness: order, as: (UInt16, UInt16, UInt32).self)
        else {
            return nil
        }
        self.linkType = UInt32(linkType)
        self.snapLength = snapLength == 0 ? .max : snapLength
        while let (code, length) = block.readMultipleIntegers(endianness: order, as: (UInt16, UInt16).self), code != 0 {
            guard var value = block.readSlice(length: Int(length)) else { return nil }
            block.moveReaderIndex(forwardBy: min(block.readableBytes, -Int(length) & 3))
            if code == 9, let power = value.readInteger(as: UInt8.self) { resolution = power }
            if code == 14, let seconds = value.readInteger(endianness: order, as: Int64.self) { offset = seconds }
        }
    }

    /// What a time of this interface is in nanoseconds since 1970.
    func time(_ moment: UInt64) -> WireTime {
        let power = Int(resolution & 0x7F)
        var nanoseconds: UInt128
        if resolution & 0x80 != 0 {
            // 64 bits of units, and 30 of the factor.
            nanoseconds = (UInt128(moment) * 1_000_000_000) >> UInt128(power)
        } else {
            nanoseconds = UInt128(moment)
            for _ in 0..<max(0, 9 - power) { nanoseconds *= 10 }
            for _ in 0..<max(0, power - 9) { nanoseconds /= 10 }
        }
        let (seconds, overflows) = offset.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowed) = Int64(clamping: nanoseconds).addingReportingOverflow(overflows ? 0 : seconds)
        return WireTime(nanoseconds: overflowed ? .max : sum)
    }
}
