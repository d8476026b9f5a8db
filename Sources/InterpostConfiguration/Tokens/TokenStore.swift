import Foundation
package import InterpostCore
import NIOCore

/// The token file and what is kept beside it: `tokens` (who is let in), `tokens.usage` (what was counted) and `tokens.lock`.
///
/// Commands and running programs change the files at the same time. Whoever changes one has the lock, reads, and puts a new file in the
/// place of the old one, so nobody reads half of a file, and no change is lost. Reading needs no lock. All of it blocks: it has no
/// place on an event loop.
package struct TokenStore: Sendable {
    /// Why tokens cannot be read or changed, in words for people.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String

        package init(_ description: String) { self.description = description }
    }

    package let path: String
    /// Seconds to wait for others who change the files.
    private let patience: Int

    /// - Parameter path: `nil` for `tokens` in the state directory.
    package init(_ path: String?, patience: Int = 10) {
        self.path = path ?? StateDirectory.standard.appending(path: "tokens").path
        self.patience = patience
    }

    // MARK: - Reading

    /// All tokens, those that are over, too, in the order in which they were made; none where there is no file.
    package func tokens() throws(Failure) -> [Token] {
        guard let data = try read(path, "tokens") else { return [] }
        do {
            return try TokenFile.read(ByteBuffer(bytes: data))
        } catch {
            throw Failure("the token file \(path) cannot be used: \(error)")
        }
    }

    /// Those who may log in, as the directory of clients wants them. One token whose policy cannot be read is an error, and then nobody
    /// is let in; that of a token that was revoked is not looked at.
    package func records() throws(Failure) -> [ClientRecord] {
        var policies: [String: Policy] = [:]
        var records: [ClientRecord] = []
        for token in try tokens() {
            let policy: Policy
            if token.revoked != nil {
                policy = Policy(.readOnly)
            } else if let known = policies[token.policy] {
                policy = known
            } else {
                policy = try Self.policy(of: token)
                policies[token.policy] = policy
            }
            records.append(token.record(policy))
        }
        return records
    }

    private static func policy(of token: Token) throws(Failure) -> Policy {
        do {
            return try policy(token.policy)
        } catch {
            throw Failure("token '\(token.name)': \(error)")
        }
    }

    /// A preset, or the policy in a file, as far as it can be a token's.
    package static func policy(_ presetOrPath: String) throws(Failure) -> Policy {
        let policy: Policy
        do {
            policy = try PolicyFile.read(presetOrPath: presetOrPath)
        } catch {
            throw Failure("the policy cannot be used: \(error)")
        }
        guard !policy.isDryRun else { throw Failure("the policy \(presetOrPath) cannot be used: \(AccountConfiguration.dryRun)") }
        return policy
    }

    /// Changes with each change of the token file; `nil` where there is none. To look whether it has to be read again.
    package var stamp: Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: Int64(status.st_mtim.tv_sec),
            nanoseconds: Int64(status.st_mtim.tv_nsec))
    }

    package struct Stamp: Sendable, Equatable {
        fileprivate let inode: UInt64
        fileprivate let size: Int64
        fileprivate let seconds: Int64
        fileprivate let nanoseconds: Int64
    }

    // MARK: - Changing

    /// Reads the tokens, has `body` change them, and writes what has changed. Nobody else changes them meanwhile. Where `body` throws,
    /// nothing is written.
    @discardableResult
    package func change<Result>(_ body: (inout [Token]) throws -> Result) throws -> Result {
        try makeFolder()
        return try withLock {
            let old = try tokens()
            var new = old
            let result = try body(&new)
            guard new != old else { return result }
            do {
                try write(Data(TokenFile.text(of: new).readableBytesView), to: path)
            } catch let mistake as TokenFile.Mistake {
                throw Failure("the token file \(path) cannot be written: \(mistake)")
            }
            return result
        }
    }

    // MARK: - Usage

    /// What was counted of each token; nothing where there is no file.
    package func usage() throws(Failure) -> [String: TokenUsage.Entry] {
        guard let data = try read(usagePath, "what was counted of tokens") else { return [:] }
        do {
            return try TokenUsage.read(data)
        } catch {
            throw Failure("\(usagePath) cannot be used: it is not what Interpost writes. Remove it, and counting begins anew")
        }
    }

    /// Adds what was counted to what the file has. Of tokens that are not there any more, nothing is kept.
    package func flush(_ counted: TokenUsage) throws {
        guard !counted.isEmpty else { return }
        try withLock {
            let names = Set(try tokens().map(\.name))
            var all = TokenUsage(try usage())
            all.add(counted)
            all.keep(names)
            try write(all.text, to: usagePath)
        }
    }

    private var usagePath: String { path + ".usage" }

    // MARK: - Files

    private func read(_ path: String, _ what: String) throws(Failure) -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure("\(path), \(what), cannot be read: \(Self.reason)")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure("\(path), \(what), is not a file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Failure(
                "\(path), \(what), may be read or written by others (mode \(String(status.st_mode & 0o777, radix: 8))); "
                    + "run: chmod 600 \(path)")
        }
        do {
            let data = try file.read(upToCount: TokenFile.maximumSize + 1) ?? Data()
            guard data.count <= TokenFile.maximumSize else { throw CocoaError(.fileReadTooLarge) }
            return data
        } catch {
            throw Failure("\(path), \(what), cannot be read, or is larger than \(TokenFile.maximumSize >> 20) MiB")
        }
    }

    private func makeFolder() throws(Failure) {
        let folder = URL(filePath: path).deletingLastPathComponent()
        guard !FileManager.default.fileExists(atPath: folder.path) else { return }
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure("the folder \(folder.path) cannot be made")
        }
    }

    /// The lock is on a file of its own, because the others are replaced. It ends with the process that has it.
    private func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        let path = path + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("\(path) cannot be opened: \(Self.reason)") }
        defer { close(descriptor) }
        let deadline = ContinuousClock.now + .seconds(patience)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw Failure("\(path) cannot be locked: \(Self.reason)") }
            guard ContinuousClock.now < deadline else {
                throw Failure("\(path) is locked by another program, for \(patience) s now: nothing was changed")
            }
            usleep(5_000)
        }
        return try body()
    }

    /// Puts a new file in the place of the old one. Either is whole at each moment, after a crash, too.
    private func write(_ data: Data, to path: String) throws(Failure) {
        // Whoever has the lock is the only one who writes it; it may be left from a program that was killed.
        let new = path + ".new"
        unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("\(new) cannot be made: \(Self.reason)") }
        do {
            defer { close(descriptor) }
            // Whatever the umask takes away, the owner reads and writes.
            guard fchmod(descriptor, 0o600) == 0, Self.writeAll(data, to: descriptor), fsync(descriptor) == 0 else {
                let reason = Self.reason
                unlink(new)
                throw Failure("\(new) cannot be written: \(reason)")
            }
        }
        guard rename(new, path) == 0 else {
            let reason = Self.reason
            unlink(new)
            throw Failure("\(path) cannot be replaced: \(reason)")
        }
        let folder = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func writeAll(_ data: Data, to descriptor: Int32) -> Bool {
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
