import NIOCore

@testable import InterpostCore

/// What holds for captures of packets, read and written.
enum PcapProperties {
    static func check(_ input: ByteBuffer) throws(Violation) {
        try checkReading(input)
        try checkSessions(input)
        try checkWriting(input)
    }

    /// The same packets and the same end, however the file is cut, and no more of them than fit into it.
    private static func checkReading(_ input: ByteBuffer) throws(Violation) {
        let whole = read(input, cut: .max)
        for cut in [1, 7, 64] { try requireEqual(read(input, cut: cut), whole, "in pieces of \(cut)") }
        let octets = whole.packets.reduce(0) { $0 + $1.bytes.readableBytes + 16 }
        try require(octets <= input.readableBytes, "\(octets) octets of packets in \(input.readableBytes)")
    }

    private struct Outcome: Equatable {
        var packets: [CapturedPacket] = []
        var error: PcapError?
    }

    private static func read(_ input: ByteBuffer, cut: Int) -> Outcome {
        var (reader, outcome, rest) = (PcapReader(), Outcome(), input)
        do throws(PcapError) {
            while let piece = rest.readSlice(length: min(cut, rest.readableBytes)), piece.readableBytes > 0 {
                reader.receive(piece)
                while let packet = try reader.next() { outcome.packets.append(packet) }
            }
            try reader.finish()
        } catch {
            outcome.error = error
        }
        return outcome
    }

    /// What is said is in the file, belongs to sessions that are open, and can be imported.
    private static func checkSessions(_ input: ByteBuffer) throws(Violation) {
        let packets = read(input, cut: .max).packets
        var streams = MailStreams()
        var open: [Int: SessionImport] = [:]
        var octets = 0
        let work = try Work.of { () throws(Violation) in
            for packet in packets { streams.receive(packet) }
            streams.finish()
            for event in streams.take() {
                switch event {
                case .opened(let number, let facts, let isWhole):
                    try require(open[number] == nil, "session \(number) opened again")
                    open[number] = SessionImport(
                        facts, session: number, from: .packets(isWhole: isWhole), start: WireTime(nanoseconds: 0),
                        key: FuzzPseudonymKey())
                case .said(let number, let turn):
                    try require(open[number] != nil, "session \(number) said something and is not open")
                    octets += turn.bytes.readableBytes
                    open[number]?.receive(turn)
                case .ended(let number, let reason):
                    try require(open[number] != nil, "session \(number) ended and is not open")
                    if let reason { open[number]?.finish(reason: reason) } else { open[number]?.finish() }
                    let records = open[number]?.take() ?? []
                    try require(records.count >= 2, "session \(number) has \(records.count) records")
                    open[number] = nil
                }
            }
        }
        try require(open.isEmpty, "\(open.count) sessions never ended")
        try require(octets <= input.readableBytes, "\(octets) octets said in a file of \(input.readableBytes)")
        try require(work <= 10_000 * input.readableBytes + 1_000_000, "work of \(work) for \(input.readableBytes) octets")
    }

    /// Octets that are said, cut into turns by themselves, are read again from the packets that are written.
    private static func checkWriting(_ input: ByteBuffer) throws(Violation) {
        var (writer, file, rest) = (
            PcapngWriter(firstNumber: .max &- UInt32(truncatingIfNeeded: input.readableBytes / 2)), PcapngWriter.header, input
        )
        var said: [Bool: [UInt8]] = [:]
        writer.open(1, .imap, at: WireTime(nanoseconds: 0), to: &file)
        while let first = rest.getInteger(at: rest.readerIndex, as: UInt8.self) {
            let side: Side = first & 1 == 0 ? .client : .server
            guard let bytes = rest.readSlice(length: min(rest.readableBytes, 1 + Int(first))) else { break }
            said[side == .client, default: []] += bytes.readableBytesView
            writer.write(SessionTurn(side: side, bytes: bytes, time: WireTime(nanoseconds: Int64(first))), of: 1, to: &file)
        }
        writer.close(1, at: WireTime(nanoseconds: 0), to: &file)
        let outcome = read(file, cut: .max)
        try require(outcome.error == nil, "\(outcome.error.map { "\($0)" } ?? "")")
        var streams = TCPStreams()
        for packet in outcome.packets { streams.receive(packet) }
        streams.finish()
        var heard: [Bool: [UInt8]] = [:]
        for case .said(_, let piece) in streams.take() {
            heard[piece.end == .first, default: []] += piece.bytes.readableBytesView
        }
        try require(heard == said, "what was written is not what is read")
    }
}
