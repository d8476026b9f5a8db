import Foundation

/// What is said beside the output: `interpost: mail.interpost has 3 sessions`.
enum StandardError {
    static func note(_ text: String) { FileHandle.standardError.write(Data("interpost: \(text)\n".utf8)) }
}
