import NIOCore

/// A TCP connection that never was: the packets that would have carried what two sides said (RFC 791, RFC 9293).
///
///     C: a NOOP␍␊      45 00 00 30 … 10.0.0.1:49152 → 192.0.2.1:143, PSH ACK, 8 octets of data
///
/// Every packet acknowledges all that the other side has sent.
struct SyntheticConnection: Sendable {
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let fin = Flags(rawValue: 1)
        static let syn = Flags(rawValue: 2)
        static let push = Flags(rawValue: 8)
        static let acknowledge = Flags(rawValue: 16)
    }

    private static let headerSize: UInt16 = 20
    private static let window: UInt16 = 0xFFFF

    private let client: IPEndpoint
    private let server: IPEndpoint
    /// The numbers of the next octet of each side. They wrap.
    private var next: (client: UInt32, server: UInt32)
    private var identification: UInt16 = 0

    init(client: IPEndpoint, server: IPEndpoint, firstNumber: UInt32 = 0) {
        self.client = client
        self.server = server
        next = (firstNumber, firstNumber)
    }

    /// The next packet of a side. Its data are no more than what IPv4 carries.
    mutating func packet(from side: Side, _ flags: Flags, data: ByteBuffer = ByteBuffer()) -> ByteBuffer {
        let (source, target) = side == .client ? (client, server) : (server, client)
        let number = side == .client ? next.client : next.server
        let acknowledged = flags.contains(.acknowledge) ? (side == .client ? next.server : next.client) : 0
        var segment = ByteBuffer()
        segment.writeMultipleIntegers(source.port, target.port, number, acknowledged)
        segment.writeMultipleIntegers(UInt8(Self.headerSize / 4) << 4, flags.rawValue, Self.window, UInt16(0), UInt16(0))
        segment.writeImmutableBuffer(data)
        segment.setInteger(checksum(of: segment, from: source, to: target), at: segment.readerIndex + 16)
        let octets = UInt32(truncatingIfNeeded: data.readableBytes) + (flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1)
        if side == .client { next.client &+= octets } else { next.server &+= octets }
        var packet = ipHeader(from: source, to: target, count: segment.readableBytes)
        packet.writeImmutableBuffer(segment)
        return packet
    }

    private mutating func ipHeader(from source: IPEndpoint, to target: IPEndpoint, count: Int) -> ByteBuffer {
        var header = ByteBuffer()
        let (timeToLive, tcp) = (UInt8(64), UInt8(6))
        header.writeMultipleIntegers(UInt8(0x45), UInt8(0), UInt16(clamping: count + Int(Self.headerSize)), identification)
        header.writeMultipleIntegers(UInt16(0x4000), timeToLive, tcp, UInt16(0))
        header.writeMultipleIntegers(source.ipv4, target.ipv4)
        var checksum = InternetChecksum()
        checksum.add(header)
        header.setInteger(checksum.value, at: header.readerIndex + 10)
        identification &+= 1
        return header
    }

    /// The checksum covers the addresses, the protocol and the length, too (RFC 9293 §3.1).
    private func checksum(of segment: ByteBuffer, from source: IPEndpoint, to target: IPEndpoint) -> UInt16 {
        var checksum = InternetChecksum()
        checksum.add(source.ipv4)
        checksum.add(target.ipv4)
        checksum.add(UInt16(6))
        checksum.add(UInt16(clamping: segment.readableBytes))
        checksum.add(segment)
        return checksum.value
    }
}

extension IPEndpoint {
    fileprivate var ipv4: UInt32 { UInt32(truncatingIfNeeded: address.number) }
}
