import InterpostCore
import NIOCore

@testable import InterpostConfiguration

/// What holds for the reader of token files, whatever the file holds: it is read, or something is said that a terminal can show; and what
/// was read, written and read again, is the same.
enum TokenFileProperties {
    static func check(_ input: ByteBuffer) throws(Violation) {
        let tokens: [Token]
        do throws(TokenFile.Mistake) {
            tokens = try TokenFile.read(input)
        } catch {
            return try require(
                !error.description.isEmpty && TerminalText.shown(error.description) == error.description, "said: \(error)")
        }
        let written = try? TokenFile.text(of: tokens)
        try requireEqual(written.flatMap { try? TokenFile.read($0) }, tokens, "tokens, written and read again")
        for token in tokens {
            try require(LoginName.isGood(token.name) && token.digest.count == 32, "accepted: \(token.name)")
        }
    }
}
