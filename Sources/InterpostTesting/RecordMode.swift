import Foundation
import InterpostConfiguration

/// When a test speaks with a real server, and records what it says.
public enum RecordMode: String, Sendable, CaseIterable {
    /// While there is no capture. From then on it is replayed.
    case once
    /// Not at all: there has to be a capture.
    case never
    /// Every time; the capture is replaced when the test passes.
    case always

    /// The mode of all tests that name a server to record from, whatever they say themselves.
    static let variable = "INTERPOST_RECORD"

    /// What is done for a test that says this.
    /// - Parameter canRecord: The test names a server.
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
