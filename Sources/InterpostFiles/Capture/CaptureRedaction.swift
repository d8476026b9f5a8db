import Foundation
public import InterpostCore
import NIOCore

/// Copies a capture, and takes out what is not to be in the copy.
public struct CaptureRedaction {
    /// What is in the copy.
    public private(set) var sessions = 0
    /// Records in the copy.
    public private(set) var records = 0
    /// The original ends within a member; the copy ends where that can still be read.
    public private(set) var isCutOff = false

    private let level: RedactionLevel
    private let key: PseudonymHMAC
    private var protocols = SessionProtocols()
    private var open = OpenSessions()
    /// A sentence for people where not all sessions could be held at once; otherwise `nil`.
    public var complaint: String? { open.complaint }
    private var rewriters: [Int: SessionRewriter] = [:]
    private var header = CaptureHeader(started: WireTime(nanoseconds: 0), keepsSecrets: false, redaction: .none)

    /// - Parameters:
    ///   - path: A file that does not exist yet; where copying fails, it does not exist afterwards either.
    ///   - level: What is replaced beside the secrets of logins, which always go.
    ///   - progress: Told how many octets of the original were read.
    public init(
        of place: CapturePlace, to path: String, _ level: RedactionLevel, key: PseudonymHMAC,
        progress: (Int) -> Void = { _ in }
    ) throws {
        self.level = level
        self.key = key
        let reader = try CaptureReader(place)
        var file: CaptureFile?
        do {
            while let record = try reader.next() {
                progress(reader.offset)
                for session in open.over(before: record) { try finish(session, file) }
                if record.kind == .header { note(record) }
                let output = try file ?? CaptureFile(path, header: header, isNew: true)
                if record.kind == .header, file != nil { try output.begin(header) }
                file = output
                if record.kind != .header { try write(record, to: output) }
            }
            for session in rewriters.keys.sorted() { try finish(session, file) }
            try file?.flush()
        } catch {
            if file != nil { unlink(path) }
            throw error
        }
        isCutOff = reader.isCutOff
        if let number = place.session, sessions == 0 {
            unlink(path)
            throw CaptureReader.Failure(description: "has no session \(number)")
        }
    }

    private mutating func note(_ record: CaptureRecord) {
        guard let found = CaptureHeader(record) else { return }
        header = found
        header.keepsSecrets = false
        header.redaction = found.redaction.joined(with: level)
    }

    /// Nothing more comes of the session.
    private mutating func finish(_ session: Int, _ file: CaptureFile?) throws {
        if let file, let rest = rewriters[session]?.finish() { try append(rest, to: file) }
        rewriters[session] = nil
        protocols.forget(session)
        file?.forget(session: session)
    }

    private mutating func write(_ record: CaptureRecord, to file: CaptureFile) throws {
        let number = record.session
        let mailProtocol = protocols.of(record)
        // A session of unknown protocol is masked like octets that nobody can read.
        if rewriters[number] == nil, record.kind.side != nil {
            rewriters[number] = SessionRewriter(mailProtocol ?? .imap, redactor: EventRedactor(level, key: key))
            sessions += 1
        }
        try append(rewriters[number]?.rewrite(record) ?? [unheard(record)], to: file)
        guard record.endsSession else { return }
        try finish(number, file)
    }

    /// An event of a session of which nothing was said yet.
    private func unheard(_ record: CaptureRecord) -> CaptureRecord {
        guard record.kind == .event else { return record }
        var record = record
        record.bytes = EventRedactor(level, key: key).redact(eventLine: record.bytes)
        return record
    }

    private mutating func append(_ rewritten: [CaptureRecord], to file: CaptureFile) throws {
        for record in rewritten { try file.append(record) }
        records += rewritten.count
    }
}
