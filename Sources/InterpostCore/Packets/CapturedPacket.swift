package import NIOCore

/// A packet as tcpdump and Wireshark keep it.
package struct CapturedPacket: Sendable, Equatable {
    /// What precedes the packet: a LINKTYPE of tcpdump.org, such as 1 for Ethernet.
    package var linkType: UInt32
    package var time: WireTime
    package var bytes: ByteBuffer
    /// Octets that it had on the wire: more than there are here where the capture cut it short.
    package var length: Int

    package init(linkType: UInt32, time: WireTime, bytes: ByteBuffer, length: Int) {
        self.linkType = linkType
        self.time = time
        self.bytes = bytes
        self.length = length
    }
}

/// Why a capture of packets cannot be read further, and where. What comes before the place was read.
package struct PcapError: Error, Equatable, CustomStringConvertible {
    /// Octets of the file before the place.
    package var offset: Int
    package var problem: String

    package init(at offset: Int, _ problem: String) {
        self.offset = offset
        self.problem = problem
    }

    package var description: String { "cannot be read from octet \(offset) on: \(problem)" }
}
