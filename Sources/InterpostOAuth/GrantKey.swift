import Crypto
import Foundation
import InterpostConfiguration
import InterpostCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The key with which refresh tokens are encrypted.
package struct GrantKey: Sendable {
    let symmetric: SymmetricKey

    /// Octets that a key file has at least.
    private static let minimumLength = 16

    /// - Parameter material: At least 16 octets that nobody can guess; white space at its end does not count.
    package init(material: [UInt8]) throws(GrantStoreError) {
        let end = material.lastIndex { !" \n\r\t".utf8.contains($0) }.map { $0 + 1 } ?? 0
        guard end >= Self.minimumLength else {
            throw GrantStoreError("the key for refresh tokens has fewer than \(Self.minimumLength) octets")
        }
        symmetric = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: material[..<end]), info: Array("interpost refresh tokens".utf8),
            outputByteCount: 32)
    }

    /// - Parameters:
    ///   - text: `credential:NAME`, or the path of a file; `nil` for a file beside the folder.
    ///   - folder: That with what is encrypted.
    package init(_ text: String?, beside folder: String) throws(GrantStoreError) {
        if let text, text.hasPrefix("credential:") {
            try self.init(credential: String(text.dropFirst("credential:".count)))
        } else {
            try self.init(file: text ?? folder + ".key")
        }
    }

    /// The key in a file that only its owner may read; it is made where there is none.
    package init(file path: String) throws(GrantStoreError) {
        try self.init(material: try Self.material(in: path))
    }

    /// A credential of systemd (`LoadCredential=`).
    package init(credential name: String, directory: String? = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"])
        throws(GrantStoreError)
    {
        guard let directory else {
            throw GrantStoreError("there is no credential '\(name)': systemd sets $CREDENTIALS_DIRECTORY for LoadCredential=")
        }
        guard !name.isEmpty, !name.hasPrefix("."), !name.utf8.contains(UInt8(ascii: "/")) else {
            throw GrantStoreError("'\(TerminalText.shown(name, atMost: 64))' is not the name of a credential")
        }
        let path = directory + "/" + name
        do {
            try self.init(material: Array(try SmallFile.read(path)))
        } catch let error as GrantStoreError {
            throw error
        } catch {
            throw GrantStoreError("\(path) cannot be read: \(error)")
        }
    }

    private static func material(in path: String) throws(GrantStoreError) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        // Of two programs that begin together, both go on with the key of the first.
        for _ in 0..<2 {
            if let file = try GrantFile.read(path, maximum: 4096) {
                guard file.isPrivate else {
                    throw GrantStoreError("\(path) may be read by others than its owner; say 'chmod 600 \(path)'")
                }
                return file.bytes
            }
            let digits = (0..<32).map { _ in String(UInt8.random(in: 16...255, using: &generator), radix: 16) }.joined()
            try GrantFile.create(path, Array(digits.utf8) + [0x0A])
        }
        throw GrantStoreError("\(path) cannot be made")
    }
}
