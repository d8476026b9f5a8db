import Foundation
package import InterpostCore
package import NIOCore

/// A capture that is being written: records in, whole members out, each with one write. Belongs to one thread.
///
/// Whatever happens to the program, the file ends with a whole member, or with one that was cut off by the kernel in the
/// middle of a write; nothing before it is touched again.
package final class CaptureFile {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private let path: String
    private var descriptor: Int32
    private var header: CaptureHeader
    /// The file was removed, and a failure has said so.
    private var wasRemoved = false
    private var text = ByteBuffer()
    private var sessions: ClosedRange<Int>?
    private var begun: Set<Int> = []
    private var beginning = 0
    private var nanoseconds: Int64 = 0
    /// Octets of whole members.
    private(set) var size: Int
    /// When the first of the records came that are not written yet.
    private var waitingSince: NIODeadline?

    /// Sessions that the file had when it was opened.
    package let earlierSessions: Int

    /// Makes a file with mode 0600. A file that is there already is a capture, which is continued; a member at its end that was
    /// cut off is thrown away. No other program may be writing it.
    /// - Parameter isNew: There must be no such file.
    package init(_ path: String, header: CaptureHeader, isNew: Bool = false) throws {
        self.path = path
        self.header = header
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (isNew ? O_EXCL : 0), 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? Failure(description: "\(path) exists already; choose another file") : Self.failure("opened", path)
        }
        do {
            try Self.lock(descriptor, path)
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw Self.failure("looked at", path) }
            let index = try CaptureIndex(descriptor, size: Int(status.st_size))
            guard !index.hasForeignMembers else {
                throw Failure(
                    description: "the capture \(path) was compressed anew, and cannot be appended to; choose another file")
            }
            if index.isCutOff, ftruncate(descriptor, off_t(index.wholeSize)) != 0 {
                throw Self.failure("cut to what is whole", path)
            }
            // This comes after everything that may fail: once the object is complete, `deinit` closes the descriptor.
            size = index.wholeSize
            earlierSessions = index.members.map(\.member.sessions.upperBound).max() ?? 0
        } catch {
            close(descriptor)
            throw error is CaptureError ? Failure(description: "\(path) \(error)") : error
        }
        if size == 0 { text.writeString(CaptureFormat.firstLine) }
        header.record.write(to: &text)
        try flush()
    }

    /// Begins a part of the capture in which this header holds, up to the next header. It has a member of its own, where
    /// readers look for it.
    func begin(_ header: CaptureHeader) throws {
        try flush()
        self.header = header
        header.record.write(to: &text)
        try flush()
    }

    deinit { close(descriptor) }

    /// Takes a record. It is in the file at the latest when ``flush()`` returns.
    package func append(_ record: CaptureRecord) throws {
        if waitingSince == nil {
            waitingSince = .now()
            nanoseconds = record.nanoseconds
        }
        record.write(to: &text)
        sessions =
            sessions.map { min($0.lowerBound, record.session)...max($0.upperBound, record.session) }
            ?? record.session...record.session
        if begun.insert(record.session).inserted { beginning += 1 }
        if text.readableBytes >= CaptureFormat.memberText { try flush() }
    }

    package var isWaiting: Bool { waitingSince != nil }

    /// The file's name without its folder.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Whether something has waited for this long.
    package func isOverdue(_ patience: TimeAmount) -> Bool { waitingSince.map { NIODeadline.now() - $0 >= patience } ?? false }

    /// Throws away what waits.
    package func discard() {
        text.clear()
        (sessions, beginning, waitingSince) = (nil, 0, nil)
    }

    /// Nothing more comes of this session.
    package func forget(session: Int) { begun.remove(session) }

    /// Writes what waits.
    package func flush() throws {
        guard text.readableBytes > 0 else { return }
        try lookForFile()
        let description = CaptureMember(
            size: 0, textSize: 0, sessions: sessions ?? 0...0, beginningSessions: beginning, nanoseconds: nanoseconds)
        let member = try GzipMember.deflate(text, describing: description)
        var rest = member.readableBytesView
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = Self.failure("written", path)
                // What has been written of it is cut off again; what waits is kept, and is tried again.
                ftruncate(descriptor, off_t(size))
                throw failure
            }
            rest = rest.dropFirst(count)
        }
        size += member.readableBytes
        // With a folder, a file is open for each session, so that a session at rest should keep no room. During a download
        // the buffer is kept.
        if text.readableBytes >= CaptureFormat.memberText { text.clear() } else { text = ByteBuffer() }
        (sessions, beginning, waitingSince) = (nil, 0, nil)
    }

    /// Nobody would ever see what is written to a file that was removed. The first time, that is a failure; after that, the
    /// capture begins anew at the same path, as soon as the folder is there.
    private func lookForFile() throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_nlink == 0 else { return }
        guard wasRemoved else {
            wasRemoved = true
            throw Failure(description: "the capture \(path) was removed while it was written, and what was in it is lost")
        }
        let other = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_EXCL, 0o600)
        guard other >= 0 else { throw Self.failure("opened", path) }
        do { try Self.lock(other, path) } catch {
            close(other)
            throw error
        }
        close(descriptor)
        (descriptor, size, wasRemoved) = (other, 0, false)
        var beginning = ByteBuffer(string: CaptureFormat.firstLine)
        header.record.write(to: &beginning)
        beginning.writeImmutableBuffer(text)
        text = beginning
    }

    /// Two programs that appended to one file would each cut off what the other is writing.
    private static func lock(_ descriptor: Int32, _ path: String) throws(Failure) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
        throw errno == EWOULDBLOCK
            ? Failure(description: "the capture \(path) is being written by another program; choose another file")
            : failure("locked", path)
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure(description: "the capture \(path) cannot be \(what): \(String(cString: strerror(errno)))")
    }
}
