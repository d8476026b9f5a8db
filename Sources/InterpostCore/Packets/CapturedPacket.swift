public import NIOCore

/// A packet as tcpdump and Wireshark keep it.
public struct CapturedPacket: Sendable, Equatable {
    /// What stands in front of the packet: a LINKTYPE of tcpdump.org, such as 1 for Ethernet.
    public var linkType: UInt32
    public var time: WireTime
    public var bytes: ByteBuffer
    /// Octets that it had on the wire: more than there are here where the capture cut it short.
    public var length: Int

    public init(linkType: UInt32, time: WireTime, bytes: ByteBuffer, length: Int) {
        self.linkType = linkType
        self.time = time
        self.bytes = bytes
        self.length = length
    }
}

/// Why a capture of packets cannot be read further, and where. What stands before the place was read.
public struct PcapError: Error, Equatable, CustomStringConvertible {
    /// Octets of the file before the place.
    public var offset: Int
    public var problem: String

    public init(at offset: Int, _ problem: String) {
        self.offset = offset
        self.problem = problem
    }

    public var description: String { "cannot be read from octet \(offset) on: \(problem)" }
}
