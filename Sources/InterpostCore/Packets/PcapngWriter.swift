package import NIOCore

/// Writes sessions as packets that Wireshark reads: a pcapng file of made-up IPv4 and TCP, decrypted.
///
///     C: a NOOP␍␊       SYN, SYN ACK, ACK; 8 octets from 10.0.0.1:49152 to 192.0.2.1:143; ACK; at the end FIN
///
/// Session n has the client 10.0.0.n and a port of its own; servers are 192.0.2.1, at the ports of IMAP and POP3 in clear text,
/// so that the dissectors take it. Nothing is kept but the numbers of connections that are open.
package struct PcapngWriter: Sendable {
    /// Octets of data in one packet: what Ethernet leaves.
    static let segmentSize = 1460
    /// LINKTYPE_RAW: IP without a link layer.
    private static let linkType: UInt16 = 101
    private static let firstPort: UInt16 = 49_152
    private static let server: UInt32 = 0xC000_0201
    private static let clients: UInt32 = 0x0A00_0000

    private struct Connection {
        var packets: SyntheticConnection
        var mailProtocol: MailProtocol
        /// Connections of the same session before it.
        var earlier: Int
    }

    private var connections: [Int: Connection] = [:]
    private let firstNumber: UInt32

    package init() { firstNumber = 0 }

    /// - Parameter firstNumber: The sequence number that connections begin with.
    init(firstNumber: UInt32) { self.firstNumber = firstNumber }

    /// What the file begins with: a Section Header Block, and an Interface Description Block that says that times are
    /// nanoseconds.
    package static var header: ByteBuffer {
        var section = ByteBuffer()
        section.writeMultipleIntegers(UInt32(0x1A2B_3C4D), UInt16(1), UInt16(0), Int64(-1))
        var interface = ByteBuffer()
        interface.writeMultipleIntegers(linkType, UInt16(0), UInt32(0))
        // if_tsresol = 9, and the end of the options.
        interface.writeMultipleIntegers(UInt16(9), UInt16(1), UInt32(9 << 24), UInt32(0))
        var file = ByteBuffer()
        write(block: 0x0A0D_0D0A, section, to: &file)
        write(block: 1, interface, to: &file)
        return file
    }

    /// A session begins: its handshake.
    package mutating func open(_ session: Int, _ mailProtocol: MailProtocol, at time: WireTime, to file: inout ByteBuffer) {
        connect(session, mailProtocol, earlier: 0, at: time, to: &file)
    }

    /// A session goes on after STARTTLS: in another connection, so that it is not taken for TLS.
    package mutating func reopen(_ session: Int, at time: WireTime, to file: inout ByteBuffer) {
        guard let connection = connections[session] else { return }
        close(session, at: time, to: &file)
        connect(session, connection.mailProtocol, earlier: connection.earlier + 1, at: time, to: &file)
    }

    private mutating func connect(
        _ session: Int, _ mailProtocol: MailProtocol, earlier: Int, at time: WireTime, to file: inout ByteBuffer
    ) {
        let number = UInt32(truncatingIfNeeded: session)
        // 14 bits: up to the last port that there is.
        let port = Self.firstPort + UInt16(truncatingIfNeeded: (session &+ earlier &- 1) & 0x3FFF)
        let packets = SyntheticConnection(
            client: IPEndpoint(address: IPAddress(ipv4: Self.clients | number & 0xFF_FFFF), port: port),
            server: IPEndpoint(address: IPAddress(ipv4: Self.server), port: mailProtocol == .imap ? 143 : 110),
            firstNumber: firstNumber)
        connections[session] = Connection(packets: packets, mailProtocol: mailProtocol, earlier: earlier)
        send(.syn, from: .client, session, at: time, to: &file)
        send([.syn, .acknowledge], from: .server, session, at: time, to: &file)
        send(.acknowledge, from: .client, session, at: time, to: &file)
    }

    /// Something was said. Every second packet, and the last one, is acknowledged.
    package mutating func write(_ turn: SessionTurn, of session: Int, to file: inout ByteBuffer) {
        var rest = turn.bytes
        var isOdd = false
        while let data = rest.readSlice(length: min(rest.readableBytes, Self.segmentSize)), data.readableBytes > 0 {
            let isLast = rest.readableBytes == 0
            send(isLast ? [.acknowledge, .push] : .acknowledge, from: turn.side, session, at: turn.time, data: data, to: &file)
            isOdd.toggle()
            if isLast || !isOdd { send(.acknowledge, from: turn.side.peer, session, at: turn.time, to: &file) }
        }
    }

    /// A session ends, as if the client had closed it.
    package mutating func close(_ session: Int, at time: WireTime, to file: inout ByteBuffer) {
        send([.fin, .acknowledge], from: .client, session, at: time, to: &file)
        send([.fin, .acknowledge], from: .server, session, at: time, to: &file)
        send(.acknowledge, from: .client, session, at: time, to: &file)
        connections[session] = nil
    }

    // MARK: - Blocks

    private mutating func send(
        _ flags: SyntheticConnection.Flags, from side: Side, _ session: Int, at time: WireTime, data: ByteBuffer = ByteBuffer(),
        to file: inout ByteBuffer
    ) {
        guard let packet = connections[session]?.packets.packet(from: side, flags, data: data) else { return }
        var body = ByteBuffer()
        let moment = UInt64(clamping: time.nanoseconds)
        body.writeMultipleIntegers(UInt32(0), UInt32(moment >> 32), UInt32(truncatingIfNeeded: moment))
        // A packet is 1500 octets at most.
        body.writeMultipleIntegers(UInt32(packet.readableBytes), UInt32(packet.readableBytes))
        body.writeImmutableBuffer(packet)
        body.writeRepeatingByte(0, count: -packet.readableBytes & 3)
        Self.write(block: 6, body, to: &file)
    }

    /// A block is its type, its length, what it holds, and its length again.
    private static func write(block type: UInt32, _ body: ByteBuffer, to file: inout ByteBuffer) {
        let length = UInt32(body.readableBytes + 12)
        file.writeMultipleIntegers(type, length)
        file.writeImmutableBuffer(body)
        file.writeInteger(length)
    }
}
