package import InterpostCore
import NIOCore

/// Writes sessions that somebody else recorded as fixtures: one session in a file, or each in a file of its own in a folder,
/// `0001.imap`.
package final class FixtureImporter: SessionImporter {
    private struct Open {
        var session: SessionImport
        var writer: FixtureWriter
        let file: ExportFile
    }

    private var files: TranscriptFiles
    private let level: RedactionLevel
    private let keepsSecrets: Bool
    // One key for the whole run, so that the pseudonyms are the same throughout.
    private let key = PseudonymHMAC()
    private var open: [Int: Open] = [:]
    package private(set) var count = 0

    /// - Parameters:
    ///   - path: A new file, `-` for standard output, or a folder.
    ///   - level: What is replaced beside secrets.
    ///   - keepsSecrets: Passwords are written as they were said.
    package init(into path: String, level: RedactionLevel, keepsSecrets: Bool) throws {
        files = try TranscriptFiles(
            to: path, replaces: false,
            advice: TranscriptFiles.Advice(second: "give a folder, --to FOLDER/", existing: "choose another name"))
        self.level = level
        self.keepsSecrets = keepsSecrets
    }

    /// A fixture has no times.
    package func begin(at time: WireTime) throws {}

    package func open(_ facts: SessionFacts, from source: SessionImport.Source) throws -> Int {
        count += 1
        open[count] = Open(
            session: SessionImport(
                facts, session: count, from: source, start: WireTime(nanoseconds: 0), level: level, keepsSecrets: keepsSecrets,
                key: key),
            writer: FixtureWriter(facts.mailProtocol), file: try files.file(for: count, facts.mailProtocol))
        return count
    }

    package func take(_ turn: SessionTurn, of session: Int) throws {
        open[session]?.session.receive(turn)
        try write(session)
    }

    package func close(_ session: Int, reason: String?) throws -> String? {
        open[session]?.session.finish()
        try write(session)
        guard var last = open.removeValue(forKey: session) else { return nil }
        var text = ByteBuffer()
        last.writer.finish(to: &text)
        try last.file.write(text)
        try last.file.flush()
        return last.session.problem
    }

    package func finish() throws {}

    private func write(_ session: Int) throws {
        var text = ByteBuffer()
        for record in open[session]?.session.take() ?? [] {
            guard let side = record.kind.side else { continue }
            open[session]?.writer.write(SessionTurn(side: side, bytes: record.bytes), to: &text)
        }
        try open[session]?.file.write(text)
    }
}
