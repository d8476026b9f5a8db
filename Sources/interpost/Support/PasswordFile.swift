import Foundation

/// A file whose first line is a password; it may be a pipe.
enum PasswordFile {
    private static let maximumSize = 1 << 16

    static func read(_ path: String) throws -> String {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw UserError("the password file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let data = try file.read(upToCount: maximumSize) ?? Data()
        let line = data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !line.isEmpty else { throw UserError("the password file \(path) has nothing in its first line") }
        return String(decoding: line, as: UTF8.self)
    }
}
