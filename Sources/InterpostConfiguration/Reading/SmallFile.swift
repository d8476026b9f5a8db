package import Foundation

/// A file that is read whole: a configuration, certificates, a list of secrets. It may be a pipe, as `<(…)` of a shell is; Foundation
/// refuses to read those.
package enum SmallFile {
    /// Octets that a file may have.
    package static let maximumSize = 1 << 24

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package static func read(_ path: String) throws(Failure) -> Data {
        guard let file = FileHandle(forReadingAtPath: path) else { throw Failure(description: reason(errno)) }
        var data = Data()
        do {
            while data.count <= maximumSize, let piece = try file.read(upToCount: 1 << 16), !piece.isEmpty { data += piece }
        } catch {
            throw Failure(description: (error as? CocoaError)?.underlying.map { reason(Int32($0.code)) } ?? "\(error)")
        }
        guard data.count <= maximumSize else { throw Failure(description: "it is larger than \(maximumSize >> 20) MiB") }
        return data
    }

    private static func reason(_ code: Int32) -> String {
        code == ENOENT ? "there is no such file" : String(cString: strerror(code)).lowercased()
    }
}

extension CocoaError {
    fileprivate var underlying: NSError? { userInfo[NSUnderlyingErrorKey] as? NSError }
}
