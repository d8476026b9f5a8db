import Foundation
import NIOCore
import Synchronization

/// Writes lines to a file descriptor, in order: the event log, or the console. Lines that come within a few milliseconds are one
/// write.
final class LineWriter: Sendable {
    /// How many octets may wait before sessions slow down.
    static let congestion = 16 << 20

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let isLossy: Bool
    private let writer: BackgroundWriter<LineWork>
    private let notes = Notes()

    /// What the threads tell each other.
    fileprivate final class Notes: Sendable {
        /// How many octets were given up because they could not be written.
        let lost = Atomic<Int>(0)
        let reopens = Atomic<Bool>(false)
    }

    /// - Parameters:
    ///   - path: A file to append to, made with mode 0600; `nil` for standard output.
    ///   - isLossy: What cannot be written is dropped instead of kept for later, and so is what is beyond the limit.
    ///   - onFailure: Called when writing begins to fail, and when it works again.
    init(path: String?, isLossy: Bool, onFailure: @escaping @Sendable (String) -> Void) throws {
        self.isLossy = isLossy
        writer = BackgroundWriter(congestion: Self.congestion, isLossy: isLossy, onFailure: onFailure)
        let descriptor = try LineWork.open(path)
        writer.start { [notes] in LineWork(path: path, isLossy: isLossy, descriptor: descriptor, notes: notes) }
    }

    /// Sessions should stop reading for a while.
    var isCongested: Bool { writer.isCongested }

    /// The last write has failed and has not succeeded since.
    var isFailing: Bool { writer.isFailing }

    func append(_ bytes: [UInt8]) {
        // Sessions do not slow down for a console, nor for a log that cannot be written: what is beyond the limit is dropped and
        // counted.
        if isCongested, isLossy || isFailing {
            notes.lost.wrappingAdd(bytes.count, ordering: .relaxed)
        } else {
            writer.append(bytes, octets: bytes.count)
        }
    }

    /// Closes the file and opens its path again, after a rotation.
    func reopen() {
        notes.reopens.store(true, ordering: .relaxed)
        writer.wake()
    }

    /// Writes what waits, and ends. Blocks until that is done, but for ten seconds at most.
    func close() { writer.close() }
}

private struct LineWork: BackgroundWork {
    private static let gatherSeconds = 0.01

    let path: String?
    let isLossy: Bool
    var descriptor: Int32
    let notes: LineWriter.Notes
    /// What is not written yet: it goes before what has come since, and is tried again.
    private var rest: ArraySlice<UInt8> = []
    /// The end of a line whose beginning is in the file already: it goes first, so that two lines do not become one.
    private var halfLine: [UInt8] = []
    /// Whether the last thing written was a whole line.
    private var hasWholeLine = true

    init(path: String?, isLossy: Bool, descriptor: Int32, notes: LineWriter.Notes) {
        (self.path, self.isLossy, self.descriptor, self.notes) = (path, isLossy, descriptor, notes)
    }

    static func open(_ path: String?) throws -> Int32 {
        guard let path else { return dup(1) }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LineWriter.Failure(description: "the log \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    mutating func write(_ items: [[UInt8]], for writer: BackgroundWriter<LineWork>) {
        guard !items.isEmpty else { return reopenIfAsked(for: writer) }
        rest = items.count == 1 && halfLine.isEmpty ? items[0][...] : (halfLine + Array(items.joined()))[...]
        halfLine = []
        let isWritten = writer.attempt(&self) { work in
            work.reopenIfAsked(for: writer)
            try work.writeRest(for: writer)
        }
        if !isWritten {
            if !hasWholeLine, let end = rest.firstIndex(of: UInt8(ascii: "\n")) { halfLine = Array(rest[...end]) }
            notes.lost.wrappingAdd(rest.count - halfLine.count, ordering: .relaxed)
        }
        rest = []
    }

    mutating func rest(isClosing: Bool, for writer: BackgroundWriter<LineWork>) -> TimeAmount? {
        if !isClosing { Thread.sleep(forTimeInterval: Self.gatherSeconds) }
        return nil
    }

    mutating func finish() { close(descriptor) }

    mutating func recovery() -> String {
        let lost = notes.lost.exchange(0, ordering: .relaxed)
        return "the log can be written again" + (lost > 0 ? "; \(lost) octets of it were lost" : "")
    }

    private mutating func writeRest(for writer: BackgroundWriter<LineWork>) throws {
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                hasWholeLine = rest[rest.startIndex + written - 1] == UInt8(ascii: "\n")
                rest = rest.dropFirst(written)
                continue
            }
            if errno == EINTR { continue }
            // The reader of standard output has gone, and will not come back as a disk may.
            if errno == EPIPE, path == nil, !isLossy {
                writer.report("nobody reads the log on standard output any more")
                exit(1)
            }
            let reason = String(cString: strerror(errno))
            throw LineWriter.Failure(description: "the log \(path ?? "on standard output") cannot be written: \(reason)")
        }
    }

    private mutating func reopenIfAsked(for writer: BackgroundWriter<LineWork>) {
        guard notes.reopens.exchange(false, ordering: .relaxed) else { return }
        do {
            let fresh = try Self.open(path)
            close(descriptor)
            descriptor = fresh
        } catch {
            writer.report("\(error); what was open stays open")
        }
    }
}
