import Foundation

/// Empties a maildrop by POP3.
public final class POP3Client {
    private let socket: LineSocket

    public init(host: String, port: Int) throws {
        socket = try LineSocket(host: host, port: port)
        _ = try socket.line()
    }

    public func login(user: String, password: String) throws {
        try perform("USER \(user)")
        try perform("PASS \(password)")
    }

    /// Reads all messages, and deletes them.
    public func takeAll() throws -> [String] {
        let status = try perform("STAT").split(separator: " ")
        let count = status.count > 1 ? Int(status[1]) ?? 0 : 0
        return try (0..<count).map { index in
            try perform("RETR \(index + 1)")
            let message = try body()
            try perform("DELE \(index + 1)")
            return message
        }
    }

    public func quit() throws { try perform("QUIT") }

    @discardableResult
    private func perform(_ command: String) throws -> String {
        try socket.send(command)
        let line = try socket.line()
        guard line.hasPrefix("+OK") else { throw Refusal(description: line) }
        return line
    }

    private func body() throws -> String {
        var text = ""
        while true {
            let line = try socket.line()
            if line == "." { return text }
            text += (line.hasPrefix(".") ? String(line.dropFirst()) : line) + "\n"
        }
    }
}
