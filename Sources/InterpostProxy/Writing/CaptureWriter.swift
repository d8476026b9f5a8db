import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import NIOCore
import Synchronization

/// Writes the records of all sessions on a thread of its own.
///
/// `append` never blocks. When more than ``congestion`` octets wait, sessions stop reading until the disk has caught up: nothing
/// is lost, and memory stays bounded. What waits is in the file within a second.
final class CaptureWriter: Sendable {
    static let congestion = 8 << 20
    /// Records wait no longer for others to be deflated with.
    private static let patience = TimeAmount.milliseconds(500)
    /// What grows old is looked for so often, when no session ends.
    private static let retention = TimeAmount.hours(1)

    /// What one session has to say, and whether that is all.
    private struct Batch {
        var session: Int
        var mailProtocol: MailProtocol
        var records: [CaptureRecord]
        var isLast: Bool

        var octets: Int { records.reduce(0) { $0 + $1.bytes.readableBytes + CaptureFormat.maximumHead } }
    }

    private struct State {
        var waiting: [Batch] = []
        /// Of all that is not in a file yet, what is being written now included.
        var octets = 0
        var isClosed = false
    }

    /// When the captures of this writer begin.
    let start: WireTime
    let keepsSecrets: Bool
    let redaction: RedactionLevel
    private let settings: RecordSettings
    private let path: String
    private let header: CaptureHeader
    private let isFolder: Bool
    private let retention: CaptureRetention
    private let earlierSessions: Int
    private let state = Mutex(State())
    private let waitingOctets = Atomic<Int>(0)
    private let hasFailed = Atomic<Bool>(false)
    private let condition = NSCondition()
    private let finished = DispatchSemaphore(value: 0)
    private let onFailure: @Sendable (String) -> Void

    /// - Parameter onFailure: Called when writing begins to fail, and when it works again.
    init(_ settings: RecordSettings, in path: String, at start: WireTime, onFailure: @escaping @Sendable (String) -> Void) throws
    {
        self.settings = settings
        self.path = path
        retention = CaptureRetention(settings: settings.keep, label: settings.label)
        self.onFailure = onFailure
        keepsSecrets = settings.keepsSecrets
        redaction = settings.redaction
        header = CaptureHeader(started: start, keepsSecrets: settings.keepsSecrets, redaction: settings.redaction)
        self.start = header.started
        var isDirectory: ObjCBool = false
        isFolder = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
        let file = isFolder ? nil : try CaptureFile(path, header: header)
        earlierSessions = file?.earlierSessions ?? 0
        let box = Mutex(file)
        Thread.detachNewThread { [self] in run(box.withLock { $0.take() }) }
    }

    /// What a session is called in its capture.
    func number(of session: Int) -> Int { isFolder ? 1 : earlierSessions + session }

    /// Sessions should stop reading for a while.
    var isCongested: Bool { waitingOctets.load(ordering: .relaxed) > Self.congestion }

    /// What came last could not be written, and sessions must not go on without it.
    var forbidsSessions: Bool { settings.onFailure == .close && hasFailed.load(ordering: .relaxed) }

    /// - Parameter isLast: Nothing more comes of this session.
    func append(_ records: [CaptureRecord], of session: Int, _ mailProtocol: MailProtocol, isLast: Bool = false) {
        guard isLast || !records.isEmpty else { return }
        let batch = Batch(session: session, mailProtocol: mailProtocol, records: records, isLast: isLast)
        count(batch.octets) { $0.waiting.append(batch) }
        signal()
    }

    /// More or fewer octets wait.
    private func count(_ octets: Int, _ change: (inout State) -> Void = { _ in }) {
        state.withLock { state in
            change(&state)
            state.octets += octets
            waitingOctets.store(state.octets, ordering: .relaxed)
        }
    }

    /// Writes what waits and ends. Blocks until that is done, but not longer than ten seconds.
    func close() {
        state.withLock { $0.isClosed = true }
        signal()
        _ = finished.wait(timeout: .now() + 10)
    }

    private func signal() {
        condition.lock()
        condition.signal()
        condition.unlock()
    }

    // MARK: - The thread

    private func run(_ common: CaptureFile?) {
        var files: [Int: CaptureFile] = [:]
        var mayHaveSurplus = isFolder
        var lastLook = NIODeadline.uptimeNanoseconds(0)
        while true {
            waitForWork(
                isPending: mayHaveSurplus || common?.isWaiting == true || files.values.contains(where: \.isWaiting))
            let (batches, isClosed) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed)
            }
            for batch in batches {
                defer { count(-batch.octets) }
                guard let file = common ?? file(for: batch, in: &files) else { continue }
                for record in batch.records { attempt(file) { try file.append(record) } }
                if batch.isLast { file.forget(session: number(of: batch.session)) }
                if batch.isLast, isFolder {
                    attempt(file) { try file.flush() }
                    files[batch.session] = nil
                    mayHaveSurplus = true
                }
            }
            if isFolder, NIODeadline.now() - lastLook > (mayHaveSurplus ? Self.patience : Self.retention) {
                retention.apply(to: path, sparing: Set(files.values.map(\.name)))
                (mayHaveSurplus, lastLook) = (false, .now())
            }
            for file in common.map({ [$0] }) ?? Array(files.values) where isClosed || file.isOverdue(Self.patience) {
                attempt(file) { try file.flush() }
            }
            if isClosed, state.withLock({ $0.waiting.isEmpty }) { break }
        }
        finished.signal()
    }

    /// Also when nothing happens there is something to do now and then: what grows old is deleted.
    private func waitForWork(isPending: Bool) {
        let patience = isPending ? Self.patience : Self.retention
        let deadline = Date(timeIntervalSinceNow: Double(patience.nanoseconds) / 1e9)
        condition.lock()
        while state.withLock({ $0.waiting.isEmpty && !$0.isClosed }) {
            guard condition.wait(until: deadline) else { break }
        }
        condition.unlock()
    }

    /// The file of a session in a folder.
    private func file(for batch: Batch, in files: inout [Int: CaptureFile]) -> CaptureFile? {
        if let file = files[batch.session] { return file }
        let first = WireTime(nanoseconds: start.nanoseconds + (batch.records.first?.nanoseconds ?? 0))
        let path = "\(path)/\(retention.name(of: batch.session, batch.mailProtocol, at: first))"
        while true {
            do {
                let file = try CaptureFile(path, header: header)
                noteSuccess()
                files[batch.session] = file
                return file
            } catch {
                guard mayTryAgain(after: error) else { return nil }
            }
        }
    }

    /// Does it, however often that takes. What is appended is kept by the file, so that only the writing is done again.
    private func attempt(_ file: CaptureFile, _ body: () throws -> Void) {
        do {
            try body()
            noteSuccess()
        } catch {
            var error = error
            while mayTryAgain(after: error) {
                do {
                    try file.flush()
                    return noteSuccess()
                } catch let again {
                    error = again
                }
            }
            file.discard()
        }
    }

    /// Waits a little, unless what cannot be written is to be left out, or nobody has the time any more.
    private func mayTryAgain(after error: any Error) -> Bool {
        if !hasFailed.exchange(true, ordering: .relaxed) { onFailure("\(error)") }
        guard settings.onFailure == .close, !state.withLock({ $0.isClosed }) else { return false }
        Thread.sleep(forTimeInterval: 0.25)
        return true
    }

    private func noteSuccess() {
        if hasFailed.exchange(false, ordering: .relaxed) { onFailure("the capture \(path) can be written again") }
    }
}
