import NIOCore
import Testing

@testable import InterpostCore

/// TCP put in order, and the mail in it.
@Suite struct `A capture of packets` {
    struct Session: Equatable {
        var mailProtocol: MailProtocol
        var client: String
        var said: [String] = []
        var reason: String?
        var isOver = false
    }

    /// The sessions, with `C ` and `S ` in front of what was said in one piece.
    static func sessions(_ segments: [TestSegment], streams: inout MailStreams) -> [Session] {
        var sessions: [Int: Session] = [:]
        func follow() {
            for event in streams.take() {
                switch event {
                case .opened(let number, let facts, _):
                    sessions[number] = Session(mailProtocol: facts.mailProtocol, client: facts.client)
                case .said(let number, let turn):
                    let text = String(buffer: turn.bytes).filter { $0 != "\r\n" }
                    sessions[number]?.said.append((turn.side == .client ? "C " : "S ") + text)
                case .ended(let number, let reason):
                    sessions[number]?.reason = reason
                    sessions[number]?.isOver = true
                }
            }
        }
        for (index, segment) in segments.enumerated() {
            let bytes = segment.ipv4()
            let time = WireTime(nanoseconds: Int64(index))
            streams.receive(CapturedPacket(linkType: 101, time: time, bytes: bytes, length: bytes.readableBytes))
            follow()
        }
        streams.finish()
        follow()
        return sessions.sorted { $0.key < $1.key }.map(\.value)
    }

    static func sessions(_ segments: [TestSegment]) -> [Session] {
        var streams = MailStreams()
        return sessions(segments, streams: &streams)
    }

    private static let handshake: [TestSegment] = [
        .client(99, flags: "S"), .server(499, ack: 100, flags: "S"), .client(100, ack: 500),
        .server(500, ack: 100, "* OK\r\n"), .client(100, ack: 506),
    ]

    private static func said(_ said: [String], reason: String? = nil) -> [Session] {
        [Session(mailProtocol: .imap, client: "10.0.0.1:5000", said: said, reason: reason, isOver: true)]
    }

    private static let dialogue = ["S * OK", "C a NOOP", "S a OK yes"]

    @Test(
        arguments: [
            [.client(100, ack: 506, "a NOOP\r\n"), .server(506, ack: 108, "a OK yes\r\n")],
            // Sent twice, as a whole and in other pieces.
            [
                .client(100, ack: 506, "a NOOP\r\n"), .client(100, ack: 506, "a NOOP\r\n"), .server(500, ack: 100, "* OK\r\n"),
                .server(506, ack: 108, "a OK yes\r\n"), .server(500, ack: 108, "* OK\r\na OK yes\r\n"),
            ],
            // The answer was captured before the command.
            [.server(506, ack: 108, "a OK yes\r\n"), .client(100, ack: 506, "a NOOP\r\n")],
        ] as [[TestSegment]])
    func `is put in order`(middle: [TestSegment]) {
        let end: [TestSegment] = [
            .client(108, ack: 516, flags: "F"), .server(516, ack: 109, flags: "F"), .client(109, ack: 517),
        ]
        #expect(Self.sessions(Self.handshake + middle + end) == Self.said(Self.dialogue))
    }

    @Test(arguments: ["PING", "AUTH", "QUIT"], [true, false])
    func `of another protocol with +OK is no mail`(verb: String, isWhole: Bool) {
        let redis: [TestSegment] = [
            .client(99, flags: "S"), .server(499, ack: 100, flags: "S"), .client(100, ack: 500, "*1\r\n$4\r\n\(verb)\r\n"),
            .server(500, ack: 114, "+OK\r\n"), .client(114, ack: 505, "*1\r\n$4\r\n\(verb)\r\n"),
            .server(505, ack: 128, "+OK\r\n"),
        ]
        #expect(Self.sessions(isWhole ? redis : Array(redis.dropFirst(2))).isEmpty)
    }

    @Test func `joins what overlaps and what came early`() {
        let middle: [TestSegment] = [
            .client(104, ack: 506, "OP\r\n"), .client(102, ack: 506, "NOOP"), .client(100, ack: 506, "a N"),
            .server(506, ack: 108, "a OK yes\r\n"),
        ]
        let sessions = Self.sessions(Self.handshake + middle)
        #expect(sessions.first?.said.filter { $0.hasPrefix("C") }.map { $0.dropFirst(2) }.joined() == "a NOOP")
        #expect(sessions.first?.said.last == "S a OK yes")
        #expect(sessions.first?.reason == nil)
    }

    @Test func `counts on where numbers wrap`() {
        let segments: [TestSegment] = [
            .client(UInt32.max - 4, flags: "S"), .server(UInt32.max, ack: UInt32.max - 3, flags: "S"),
            .server(0, ack: UInt32.max - 3, "* OK\r\n"), .client(1, ack: 6, "P\r\n"), .client(UInt32.max - 3, ack: 6, "a NOO"),
            .server(6, ack: 4, "a OK yes\r\n"),
        ]
        #expect(Self.sessions(segments) == Self.said(["S * OK", "C a NOO", "C P", "S a OK yes"], reason: nil))
    }

    @Test func `ends a session where octets are missing`() {
        let lost: [TestSegment] = [.client(108, ack: 506, "b NOOP\r\n"), .server(506, ack: 116, "b OK\r\n")]
        let client = "the capture lacks packets of the client"
        #expect(Self.sessions(Self.handshake + lost) == Self.said(["S * OK"], reason: client))
        // The other side has got something that nobody saw.
        #expect(Self.sessions(Self.handshake + [.server(506, ack: 108)]) == Self.said(["S * OK"], reason: client))
        let server: [TestSegment] = [.client(100, ack: 506, "a NOOP\r\n"), .client(108, ack: 516, flags: "F")]
        #expect(
            Self.sessions(Self.handshake + server)
                == Self.said(["S * OK", "C a NOOP"], reason: "the capture lacks packets of the server"))
    }

    @Test func `counts packets of which only the beginning was kept`() {
        var streams = MailStreams()
        let bytes = TestSegment.client(1, flags: "S").ipv4()
        for length in [bytes.readableBytes, bytes.readableBytes + 1] {
            streams.receive(CapturedPacket(linkType: 101, time: WireTime(nanoseconds: 0), bytes: bytes, length: length))
        }
        #expect(streams.cutShort == 1)
    }

    @Test func `keeps so much of what came early, and no more`() {
        let early = (0...TCPStream.maximumWaitingSegments).map { TestSegment.client(200 + UInt32($0), ack: 506, "x") }
        var streams = MailStreams()
        let kept = Self.sessions(Self.handshake + early.dropLast() + [.client(100, ack: 506, String(repeating: "y", count: 100))])
        #expect(kept.first?.said.count == 2 + TCPStream.maximumWaitingSegments)
        let stuck = Self.sessions(Self.handshake + early, streams: &streams)
        #expect(stuck == Self.said(["S * OK"], reason: "the capture lacks packets of the client"))
    }

    @Test func `may begin within a session`() {
        let segments: [TestSegment] = [
            .client(108, ack: 506, "a SELECT INBOX\r\n"), .client(108, ack: 506, "a SELECT INBOX\r\n"),
            .server(506, ack: 124, "* 3 EXISTS\r\n"), .server(500, ack: 108, "* OK\r\n"),
        ]
        #expect(Self.sessions(segments) == Self.said(["C a SELECT INBOX", "S * 3 EXISTS"]))
        // Nothing but the port shows what it is.
        let text = String(repeating: "x", count: 1000)
        let literal = (0..<5).map { TestSegment.server(UInt32(1000 * $0), ack: 1, text) }
        #expect(Self.sessions(literal).map(\.mailProtocol) == [.imap])
        #expect(Self.sessions(Array(literal.prefix(4))).map(\.client) == ["10.0.0.1:5000"])
    }

    @Test func `has sessions on any port, and with the same ports again`() {
        func moved(_ segment: TestSegment) -> TestSegment {
            var segment = segment
            if segment.from.port == 143 { segment.from.port = 9999 } else { segment.to.port = 9999 }
            return segment
        }
        #expect(Self.sessions(Self.handshake.map(moved)).map(\.said) == [["S * OK"]])
        #expect(Self.sessions(Self.handshake + Self.handshake.map(\.later)).map(\.said) == [["S * OK"], ["S * OK"]])
        let reset = Self.handshake + [.client(100, flags: "R"), .client(100, ack: 506, "a NOOP\r\n")]
        #expect(Self.sessions(reset) == Self.said(["S * OK"]))
        #expect(Self.sessions(reset + Self.handshake).count == 2)
    }

    @Test func `has connections that are no mail, and encrypted ones`() {
        var streams = MailStreams()
        let start = Array(Self.handshake.prefix(3))
        #expect(Self.sessions(start + [.client(100, ack: 500, "\u{16}\u{3}\u{1}")], streams: &streams).isEmpty)
        #expect(streams.encrypted == 1 && streams.others == 0)
        streams = MailStreams()
        #expect(Self.sessions(start + [.server(500, ack: 100, "220 ESMTP\r\n")], streams: &streams).isEmpty)
        #expect(streams.encrypted == 0 && streams.others == 1)
        streams = MailStreams()
        #expect(Self.sessions(start + [.client(100, ack: 500, "GET / HTTP/1.1\r\n")], streams: &streams).isEmpty)
        #expect(streams.others == 1)
        #expect(Self.sessions(start).isEmpty)
    }

    @Test func `has so many connections at once, and no more`() {
        var streams = TCPStreams()
        for number in 0...TCPStreams.maximumStreams {
            var segment = TestSegment.client(1, flags: "S")
            (segment.from.host, segment.from.port) = (UInt8(number >> 14), UInt16(10_000 + number & 0x3FFF))
            let bytes = segment.ipv4()
            streams.receive(
                CapturedPacket(linkType: 101, time: WireTime(nanoseconds: 0), bytes: bytes, length: bytes.readableBytes))
            #expect(streams.refused == (number < TCPStreams.maximumStreams ? 0 : 1))
        }
        // One that is over makes room.
        streams.ignore(1)
        let bytes = TestSegment.client(1, flags: "S").ipv4()
        streams.receive(CapturedPacket(linkType: 101, time: WireTime(nanoseconds: 0), bytes: bytes, length: bytes.readableBytes))
        #expect(streams.refused == 1)
    }

    @Test func `is written so that the same sessions are read again`() throws {
        for fixture in WireFixture.all {
            var (writer, file) = (PcapngWriter(firstNumber: UInt32.max - 20), PcapngWriter.header)
            writer.open(70_000, fixture.mailProtocol, at: WireTime(nanoseconds: 1), to: &file)
            for (index, turn) in fixture.said.enumerated() {
                let time = WireTime(nanoseconds: 1_700_000_000_000_000_000 + Int64(index))
                writer.write(SessionTurn(side: turn.side, bytes: turn.bytes, time: time), of: 70_000, to: &file)
            }
            writer.close(70_000, at: WireTime(nanoseconds: 2), to: &file)
            var streams = TCPStreams()
            for packet in try TestPackets.read([file]) {
                #expect(packet.hasRightChecksums)
                streams.receive(packet)
            }
            streams.finish()
            var said: (client: [UInt8], server: [UInt8]) = ([], [])
            for event in streams.take() {
                switch event {
                case .opened(_, let first, let second, let opener):
                    #expect("\(first)" == "10.1.17.112:\(49_152 + 69_999 & 0x3FFF)")
                    #expect("\(second)" == "192.0.2.1:\(fixture.mailProtocol == .imap ? 143 : 110)")
                    #expect(opener == .first)
                case .said(_, let piece):
                    #expect(piece.time.nanoseconds >= 1_700_000_000_000_000_000)
                    if piece.end == .first {
                        said.client += piece.bytes.readableBytesView
                    } else {
                        said.server += piece.bytes.readableBytesView
                    }
                case .ended(_, let missing): #expect(missing == nil)
                }
            }
            #expect(said.client == fixture.bytes(of: .client), "\(fixture.testDescription)")
            #expect(said.server == fixture.bytes(of: .server), "\(fixture.testDescription)")
        }
    }
}

extension TestSegment {
    /// The same with other numbers.
    fileprivate var later: TestSegment {
        var segment = self
        segment.sequence &+= 1 << 30
        segment.acknowledged = acknowledged.map { $0 &+ 1 << 30 }
        return segment
    }
}

extension CapturedPacket {
    /// The sums over the IP header, and over the segment with its addresses, are zero.
    fileprivate var hasRightChecksums: Bool {
        guard let header = bytes.getSlice(at: bytes.readerIndex, length: 20),
            let segment = bytes.getSlice(at: bytes.readerIndex + 20, length: bytes.readableBytes - 20)
        else { return false }
        var (ip, tcp) = (InternetChecksum(), InternetChecksum())
        ip.add(header)
        tcp.add(header.getSlice(at: header.readerIndex + 12, length: 8) ?? ByteBuffer())
        tcp.add(UInt16(6))
        tcp.add(UInt16(segment.readableBytes))
        tcp.add(segment)
        return ip.value == 0 && tcp.value == 0
    }
}
