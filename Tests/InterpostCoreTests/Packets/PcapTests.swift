import NIOCore
import Testing

@testable import InterpostCore

/// Files of tcpdump and Wireshark.
@Suite struct `A file with packets` {
    private static let packet = ByteBuffer(string: "a packet.")

    @Test(
        arguments: [Endianness.big, .little], [(0xA1B2_C3D4, 1_000_005_000), (0xA1B2_3C4D, 1_000_000_005)] as [(UInt32, Int64)])
    func `is read in either order, with micro- and nanoseconds`(order: Endianness, form: (UInt32, Int64)) throws {
        let file = TestPackets.pcap([Self.packet, Self.packet], linkType: 0xF000_0001, order, magic: form.0)
        #expect(PcapReader.looksLike(file))
        let packets = try TestPackets.read([file])
        #expect(packets.count == 2)
        #expect(
            packets.first
                == CapturedPacket(linkType: 1, time: WireTime(nanoseconds: form.1), bytes: Self.packet, length: 9))
    }

    @Test func `of pcapng has sections in both orders, interfaces with times of their own, and blocks of all kinds`() throws {
        let other = ByteBuffer(string: "other")
        let file = TestPackets.join(
            [Endianness.big, .little].flatMap { order in
                [
                    TestPackets.section(order), TestPackets.interface(1, snapLength: 4, order),
                    TestPackets.interface(101, resolution: 9, offset: 2, order),
                    TestPackets.interface(228, resolution: 0x8A, order), TestPackets.interface(229, resolution: 12, order),
                    TestPackets.enhanced(Self.packet, time: 7, order),
                    TestPackets.enhanced(Self.packet, interface: 1, time: 5 << 32 | 7, order),
                    TestPackets.block(5, other, order), TestPackets.block(0xBAD, other, order),
                    TestPackets.enhanced(Self.packet, interface: 2, time: 1536, order),
                    TestPackets.enhanced(Self.packet, interface: 3, time: 2_000_000, order),
                    TestPackets.simple(other, length: 9, order), TestPackets.obsolete(other, time: 9, order),
                ]
            })
        #expect(PcapReader.looksLike(file))
        let packets = try TestPackets.read([file])
        #expect(packets.map(\.linkType) == [1, 101, 228, 229, 1, 1, 1, 101, 228, 229, 1, 1])
        let times: [Int64] = [7000, 5 << 32 + 7 + 2_000_000_000, 1_500_000_000, 2000, 0, 9000]
        #expect(packets.map(\.time.nanoseconds) == times + times)
        #expect(packets.map { String(buffer: $0.bytes) }.suffix(3) == ["a packet.", "othe", "other"])
        #expect(packets[4].length == 9)
    }

    private static let examples: [ByteBuffer] = [
        TestPackets.pcap([packet, packet]),
        TestPackets.join([
            TestPackets.section(.little), TestPackets.interface(1, .little), TestPackets.enhanced(packet, .little),
            TestPackets.section(.big), TestPackets.interface(101, .big), TestPackets.simple(packet, .big),
        ]),
    ]

    @Test(arguments: examples) func `is read the same wherever it is cut`(file: ByteBuffer) throws {
        let whole = try TestPackets.read([file])
        for cut in 0...file.readableBytes {
            var rest = file
            let start = rest.readSlice(length: cut) ?? ByteBuffer()
            #expect(try TestPackets.read([start, rest]) == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: examples) func `that ends within a packet is read up to there`(file: ByteBuffer) throws {
        let whole = try TestPackets.read([file])
        for length in 0..<file.readableBytes {
            var reader = PcapReader()
            reader.receive(file.getSlice(at: 0, length: length) ?? ByteBuffer())
            var packets: [CapturedPacket] = []
            while let packet = try reader.next() { packets.append(packet) }
            #expect(packets == Array(whole.prefix(packets.count)))
            do throws(PcapError) {
                try reader.finish()
            } catch {
                #expect(error.offset <= length)
            }
        }
    }

    @Test func `takes a packet of the largest size, and none that is larger`() throws {
        let largest = ByteBuffer(repeating: 1, count: PcapReader.maximumPacket)
        #expect(try TestPackets.read([TestPackets.pcap([largest])]).count == 1)
        let larger = ByteBuffer(repeating: 1, count: PcapReader.maximumPacket + 1)
        let error = #expect(throws: PcapError.self) { try TestPackets.read([TestPackets.pcap([Self.packet, larger])]) }
        #expect(error?.offset == 24 + 16 + 9)
        #expect("\(error.map { "\($0)" } ?? "")".contains("1048577 octets"))
        let head = [TestPackets.section(.big), TestPackets.interface(1, .big)]
        for (size, isTaken) in [(PcapReader.maximumPacket - 32, true), (PcapReader.maximumPacket - 28, false)] {
            let packet = ByteBuffer(repeating: 1, count: size)
            let file = TestPackets.join(head + [TestPackets.enhanced(packet, .big)])
            #expect(((try? TestPackets.read([file])) != nil) == isTaken)
        }
        for (count, isTaken) in [(PcapngSection.maximumInterfaces, true), (PcapngSection.maximumInterfaces + 1, false)] {
            let interfaces = Array(repeating: TestPackets.interface(1, .big), count: count)
            #expect(((try? TestPackets.read([TestPackets.join([TestPackets.section(.big)] + interfaces)])) != nil) == isTaken)
        }
    }

    private static let section = TestPackets.section(.little)
    private static let interface = TestPackets.interface(1, .little)

    private static func changed(_ block: ByteBuffer, at place: Int, to byte: UInt8) -> ByteBuffer {
        var block = block
        block.setInteger(byte, at: place)
        return block
    }

    @Test(
        arguments: [
            ([ByteBuffer(string: "* OK ready\r\n")], 0), ([ByteBuffer()], 0), ([changed(section, at: 8, to: 7)], 0),
            ([section, changed(interface, at: 4, to: 8)], 28), ([section, changed(interface, at: 4, to: 30)], 28),
            ([section, changed(interface, at: 24, to: 1)], 28), ([section, changed(interface, at: 7, to: 0x7F)], 28),
            ([section, TestPackets.enhanced(packet, .little)], 28),
            ([section, interface, TestPackets.enhanced(packet, interface: 1, .little)], 56),
            ([section, interface, changed(TestPackets.enhanced(packet, .little), at: 20, to: 13)], 56),
            ([section, interface, TestPackets.block(6, ByteBuffer(repeating: 0, count: 12), .little)], 56),
            ([section, TestPackets.block(1, ByteBuffer(repeating: 0, count: 4), .little)], 28),
            ([changed(TestPackets.pcap([]), at: 0, to: 1)], 0),
        ] as [([ByteBuffer], Int)])
    func `that is none, or damaged, is refused with the place`(parts: [ByteBuffer], place: Int) {
        let error = #expect(throws: PcapError.self) { try TestPackets.read([TestPackets.join(parts)]) }
        #expect(error?.offset == place)
    }

    // MARK: - Packets

    private static let segment = TestSegment.client(100, ack: 200, "NOOP")

    static let carried: [(UInt32, ByteBuffer)] = [
        (101, segment.ipv4()), (228, segment.ipv4()), (12, segment.ipv4(options: 3)), (14, segment.ipv6()), (229, segment.ipv6()),
        (101, segment.ipv4(totalLength: 0)), (1, TestPackets.ethernet(segment.ipv4(), padding: 6)),
        (1, TestPackets.ethernet(segment.ipv6(), type: 0x86DD, padding: 6)),
        (1, TestPackets.ethernet(segment.ipv4(), tags: [0x8100])),
        (1, TestPackets.ethernet(segment.ipv4(), tags: [0x88A8, 0x8100, 0x9100, 0x8100])),
        (113, TestPackets.cooked(segment.ipv4())), (113, TestPackets.cooked(segment.ipv6(), type: 0x86DD)),
        (276, TestPackets.cooked2(segment.ipv4())), (276, TestPackets.cooked2(segment.ipv6(), type: 0x86DD)),
        (0, TestPackets.loopback(segment.ipv4(), .little)), (0, TestPackets.loopback(segment.ipv6(), family: 30, .big)),
        (108, TestPackets.loopback(segment.ipv4(), .big)),
        (101, segment.ipv6([(0, [0, 1, 4, 0, 0, 0, 0]), (60, [1] + Array(repeating: 0, count: 14))])),
        (101, segment.ipv6([(44, [0, 0, 0, 0, 0, 0, 7])])), (101, segment.ipv6([(51, [1] + Array(repeating: 0, count: 10))])),
        (101, segment.ipv6(Array(repeating: (60, [0, 1, 4, 0, 0, 0, 0]), count: 16))),
    ]

    @Test(arguments: carried) func `has TCP on whatever carries it`(linkType: UInt32, frame: ByteBuffer) {
        let packet = CapturedPacket(
            linkType: linkType, time: WireTime(nanoseconds: 0), bytes: frame, length: frame.readableBytes)
        guard case .segment(let segment) = packet.content else {
            Issue.record("no segment in \(frame)")
            return
        }
        #expect(segment.sequence == 100 && segment.acknowledged == 200 && String(buffer: segment.data) == "NOOP")
        #expect(segment.source.port == 5000 && segment.destination.port == 143)
        let addresses = ["10.0.0.1:5000", "[2001:db8:0:0:0:0:0:1]:5000"]
        #expect(addresses.contains("\(segment.source)"))
        // What is cut off anywhere is none, or the same with less text.
        for length in 0..<frame.readableBytes {
            let bytes = frame.getSlice(at: 0, length: length) ?? ByteBuffer()
            let cut = CapturedPacket(linkType: linkType, time: packet.time, bytes: bytes, length: frame.readableBytes)
            if case .segment(let part) = cut.content { #expect("NOOP".hasPrefix(String(buffer: part.data))) }
        }
    }

    @Test(
        arguments: [
            (101, segment.ipv4(fragment: 0x2000), .fragment), (101, segment.ipv4(fragment: 0x0003), .fragment),
            (101, segment.ipv6([(44, [0, 0, 1, 0, 0, 0, 7])]), .fragment),
            (101, segment.ipv6([(44, [0, 0, 8, 0, 0, 0, 7])]), .fragment),
            (101, segment.ipv4(totalLength: 10), .other), (147, segment.ipv4(), .other),
            (1, TestPackets.ethernet(segment.ipv4(), type: 0x0806), .other),
            (1, TestPackets.ethernet(segment.ipv4(), tags: Array(repeating: 0x8100, count: 5)), .other),
            (101, segment.ipv6(Array(repeating: (60, [0, 1, 4, 0, 0, 0, 0]), count: 17)), .other),
            (101, segment.ipv6([(59, [0, 1, 4, 0, 0, 0, 0])]), .other), (101, ByteBuffer(repeating: 0x45, count: 60), .other),
        ] as [(UInt32, ByteBuffer, PacketContent)])
    func `has nothing else that is read`(linkType: UInt32, frame: ByteBuffer, content: PacketContent) {
        let packet = CapturedPacket(
            linkType: linkType, time: WireTime(nanoseconds: 0), bytes: frame, length: frame.readableBytes)
        #expect(packet.content == content)
    }
}
