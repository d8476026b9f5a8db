import NIOCore

/// What a packet holds, as far as TCP is looked for in it.
enum PacketContent: Equatable {
    case segment(TCPSegment)
    /// Part of an IP packet, which is not put together.
    case fragment
    /// Something other than TCP over IP.
    case other
}

/// A TCP segment with the addresses of its IP packet (RFC 9293 §3.1).
struct TCPSegment: Equatable {
    var source: IPEndpoint
    var destination: IPEndpoint
    /// The number of the first octet, or of the SYN.
    var sequence: UInt32
    /// The number of the next octet that the sender expects of the other side.
    var acknowledged: UInt32?
    var isSYN: Bool
    var isFIN: Bool
    var isReset: Bool
    var data: ByteBuffer

    /// - Parameter text: What follows the IP header, without the octets that the capture left out.
    fileprivate init?(_ text: ByteBuffer, from source: IPEndpoint, to destination: IPEndpoint) {
        var rest = text
        guard let (sourcePort, destinationPort) = rest.readMultipleIntegers(as: (UInt16, UInt16).self),
            let (sequence, acknowledged) = rest.readMultipleIntegers(as: (UInt32, UInt32).self),
            let (size, flags) = rest.readMultipleIntegers(as: (UInt8, UInt8).self)
        else { return nil }
        let headerSize = Int(size >> 4) * 4
        guard headerSize >= 20, headerSize <= text.readableBytes else { return nil }
        (self.source, self.destination, self.sequence) = (source, destination, sequence)
        (self.source.port, self.destination.port) = (sourcePort, destinationPort)
        self.acknowledged = flags & 0x10 != 0 ? acknowledged : nil
        (isFIN, isSYN, isReset) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
        data = text
        data.moveReaderIndex(forwardBy: headerSize)
    }
}

extension CapturedPacket {
    /// The TCP segment in the packet.
    ///
    ///     Ethernet (802.1Q) | Linux cooked | BSD loopback | nothing
    ///         IPv4 | IPv6 (extension headers)
    ///             TCP
    var content: PacketContent {
        var rest = bytes
        guard hasIP(behindLinkLayerOf: &rest), let version = rest.getInteger(at: rest.readerIndex, as: UInt8.self) else {
            return .other
        }
        return switch version >> 4 {
        case 4: Self.ipv4(rest)
        case 6: Self.ipv6(rest)
        default: .other
        }
    }

    // MARK: - Link layers

    private static let maximumTags = 4

    /// Passes over what precedes IP.
    private func hasIP(behindLinkLayerOf rest: inout ByteBuffer) -> Bool {
        switch linkType {
        // NULL has the number of the family in the order of the machine that captured, LOOP in that of the network.
        case 0, 108: rest.readSlice(length: 4) != nil
        case 1: rest.readSlice(length: 12) != nil && Self.isIP(behindTypeIn: &rest)
        // RAW, with the numbers that it has in files of some systems; IPV4, IPV6.
        case 12, 14, 101, 228, 229: true
        case 113: rest.readSlice(length: 14) != nil && Self.isIP(behindTypeIn: &rest)
        case 276:
            if let type = rest.readInteger(as: UInt16.self), rest.readSlice(length: 18) != nil {
                Self.isIP(type)
            } else {
                false
            }
        default: false
        }
    }

    private static func isIP(_ type: UInt16) -> Bool { type == 0x0800 || type == 0x86DD }

    /// An Ethernet type, with tags of virtual networks before it.
    private static func isIP(behindTypeIn rest: inout ByteBuffer) -> Bool {
        for _ in 0...maximumTags {
            guard let type = rest.readInteger(as: UInt16.self) else { return false }
            guard type == 0x8100 || type == 0x88A8 || type == 0x9100 else { return isIP(type) }
            rest.moveReaderIndex(forwardBy: min(2, rest.readableBytes))
        }
        return false
    }

    // MARK: - IP

    private static let tcp: UInt8 = 6
    private static let maximumExtensions = 16

    private static func ipv4(_ packet: ByteBuffer) -> PacketContent {
        let start = packet.readerIndex
        guard packet.readableBytes >= 20, let size = packet.getInteger(at: start, as: UInt8.self),
            let total = packet.getInteger(at: start + 2, as: UInt16.self),
            let fragment = packet.getInteger(at: start + 6, as: UInt16.self),
            let transport = packet.getInteger(at: start + 9, as: UInt8.self),
            let source = packet.getInteger(at: start + 12, as: UInt32.self),
            let destination = packet.getInteger(at: start + 16, as: UInt32.self)
        else { return .other }
        guard transport == tcp else { return .other }
        guard fragment & 0x3FFF == 0 else { return .fragment }
        let headerSize = Int(size & 0xF) * 4
        // The packet may be followed by octets that fill up a frame. A length of 0 is for the network card to set.
        let length = total == 0 ? packet.readableBytes : min(Int(total), packet.readableBytes)
        guard headerSize >= 20, length >= headerSize,
            let text = packet.getSlice(at: start + headerSize, length: length - headerSize)
        else {
            return .other
        }
        return TCPSegment(
            text, from: IPEndpoint(address: IPAddress(ipv4: source), port: 0),
            to: IPEndpoint(address: IPAddress(ipv4: destination), port: 0)
        )
        .map(PacketContent.segment) ?? .other
    }

    private static func ipv6(_ packet: ByteBuffer) -> PacketContent {
        var rest = packet
        guard rest.readInteger(as: UInt32.self) != nil, let count = rest.readInteger(as: UInt16.self),
            var header = rest.readInteger(as: UInt8.self), rest.readInteger(as: UInt8.self) != nil,
            let source = rest.readAddress(), let destination = rest.readAddress()
        else { return .other }
        if count > 0, Int(count) < rest.readableBytes { rest.moveWriterIndex(to: rest.readerIndex + Int(count)) }
        for _ in 0..<maximumExtensions where header != tcp {
            guard let next = rest.readInteger(as: UInt8.self), let size = rest.readInteger(as: UInt8.self) else { return .other }
            let length: Int
            switch header {
            // Hop-by-hop options, routing, destination options, mobility, HIP, Shim6.
            case 0, 43, 60, 135, 139, 140: length = Int(size) * 8 + 8
            // The authentication header counts its length in another way (RFC 4302 §2.2).
            case 51: length = Int(size) * 4 + 8
            case 44:
                guard let place = rest.getInteger(at: rest.readerIndex, as: UInt16.self) else { return .other }
                guard place & 0xFFF9 == 0 else { return next == tcp ? .fragment : .other }
                length = 8
            default: return .other
            }
            guard rest.readSlice(length: length - 2) != nil else { return .other }
            header = next
        }
        guard header == tcp else { return .other }
        return TCPSegment(
            rest, from: IPEndpoint(address: IPAddress(ipv6: source), port: 0),
            to: IPEndpoint(address: IPAddress(ipv6: destination), port: 0)
        )
        .map(PacketContent.segment) ?? .other
    }
}

extension ByteBuffer {
    fileprivate mutating func readAddress() -> UInt128? {
        readMultipleIntegers(as: (UInt64, UInt64).self).map { UInt128($0) << 64 | UInt128($1) }
    }
}
