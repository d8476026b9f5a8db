import Foundation
import InterpostCore
import NIOCore

/// The files of `interpost read`: found, opened and read in pieces. What they hold is decided in the core.
enum Corpus {
    /// All files that some paths stand for, in the order given and in folders in that of their names; of a rawlog only the
    /// first half.
    static func files(at paths: [String]) -> (files: [String], failures: [CorpusSummary.Failure]) {
        var files: [String] = []
        var failures: [CorpusSummary.Failure] = []
        for path in paths {
            guard isFolder(path) else {
                files.append(path)
                continue
            }
            let found = contents(of: path, failures: &failures)
            files += found
            if found.isEmpty, failures.isEmpty { failures.append(.init(file: path, problem: "holds no files")) }
        }
        var seen: Set<String> = []
        let given = Set(files)
        files.removeAll { file in
            let isSecondHalf = SessionForm.half(of: file) == .server && given.contains(SessionForm.partner(of: file) ?? "")
            return isSecondHalf || !seen.insert(file).inserted
        }
        return (files, failures)
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Links to folders are not followed, or a walk might never end; nor is anything opened that waits for a writer.
    private static func contents(of folder: String, failures: inout [CorpusSummary.Failure]) -> [String] {
        var files: [String] = []
        var folders = [folder]
        while let next = folders.popLast() {
            guard let directory = opendir(next) else {
                failures.append(FilePieces.failure(next, errno))
                continue
            }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
                }
                guard !name.hasPrefix(".") else { continue }
                let path = (next.hasSuffix("/") ? next : next + "/") + name
                switch kind(of: path) {
                case S_IFDIR: folders.append(path)
                case S_IFREG: files.append(path)
                case S_IFLNK: if !isFolder(path) { files.append(path) }
                default: failures.append(.init(file: path, problem: "is neither a file nor a folder"))
                }
            }
        }
        return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Of a link to a file that of the link; one to a pipe or a device is what it leads to.
    private static func kind(of path: String) -> mode_t {
        var own = stat()
        guard lstat(path, &own) == 0, own.st_mode & S_IFMT == S_IFLNK else { return own.st_mode & S_IFMT }
        var target = stat()
        guard stat(path, &target) == 0, target.st_mode & S_IFMT != S_IFREG, target.st_mode & S_IFMT != S_IFDIR else {
            return S_IFLNK
        }
        return target.st_mode & S_IFMT
    }
}

/// One session in a file, or in the two of a rawlog.
struct SessionSource {
    private let path: String
    let form: SessionForm
    private let bytes: FilePieces
    /// The other half of a rawlog.
    private let partner: (path: String, bytes: FilePieces)?

    init(_ path: String, side: Side?, mailProtocol: MailProtocol?) throws(CorpusSummary.Failure) {
        try self.init(path, FilePieces(path), side: side, mailProtocol: mailProtocol)
    }

    /// - Parameter bytes: Those of the file, of which only the head was looked at.
    init(_ path: String, _ bytes: FilePieces, side: Side?, mailProtocol: MailProtocol?) throws(CorpusSummary.Failure) {
        self.path = path
        self.bytes = bytes
        partner = try side == nil ? Self.partner(of: path, bytes) : nil
        do {
            form = try SessionForm(
                fileName: path, head: bytes.head, partner: partner?.bytes.head, side: side, mailProtocol: mailProtocol)
        } catch {
            throw CorpusSummary.Failure(file: path, problem: error.problem, advice: error.advice)
        }
    }

    private static func partner(
        of path: String, _ bytes: FilePieces
    ) throws(CorpusSummary.Failure) -> (path: String, bytes: FilePieces)? {
        guard let half = SessionForm.half(of: path), let other = SessionForm.partner(of: path),
            !Transcript.looksLike(bytes.head)
        else { return nil }
        do {
            return (other, try FilePieces(other))
        } catch {
            throw CorpusSummary.Failure(
                file: path, problem: "is half of a rawlog, and the other half \(error.file) \(error.problem)",
                advice: "to read it alone give --side \(half.rawValue)")
        }
    }

    /// The answers to its commands are not there.
    var holdsOnlyCommands: Bool { if case .oneSide(.client, _) = form.kind { true } else { false } }

    var fileCount: Int { partner == nil ? 1 : 2 }

    /// A reading of this session at its beginning.
    func reading(detail: LogEvent.Detail) -> SessionReading {
        let isServer = SessionForm.half(of: path) == .server
        let other = partner?.path ?? path
        return SessionReading(
            form.mailProtocol, detail: detail, kind: form.kind,
            files: isServer ? (client: other, server: path) : (client: path, server: other))
    }

    /// Gives what was said, one after another, once.
    func turns(_ give: (SessionTurn) -> Void) throws(CorpusSummary.Failure) {
        guard var decoder = SessionDecoder(form.kind) else { return try rawlogTurns().forEach(give) }
        do {
            while let piece = try bytes.next() {
                decoder.receive(piece)
                while let turn = try decoder.next() { give(turn) }
            }
            decoder.finish()
            while let turn = try decoder.next() { give(turn) }
        } catch let error as Transcript.SyntaxError {
            throw CorpusSummary.Failure(file: path, problem: "\(error)")
        } catch let failure as CorpusSummary.Failure {
            throw failure
        } catch {
            throw CorpusSummary.Failure(file: path, problem: "\(error)")
        }
    }

    private func rawlogTurns() throws(CorpusSummary.Failure) -> [SessionTurn] {
        let own = try whole(bytes, of: path)
        let other = try partner.map { partner throws(CorpusSummary.Failure) in try whole(partner.bytes, of: partner.path) }
        let isServer = SessionForm.half(of: path) == .server
        return Rawlog.turns(client: isServer ? other ?? ByteBuffer() : own, server: isServer ? own : other ?? ByteBuffer())
    }

    private func whole(_ pieces: FilePieces, of path: String) throws(CorpusSummary.Failure) -> ByteBuffer {
        var all = ByteBuffer()
        while let piece = try pieces.next() {
            guard all.readableBytes + piece.readableBytes <= Rawlog.maximumSize else {
                let side = SessionForm.half(of: path) ?? .client
                throw CorpusSummary.Failure(
                    file: path, problem: "is larger than the 64 MiB that may be half of a rawlog",
                    advice: "to read it alone give --side \(side.rawValue)")
            }
            all.writeImmutableBuffer(piece)
        }
        return all
    }
}

/// The bytes of a file, read once from the beginning to the end.
final class FilePieces {
    private static let pieceSize = 1 << 18

    private let path: String
    private let descriptor: Int32
    private var first: ByteBuffer?
    /// What the file begins with.
    let head: ByteBuffer
    /// Octets that were given.
    private(set) var octetsRead = 0

    init(_ path: String) throws(CorpusSummary.Failure) {
        self.path = path
        descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        var start = ByteBuffer()
        // A pipe gives what it has, which may be less than is needed to tell what it is.
        while start.readableBytes < SessionForm.headSize {
            do {
                guard let piece = try Self.read(descriptor, path) else { break }
                start.writeImmutableBuffer(piece)
            } catch {
                close(descriptor)
                throw error
            }
        }
        first = start
        head = start.getSlice(at: 0, length: min(start.readableBytes, SessionForm.headSize)) ?? start
    }

    deinit { close(descriptor) }

    func next() throws(CorpusSummary.Failure) -> ByteBuffer? {
        let piece = if let first { first } else { try Self.read(descriptor, path) }
        first = nil
        octetsRead += piece?.readableBytes ?? 0
        return piece
    }

    /// Octets of the file; 0 for what is none.
    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(CorpusSummary.Failure) -> ByteBuffer? {
        var piece = ByteBuffer()
        var code: Int32 = 0
        let count = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: pieceSize) { room in
            while true {
                let count = Foundation.read(descriptor, room.baseAddress, pieceSize)
                if count >= 0 { return count }
                guard errno == EINTR else {
                    code = errno
                    return 0
                }
            }
        }
        if code != 0 { throw failure(path, code) }
        return count > 0 ? piece : nil
    }

    static func failure(_ path: String, _ code: Int32) -> CorpusSummary.Failure {
        CorpusSummary.Failure(file: path, problem: "cannot be read: \(String(cString: strerror(code)))")
    }
}
