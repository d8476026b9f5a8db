import InterpostCore
import NIOCore

/// The sessions in a capture of packets.
struct PacketImport {
    private let file: String
    private let importer: any SessionImporter
    private let note: (String) -> Void

    init(_ file: String, _ importer: any SessionImporter, note: @escaping (String) -> Void) {
        self.file = file
        self.importer = importer
        self.note = note
    }

    func read(_ bytes: FilePieces, _ progress: ProgressLine) throws -> Bool {
        var (reader, streams) = (PcapReader(), MailStreams())
        var sessions: [Int: Int] = [:]
        var (count, hasBegun, isWhole) = (0, false, true)
        var end: PcapError?
        func follow() throws {
            for event in streams.take() {
                switch event {
                case .opened(let stream, let facts, let isWhole):
                    sessions[stream] = try importer.open(facts, from: .packets(isWhole: isWhole))
                    count += 1
                case .said(let stream, let turn): if let session = sessions[stream] { try importer.take(turn, of: session) }
                case .ended(let stream, let reason):
                    guard let session = sessions.removeValue(forKey: stream) else { continue }
                    let problem = try importer.close(session, reason: reason) ?? reason
                    guard let problem else { continue }
                    isWhole = false
                    note("\(file), session \(session), is not imported to its end: \(problem)")
                }
            }
        }
        do {
            while let piece = try bytes.next() {
                reader.receive(piece)
                while let packet = try reader.next() {
                    if !hasBegun { try importer.begin(at: packet.time) }
                    hasBegun = true
                    streams.receive(packet)
                    try follow()
                }
                progress.advance(to: bytes.octetsRead)
            }
            try reader.finish()
        } catch let error as PcapError {
            end = error
        }
        streams.finish()
        try follow()
        if let end { throw CorpusSummary.Failure(file: file, problem: end.description) }
        try tell(streams, count)
        return isWhole && streams.fragments == 0 && streams.refused == 0
    }

    private func tell(_ streams: MailStreams, _ count: Int) throws {
        if streams.cutShort > 0 {
            note("\(file): of \(streams.cutShort) packets only the beginning was kept; tcpdump -s 0 keeps all")
        }
        let encrypted = streams.encrypted == 1 ? "1 connection is" : "\(streams.encrypted) connections are"
        let advice = "record them with interpost run --record, which reads inside TLS"
        guard count > 0 else {
            throw CorpusSummary.Failure(
                file: file,
                problem: "holds no IMAP or POP3 in clear text" + (streams.encrypted > 0 ? "; \(encrypted) encrypted (TLS)" : ""),
                advice: streams.encrypted > 0 ? advice : nil)
        }
        if streams.encrypted > 0 { note("\(file): \(encrypted) encrypted (TLS) and left out: \(advice)") }
        if streams.fragments > 0 { note("\(file): \(streams.fragments) fragments of IP packets are not read") }
        if streams.refused > 0 {
            note("\(file): \(streams.refused) packets of too many connections at once are not read")
        }
    }
}
