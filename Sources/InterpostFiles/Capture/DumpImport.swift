package import InterpostCore
import NIOCore

/// Imports files that other programs wrote: transcripts, rawlogs, captures of packets.
package struct DumpImport {
    private let importer: any SessionImporter
    private let mailProtocol: MailProtocol?
    private let note: (String) -> Void

    /// - Parameters:
    ///   - mailProtocol: For files that do not show it.
    ///   - note: Called with a sentence about each file that was not imported, or not to its end.
    package init(into importer: any SessionImporter, mailProtocol: MailProtocol?, note: @escaping (String) -> Void) {
        self.importer = importer
        self.mailProtocol = mailProtocol
        self.note = note
    }

    /// Reads one file.
    ///
    /// - Returns: Whether all of it was imported; if not, `note` was told why.
    /// - Throws: What keeps every file from being imported: the capture cannot be written.
    package func read(_ file: String) throws -> Bool {
        do {
            return try sessions(of: file)
        } catch let failure as CorpusSummary.Failure {
            note(failure.description)
            return false
        }
    }

    private func sessions(of file: String) throws -> Bool {
        guard !CaptureReader.isCapture(file) else {
            throw CorpusSummary.Failure(
                file: file, problem: "is a capture already, or compressed",
                advice: "gunzip what is no capture; captures are for read, replay and export")
        }
        let bytes = try FilePieces(file)
        let progress = ProgressLine(total: bytes.size, label: file)
        defer { progress.finish() }
        if PcapReader.looksLike(bytes.head) { return try PacketImport(file, importer, note: note).read(bytes, progress) }
        let source = try SessionSource(file, bytes, side: nil, mailProtocol: mailProtocol)
        guard let kind = source.form.importSource else {
            throw CorpusSummary.Failure(
                file: file, problem: "holds only what one side said",
                advice: "a capture needs both: give a transcript or a rawlog")
        }
        return try read(source, kind, of: file) { progress.advance(to: bytes.octetsRead) }
    }

    private func read(
        _ source: SessionSource, _ kind: SessionImport.Source, of file: String, _ hasRead: () -> Void
    ) throws -> Bool {
        let name = source.form.mailProtocol
        let url = "\(name.rawValue)://unknown"
        let facts = SessionFacts(mailProtocol: name, listener: url, client: "unknown", upstream: url)
        var session: Int?
        var failure: (any Error)?
        var end: CorpusSummary.Failure?
        do {
            try source.turns { turn in
                guard failure == nil else { return }
                do {
                    if session == nil {
                        try importer.begin(at: turn.time)
                        session = try importer.open(facts, from: kind)
                    }
                    if let session { try importer.take(turn, of: session) }
                    hasRead()
                } catch {
                    failure = error
                }
            }
        } catch {
            end = error
        }
        if let failure { throw failure }
        let problem = try session.flatMap { try importer.close($0) }
        if let end { throw end }
        guard let problem else { return true }
        note("\(file) is not imported to its end: \(problem)")
        return false
    }
}

extension SessionForm {
    /// `nil` for one side alone.
    fileprivate var importSource: SessionImport.Source? {
        switch kind {
        case .transcript: .transcript
        case .rawlog: .rawlog
        case .oneSide: nil
        }
    }
}
