import Foundation

/// A file whose first line is a password.
enum PasswordFile {
    static func read(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).first
            .map(String.init) ?? ""
    }
}
