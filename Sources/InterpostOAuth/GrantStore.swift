import Crypto
import Foundation
package import InterpostConfiguration
import InterpostCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Refresh tokens on disk: one file for each account, of mode 0600, encrypted (AES-GCM).
///
///     STATE/accounts/anna%40example.org.token      IPTOKEN1, a nonce, what is encrypted, a tag
///     STATE/accounts/anna%40example.org.lock       who has it locked may ask for a new token
///
/// A file cannot be passed off as that of another account: its name is part of what the tag is for. All of this waits for the disk, so
/// it is not called on an event loop.
package struct GrantStore: Sendable {
    package let folder: String
    private let key: GrantKey
    /// For tests that end the program at a certain step.
    private let step: @Sendable (WriteStep) -> Void

    private static let magic = Array("IPTOKEN1".utf8)
    private static let maximumSize = 1 << 16

    /// - Parameter folder: `STATE/accounts`; made where there is none, for the owner only.
    package init(folder: String, key: GrantKey, step: @escaping @Sendable (WriteStep) -> Void = { _ in }) throws(GrantStoreError)
    {
        self.folder = folder
        self.key = key
        self.step = step
        try Self.make(folder)
    }

    /// Makes the folder, and those above it.
    package static func make(_ folder: String) throws(GrantStoreError) {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw GrantStoreError("\(folder) cannot be made")
        }
        try GrantFile.syncFolder(of: folder)
    }

    /// The store that a configuration names, or the one in the state directory.
    package init(_ configuration: Configuration) throws(GrantStoreError) {
        let folder = configuration.grants ?? StateDirectory.standard.appending(path: "accounts").path
        try Self.make(folder)
        try self.init(folder: folder, key: GrantKey(configuration.grantsKey, beside: folder))
    }

    package struct Found: Sendable {
        package var token: StoredGrant
        package var identity: FileIdentity
    }

    /// What is stored for an account; `nil` where nobody has allowed it yet.
    package func read(_ account: String) throws(GrantStoreError) -> Found? {
        let path = path(of: account)
        guard let file = try GrantFile.read(path, maximum: Self.maximumSize) else { return nil }
        guard let token = open(file.bytes, at: path), token.account == account else {
            throw GrantStoreError(
                """
                \(path) cannot be read with this key: it is damaged, or of another key. Bring the key back, or run 'interpost account \
                authorise \(account)', which keeps the file aside
                """)
        }
        return Found(token: token, identity: file.identity)
    }

    /// All that is stored, in the order of the files' names; why a file cannot be read.
    package func all() throws(GrantStoreError) -> [(file: String, grant: Result<StoredGrant, GrantStoreError>)] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".token") }.sorted()
        } catch {
            throw GrantStoreError("\(folder) cannot be read")
        }
        return names.map { name in
            let path = "\(folder)/\(name)"
            return (
                path,
                Result { () throws(GrantStoreError) in
                    guard let file = try GrantFile.read(path, maximum: Self.maximumSize), let grant = open(file.bytes, at: path)
                    else {
                        throw GrantStoreError("\(path) cannot be read with this key: it is damaged, or of another key")
                    }
                    return grant
                }
            )
        }
    }

    /// Which file there is for an account, without reading it.
    package func identity(of account: String) -> FileIdentity? {
        var status = stat()
        return lstat(path(of: account), &status) == 0 ? FileIdentity(status) : nil
    }

    /// Stores a token in place of the one that is there. To be called with ``lock(_:)``.
    ///
    /// - Returns: The path under which a file is kept that cannot be read, if there was one.
    @discardableResult
    package func write(_ token: StoredGrant) throws(GrantStoreError) -> String? {
        let path = path(of: token.account)
        let aside = try keepAside(token.account)
        try GrantFile.replace(path, try seal(token), step: step)
        return aside
    }

    /// Removes what is stored for an account; says whether there was anything.
    package func remove(_ account: String) throws(GrantStoreError) -> Bool {
        let path = path(of: account)
        unlink(path + ".new")
        guard unlink(path) == 0 else {
            guard errno == ENOENT else { throw .system(path, "cannot be removed") }
            return false
        }
        try GrantFile.syncFolder(of: path)
        return true
    }

    /// The lock of an account; `nil` while another task or program has it. It ends with the value, or with the program.
    package func lock(_ account: String) throws(GrantStoreError) -> GrantLock? {
        try GrantLock(folder + "/" + GrantFileName.encode(account) + ".lock")
    }

    package func path(of account: String) -> String { folder + "/" + GrantFileName.encode(account) + ".token" }

    private func keepAside(_ account: String) throws(GrantStoreError) -> String? {
        let path = path(of: account)
        guard identity(of: account) != nil else { return nil }
        // A file that cannot even be opened is kept, too.
        if let file = try? GrantFile.read(path, maximum: Self.maximumSize), open(file.bytes, at: path) != nil { return nil }
        for number in 1...1000 {
            let aside = "\(path).unreadable-\(number)"
            // A link does not replace what is there.
            guard link(path, aside) == 0 else {
                guard errno == EEXIST else { throw .system(aside, "cannot be made") }
                continue
            }
            return aside
        }
        throw GrantStoreError("\(folder) has too many files that cannot be read; remove some")
    }

    private func seal(_ token: StoredGrant) throws(GrantStoreError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(
                token.plaintext, using: key.symmetric, authenticating: Self.authenticated(path(of: token.account)))
            guard let combined = box.combined else { throw GrantStoreError("a token cannot be encrypted") }
            return Self.magic + Array(combined)
        } catch {
            throw GrantStoreError("a token cannot be encrypted")
        }
    }

    private func open(_ bytes: [UInt8], at path: String) -> StoredGrant? {
        guard bytes.starts(with: Self.magic), let box = try? AES.GCM.SealedBox(combined: bytes[Self.magic.count...]),
            let text = try? AES.GCM.open(box, using: key.symmetric, authenticating: Self.authenticated(path)),
            let token = StoredGrant(plaintext: text), self.path(of: token.account) == path
        else { return nil }
        return token
    }

    /// The name of the file, too: it cannot be passed off as that of another account.
    private static func authenticated(_ path: String) -> [UInt8] { magic + Array((path.split(separator: "/").last ?? "").utf8) }
}

/// The name of an account as that of a file: no two names give one file, also where the disk does not tell `A` from `a`.
///
///     anna@example.org      anna@example.org
///     ../Anna               %2E%2E%2F%41nna
package enum GrantFileName {
    /// Octets of a name that is not shortened.
    private static let maximumLength = 150

    package static func encode(_ account: String) -> String {
        var name = ""
        for (index, byte) in account.utf8.enumerated() {
            let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-_@+".utf8.contains(byte)
            if isPlain || byte == UInt8(ascii: ".") && index > 0 {
                name.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        guard name.utf8.count > maximumLength else { return name }
        // No plain name has `=`.
        let digest = SHA256.hash(data: Array(account.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return name.prefix(maximumLength - 66) + "=" + digest
    }
}

/// Held while a token is asked for and stored, so that no two programs do so at once with one refresh token.
package final class GrantLock: Sendable {
    private let file: CInt

    fileprivate init?(_ path: String) throws(GrantStoreError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system(path, "cannot be opened") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(file)
            guard code == EWOULDBLOCK else { throw .system(path, "cannot be locked", code) }
            return nil
        }
        self.file = file
    }

    deinit { close(file) }
}
