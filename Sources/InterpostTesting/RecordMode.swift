import Foundation
import InterpostConfiguration

/// When a test talks to a real server and records what it says.
public enum RecordMode: String, Sendable, CaseIterable {
    /// Only while there is no capture; after that, the capture is replayed.
    case once
    /// Never: there must be a capture.
    case never
    /// Every time; the capture is replaced if the test passes.
    case always

    /// The environment variable that sets the mode of all tests with a server to record from, whatever they ask for.
    static let variable = "INTERPOST_RECORD"

    /// The mode in effect for a test that asks for this one.
    /// - Parameter canRecord: Whether the test names a server.
    func chosen(canRecord: Bool, environment: [String: String]) throws -> RecordMode {
        guard canRecord else {
            guard self == .never else {
                throw MailServerError("record: .\(rawValue) needs a server to record from: add from: \"imaps://…\" or pop3s")
            }
            return .never
        }
        guard let word = environment[Self.variable], !word.isEmpty else { return self }
        guard let mode = RecordMode(rawValue: word.lowercased()) else {
            let words = Self.allCases.map(\.rawValue)
            throw MailServerError(
                "\(Self.variable)=\(word) is not one of \(words.joined(separator: ", "))"
                    + Suggestion.nearest(to: word, among: words))
        }
        return mode
    }
}
