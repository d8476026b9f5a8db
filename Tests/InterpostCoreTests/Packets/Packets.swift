import NIOCore

@testable import InterpostCore

/// Packets and files with packets, made by hand. Checksums are zero: nobody asks for them.
struct TestSegment {
    var from: (host: UInt8, port: UInt16)
    var to: (host: UInt8, port: UInt16)
    var sequence: UInt32
    var acknowledged: UInt32?
    /// Of `SFRP`: SYN, FIN, RST, PSH.
    var flags = ""
    var text = ""

    /// The client 10.0.0.1:5000 says something to port 143 of 10.0.0.2.
    static func client(_ sequence: UInt32, ack: UInt32? = nil, _ text: String = "", flags: String = "") -> TestSegment {
        TestSegment(
            from: (1, 5000), to: (2, 143), sequence: sequence, acknowledged: ack, flags: flags, text: text)
    }

    static func server(_ sequence: UInt32, ack: UInt32? = nil, _ text: String = "", flags: String = "") -> TestSegment {
        TestSegment(
            from: (2, 143), to: (1, 5000), sequence: sequence, acknowledged: ack, flags: flags, text: text)
    }

    var tcp: ByteBuffer {
        var bits: UInt8 = acknowledged == nil ? 0 : 0x10
        for (letter, bit) in [("F", 1), ("S", 2), ("R", 4), ("P", 8)] as [(Character, UInt8)] where flags.contains(letter) {
            bits |= bit
        }
        var segment = ByteBuffer()
        segment.writeMultipleIntegers(from.port, to.port, sequence, acknowledged ?? 0)
        // Four octets of options.
        segment.writeMultipleIntegers(UInt8(0x60), bits, UInt16(1000), UInt16(0), UInt16(0), UInt32(0x0101_0101))
        segment.writeString(text)
        return segment
    }

    /// - Parameter fragment: The field with the flags and the offset.
    func ipv4(fragment: UInt16 = 0, options: Int = 0, totalLength: UInt16? = nil) -> ByteBuffer {
        let segment = tcp
        var packet = ByteBuffer()
        let length = UInt16(20 + options * 4 + segment.readableBytes)
        packet.writeMultipleIntegers(UInt8(0x45 + options), UInt8(0), totalLength ?? length, UInt16(7), fragment)
        packet.writeMultipleIntegers(UInt8(64), UInt8(6), UInt16(0))
        packet.writeMultipleIntegers(0x0A00_0000 | UInt32(from.host), 0x0A00_0000 | UInt32(to.host))
        packet.writeRepeatingByte(1, count: options * 4)
        packet.writeImmutableBuffer(segment)
        return packet
    }

    /// - Parameter extensions: Headers in front of TCP, by their numbers, each with what stands in it behind the next number.
    func ipv6(_ extensions: [(number: UInt8, bytes: [UInt8])] = []) -> ByteBuffer {
        var text = ByteBuffer()
        for (index, header) in extensions.enumerated() {
            text.writeInteger(index + 1 < extensions.count ? extensions[index + 1].number : 6)
            text.writeBytes(header.bytes)
        }
        text.writeImmutableBuffer(tcp)
        var packet = ByteBuffer()
        packet.writeMultipleIntegers(UInt32(0x6000_0000), UInt16(text.readableBytes), extensions.first?.number ?? 6, UInt8(64))
        packet.writeMultipleIntegers(UInt64(0x2001_0DB8_0000_0000), UInt64(from.host))
        packet.writeMultipleIntegers(UInt64(0x2001_0DB8_0000_0000), UInt64(to.host))
        packet.writeImmutableBuffer(text)
        return packet
    }
}

enum TestPackets {
    static func ethernet(_ packet: ByteBuffer, type: UInt16 = 0x0800, tags: [UInt16] = [], padding: Int = 0) -> ByteBuffer {
        var frame = ByteBuffer(repeating: 2, count: 12)
        for tag in tags { frame.writeMultipleIntegers(tag, UInt16(5)) }
        frame.writeInteger(type)
        frame.writeImmutableBuffer(packet)
        frame.writeRepeatingByte(0, count: padding)
        return frame
    }

    static func cooked(_ packet: ByteBuffer, type: UInt16 = 0x0800) -> ByteBuffer {
        var frame = ByteBuffer(repeating: 0, count: 14)
        frame.writeInteger(type)
        frame.writeImmutableBuffer(packet)
        return frame
    }

    static func cooked2(_ packet: ByteBuffer, type: UInt16 = 0x0800) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(type)
        frame.writeRepeatingByte(0, count: 18)
        frame.writeImmutableBuffer(packet)
        return frame
    }

    static func loopback(_ packet: ByteBuffer, family: UInt32 = 2, _ order: Endianness) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(family, endianness: order)
        frame.writeImmutableBuffer(packet)
        return frame
    }

    // MARK: - Files

    /// A pcap file; packets are a second and 5 units apart.
    static func pcap(
        _ packets: [ByteBuffer], linkType: UInt32 = 101, _ order: Endianness = .little, magic: UInt32 = 0xA1B2_C3D4
    ) -> ByteBuffer {
        var file = ByteBuffer()
        file.writeMultipleIntegers(magic, UInt16(2), UInt16(4), UInt32(0), UInt32(0), UInt32(65_535), linkType, endianness: order)
        for (index, packet) in packets.enumerated() {
            let length = UInt32(packet.readableBytes)
            file.writeMultipleIntegers(UInt32(index + 1), UInt32(5), length, length, endianness: order)
            file.writeImmutableBuffer(packet)
        }
        return file
    }

    static func block(_ type: UInt32, _ body: ByteBuffer, _ order: Endianness) -> ByteBuffer {
        var block = ByteBuffer()
        let padding = -body.readableBytes & 3
        let length = UInt32(body.readableBytes + padding + 12)
        block.writeMultipleIntegers(type, length, endianness: order)
        block.writeImmutableBuffer(body)
        block.writeRepeatingByte(0, count: padding)
        block.writeInteger(length, endianness: order)
        return block
    }

    static func section(_ order: Endianness) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeMultipleIntegers(UInt32(0x1A2B_3C4D), UInt16(1), UInt16(0), Int64(-1), endianness: order)
        return block(0x0A0D_0D0A, body, order)
    }

    static func interface(
        _ linkType: UInt16, snapLength: UInt32 = 0, resolution: UInt8? = nil, offset: Int64? = nil, _ order: Endianness
    ) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeMultipleIntegers(linkType, UInt16(0), snapLength, endianness: order)
        // if_name, which is passed over.
        body.writeMultipleIntegers(UInt16(2), UInt16(3), endianness: order)
        body.writeString("lo0\0")
        if let resolution {
            body.writeMultipleIntegers(UInt16(9), UInt16(1), endianness: order)
            body.writeMultipleIntegers(resolution, UInt8(0), UInt16(0))
        }
        if let offset {
            body.writeMultipleIntegers(UInt16(14), UInt16(8), endianness: order)
            body.writeInteger(offset, endianness: order)
        }
        return block(1, body, order)
    }

    static func enhanced(_ packet: ByteBuffer, interface: UInt32 = 0, time: UInt64 = 0, _ order: Endianness) -> ByteBuffer {
        var body = ByteBuffer()
        let length = UInt32(packet.readableBytes)
        body.writeMultipleIntegers(
            interface, UInt32(time >> 32), UInt32(truncatingIfNeeded: time), length, length, endianness: order)
        body.writeImmutableBuffer(packet)
        return block(6, body, order)
    }

    static func simple(_ packet: ByteBuffer, length: Int? = nil, _ order: Endianness) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeInteger(UInt32(length ?? packet.readableBytes), endianness: order)
        body.writeImmutableBuffer(packet)
        return block(3, body, order)
    }

    static func obsolete(_ packet: ByteBuffer, time: UInt64 = 0, _ order: Endianness) -> ByteBuffer {
        var body = ByteBuffer()
        let length = UInt32(packet.readableBytes)
        body.writeMultipleIntegers(UInt16(0), UInt16(3), endianness: order)
        body.writeMultipleIntegers(UInt32(time >> 32), UInt32(truncatingIfNeeded: time), length, length, endianness: order)
        body.writeImmutableBuffer(packet)
        return block(2, body, order)
    }

    static func read(_ pieces: [ByteBuffer]) throws(PcapError) -> [CapturedPacket] {
        var reader = PcapReader()
        var packets: [CapturedPacket] = []
        for piece in pieces {
            reader.receive(piece)
            while let packet = try reader.next() { packets.append(packet) }
        }
        try reader.finish()
        return packets
    }

    static func join(_ parts: [ByteBuffer]) -> ByteBuffer {
        parts.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    }
}
