import Foundation
import InterpostCore
import NIOCore

/// A secret that a person types, without showing it, or that a program writes as the first line of standard input.
enum PasswordPrompt {
    private static let maximumSize = 1 << 16
    private static let interrupt: UInt8 = 3

    /// - Parameters:
    ///   - what: What is asked for: `Password`.
    ///   - isNew: Whether a person types it twice.
    static func read(_ what: String, isNew: Bool) throws -> Secret {
        guard isatty(STDIN_FILENO) == 1 else { return Secret(ByteBuffer(bytes: try line())) }
        let typed = try withoutEcho { try line(after: "\(what): ") }
        guard isNew else { return Secret(ByteBuffer(bytes: typed)) }
        guard try withoutEcho({ try line(after: "\(what) again: ") }) == typed else {
            throw UserError("the two are not the same")
        }
        return Secret(ByteBuffer(bytes: typed))
    }

    /// Neither shows what is typed nor obeys it: a signal would leave the terminal without an echo.
    private static func withoutEcho<Result>(_ body: () throws -> Result) throws -> Result {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw UserError("the terminal cannot be asked: \(String(cString: strerror(errno)))")
        }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else {
            throw UserError("the terminal's echo cannot be turned off: \(String(cString: strerror(errno)))")
        }
        defer {
            _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return try body()
    }

    private static func line(after prompt: String = "") throws -> [UInt8] {
        FileHandle.standardError.write(Data(prompt.utf8))
        var line: [UInt8] = []
        var octet: UInt8 = 0
        // Octet by octet: what follows the line is not this program's.
        while true {
            let count = Foundation.read(STDIN_FILENO, &octet, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, octet != UInt8(ascii: "\n") else { break }
            guard octet != interrupt, line.count < maximumSize else { throw UserError("there is no line to read") }
            line.append(octet)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty else { throw UserError("nothing was said") }
        return line
    }
}
