import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import NIOCore
import Synchronization

/// Writes the records of all sessions, to one file or, in a folder, to a file for each session. A record is in its file within a
/// second.
final class CaptureWriter: Sendable {
    /// How many octets may wait before sessions slow down.
    static let congestion = 8 << 20

    /// The time at which the captures of this writer begin.
    let start: WireTime
    let keepsSecrets: Bool
    let redaction: RedactionLevel
    private let closesOnFailure: Bool
    private let isFolder: Bool
    private let earlierSessions: Int
    private let writer: BackgroundWriter<CaptureWork>

    /// - Parameter onFailure: Called when writing begins to fail, and when it works again.
    init(_ settings: RecordSettings, in path: String, at start: WireTime, onFailure: @escaping @Sendable (String) -> Void) throws
    {
        keepsSecrets = settings.keepsSecrets
        redaction = settings.redaction
        closesOnFailure = settings.onFailure == .close
        let header = CaptureHeader(started: start, keepsSecrets: settings.keepsSecrets, redaction: settings.redaction)
        self.start = header.started
        var isDirectory: ObjCBool = false
        isFolder = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
        if isFolder { try WritablePlace.check(path) }
        let file = isFolder ? nil : try CaptureFile(path, header: header)
        earlierSessions = file?.earlierSessions ?? 0
        let retention = isFolder ? CaptureRetention(settings: settings.keep, label: settings.label) : nil
        let box = Mutex(file)
        writer = BackgroundWriter(congestion: Self.congestion, isLossy: !closesOnFailure, onFailure: onFailure)
        writer.start { [earlierSessions] in
            CaptureWork(
                path: path, header: header, retention: retention, earlierSessions: earlierSessions,
                common: box.withLock { $0.take() })
        }
    }

    /// The number of a session in its capture.
    func number(of session: Int) -> Int { isFolder ? 1 : earlierSessions + session }

    /// Sessions should stop reading for a while.
    var isCongested: Bool { writer.isCongested }

    /// The last records could not be written, and sessions must not go on without them.
    var forbidsSessions: Bool { closesOnFailure && writer.isFailing }

    /// - Parameter isLast: Whether these are the last records of the session.
    func append(_ records: [CaptureRecord], of session: Int, _ mailProtocol: MailProtocol, isLast: Bool = false) {
        guard isLast || !records.isEmpty else { return }
        let batch = CaptureBatch(session: session, mailProtocol: mailProtocol, records: records, isLast: isLast)
        writer.append(batch, octets: batch.octets)
    }

    /// Writes what waits, and ends. Blocks until that is done, but for ten seconds at most.
    func close() { writer.close() }
}

/// Records of one session, and whether they are its last.
private struct CaptureBatch {
    var session: Int
    var mailProtocol: MailProtocol
    var records: [CaptureRecord]
    var isLast: Bool

    var octets: Int { records.reduce(0) { $0 + $1.bytes.readableBytes + CaptureFormat.maximumHead } }
}

private struct CaptureWork: BackgroundWork {
    /// How long records wait at most for others, to be deflated with them.
    private static let patience = TimeAmount.milliseconds(500)
    /// How often files that have become too old are looked for while no session ends.
    private static let retentionInterval = TimeAmount.hours(1)

    let path: String
    let header: CaptureHeader
    /// `nil` if all sessions go to one file.
    let retention: CaptureRetention?
    let earlierSessions: Int
    let common: CaptureFile?
    private var files: [Int: CaptureFile] = [:]
    private var mayHaveSurplus: Bool
    private var lastLook = NIODeadline.uptimeNanoseconds(0)

    init(path: String, header: CaptureHeader, retention: CaptureRetention?, earlierSessions: Int, common: CaptureFile?) {
        (self.path, self.header, self.retention) = (path, header, retention)
        (self.earlierSessions, self.common) = (earlierSessions, common)
        mayHaveSurplus = retention != nil
    }

    private var openFiles: [CaptureFile] { common.map { [$0] } ?? Array(files.values) }

    mutating func write(_ items: [CaptureBatch], for writer: BackgroundWriter<CaptureWork>) {
        for batch in items {
            guard let file = common ?? file(for: batch, writer) else { continue }
            for record in batch.records { attempt(file, writer, provesRecovery: false) { try file.append(record) } }
            guard batch.isLast else { continue }
            file.forget(session: retention == nil ? earlierSessions + batch.session : 1)
            if retention != nil {
                attempt(file, writer) { try file.flush() }
                files[batch.session] = nil
                mayHaveSurplus = true
            }
        }
    }

    /// Even if nothing happens, files that have become too old are deleted from time to time.
    mutating func rest(isClosing: Bool, for writer: BackgroundWriter<CaptureWork>) -> TimeAmount? {
        if let retention, NIODeadline.now() - lastLook > (mayHaveSurplus ? Self.patience : Self.retentionInterval) {
            retention.apply(to: path, sparing: Set(files.values.map(\.name)))
            (mayHaveSurplus, lastLook) = (false, .now())
        }
        for file in openFiles where isClosing || file.isOverdue(Self.patience) { attempt(file, writer) { try file.flush() } }
        let isPending = mayHaveSurplus || openFiles.contains(where: \.isWaiting)
        return isPending ? Self.patience : Self.retentionInterval
    }

    mutating func finish() {}

    mutating func recovery() -> String { "the capture \(path) can be written again" }

    /// The file of a session in a folder.
    private mutating func file(for batch: CaptureBatch, _ writer: BackgroundWriter<CaptureWork>) -> CaptureFile? {
        if let file = files[batch.session] { return file }
        guard let retention else { return nil }
        let first = WireTime(nanoseconds: header.started.nanoseconds + (batch.records.first?.nanoseconds ?? 0))
        let name = retention.name(of: batch.session, batch.mailProtocol, at: first)
        _ = writer.attempt(&self) { work in
            work.files[batch.session] = try CaptureFile("\(work.path)/\(name)", header: work.header)
        }
        return files[batch.session]
    }

    /// The file keeps what is appended, so that after a failure only the writing is repeated.
    private mutating func attempt(
        _ file: CaptureFile, _ writer: BackgroundWriter<CaptureWork>, provesRecovery: Bool = true,
        _ body: @escaping () throws -> Void
    ) {
        let isDone = writer.attempt(&self, provesRecovery: provesRecovery) { _ in
            try body()
        } again: { _ in
            try file.flush()
        }
        if !isDone { file.discard() }
    }
}
