import Crypto
import Foundation
public import InterpostCore
public import NIOCore

/// Pseudonyms from HMAC-SHA-256 and a key of random octets.
public struct PseudonymHMAC: PseudonymKey {
    /// Why a key cannot be read or made, in words for people.
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    private static let octets = 32

    private let key: SymmetricKey

    /// A key that is forgotten when the program ends.
    public init() { key = SymmetricKey(size: .bits256) }

    /// The key in a file, so that captures made at different times have the same pseudonyms; made with mode 0600 if there is none.
    public init(file path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened: \(String(cString: strerror(errno)))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw Self.failure(path, "can be read by others, who could undo every pseudonym: chmod 600 it, or take another")
        }
        let kept = try file.readToEnd() ?? Data()
        guard kept.isEmpty else {
            guard kept.count == Self.octets else {
                throw Self.failure(path, "has \(kept.count) octets and not \(Self.octets): it is no key for pseudonyms")
            }
            key = SymmetricKey(data: kept)
            return
        }
        key = SymmetricKey(size: .bits256)
        try key.withUnsafeBytes { try file.write(contentsOf: Data($0)) }
    }

    private static func failure(_ path: String, _ problem: String) -> Failure { Failure(description: "\(path) \(problem)") }

    /// HMAC-SHA-256 of the kind and the value: 32 octets.
    public func digest(_ value: ByteBuffer, of kind: PseudonymKind) -> [UInt8] {
        var message = Array("\(kind.rawValue)\0".utf8)
        message.append(contentsOf: value.readableBytesView)
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }
}
