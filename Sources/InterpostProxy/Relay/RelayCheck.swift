import Foundation
public import InterpostConfiguration
import InterpostFiles

extension Relay {
    /// Looks for the files that a relay with this configuration needs, and throws for one that is missing, or cannot be read or written.
    /// Makes nothing.
    ///
    ///     record.path: /var/captures cannot be written: No such file or directory
    public static func check(_ configuration: Configuration) throws {
        try about("tls.trust") { _ = try UpstreamVerifier(trust: configuration.tls.trust, skipsVerification: false) }
        if configuration.tls.certificate != nil {
            try about("tls") { _ = try ServerContexts(configuration.tls) }
        } else {
            let folder = configuration.tls.authority.map { URL(filePath: $0) } ?? CertificateAuthority.standardDirectory
            try about("tls.authority") {
                if CertificateAuthority.exists(in: folder) {
                    _ = try CertificateAuthority(directory: folder)
                } else {
                    try WritablePlace.check(makingFolders: folder.path)
                }
            }
        }
        for account in configuration.accounts {
            guard let secret = account.secret else { continue }
            try about("accounts, \(account.name)") { try SecretReader.check(secret) }
        }
        if configuration.relays.contains(where: { $0.accounts != nil }) {
            try about("tokens") { _ = try TokenStore(configuration.tokens).records() }
        }
        if let path = configuration.record.path {
            try about("record.path") {
                try WritablePlace.check(path)
                if !SessionFiles.isFolder(path), FileManager.default.fileExists(atPath: path), !CaptureReader.isCapture(path),
                    CapturePlace(path: path).size > 0
                {
                    throw WritablePlace.Failure(description: "\(path) is not a capture, and is not replaced")
                }
            }
        }
        if let file = configuration.record.pseudonymKey {
            try about("record.pseudonym-key") {
                if access(file, F_OK) == 0 { _ = try PseudonymHMAC(file: file) } else { try WritablePlace.check(file) }
            }
        }
        if let file = configuration.log.file, file != "-" {
            try about("log.file") {
                try WritablePlace.check(file)
                guard !SessionFiles.isFolder(file) else { throw WritablePlace.Failure(description: "\(file) is a folder") }
            }
        }
    }

    private static func about(_ key: String, _ body: () throws -> Void) throws {
        do { try body() } catch { throw WritablePlace.Failure(description: "\(key): \(ErrorWords.of(error))") }
    }
}

/// Whether a place can be written to. Nothing is written to find out.
enum WritablePlace {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Accepts a folder in which files can be made, a file that can be appended to, or a path at which a file can be made.
    static func check(_ path: String) throws(Failure) {
        let isThere = access(path, F_OK) == 0
        let place = isThere ? path : parent(of: path)
        // In a folder, files are made and found again.
        let mode = SessionFiles.isFolder(place) ? W_OK | X_OK : W_OK
        if !isThere, access(place, F_OK) == 0, !SessionFiles.isFolder(place) {
            throw Failure(description: "\(path) cannot be written: \(place) is no folder")
        }
        guard access(place, mode) != 0 else { return }
        throw Failure(description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }

    /// Accepts a folder that can be made, together with the folders above it.
    static func check(makingFolders path: String) throws(Failure) {
        var place = path
        while access(place, F_OK) != 0, place != "/", place != "." { place = parent(of: place) }
        guard access(place, W_OK | X_OK) != 0 else { return }
        throw Failure(description: "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
