import Foundation

/// A command that the server did not obey, and what it said.
public struct Refusal: Error, CustomStringConvertible {
    public var description: String
}

/// Reads a mailbox by IMAP.
public final class IMAPClient {
    private let socket: LineSocket
    private var commands = 0

    public init(host: String, port: Int) throws {
        socket = try LineSocket(host: host, port: port)
        _ = try socket.line()
    }

    public func login(user: String, password: String) throws {
        try perform("LOGIN \(user) \"\(password)\"")
    }

    /// - Returns: How many messages are in it.
    public func select(_ mailbox: String) throws -> Int {
        try perform("SELECT \(mailbox)").compactMap(Self.exists).last ?? 0
    }

    /// The subjects of all messages.
    public func subjects() throws -> [String] {
        try perform("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])").compactMap { line in
            line.components(separatedBy: "\r\n").first { $0.hasPrefix("Subject: ") }.map { String($0.dropFirst(9)) }
        }
    }

    public func markSeen(_ message: Int) throws { try perform("STORE \(message) +FLAGS.SILENT (\\Seen)") }

    /// Waits for new mail.
    /// - Returns: How many messages there are then.
    public func waitForMail() throws -> Int {
        let tag = try begin("IDLE")
        var count: Int?
        while count == nil { count = Self.exists(try socket.line()) }
        try socket.send("DONE")
        try end(tag)
        return count ?? 0
    }

    public func logout() throws { try perform("LOGOUT") }

    private static func exists(_ line: String) -> Int? {
        let words = line.split(separator: " ")
        return words.count == 3 && words[2] == "EXISTS" ? Int(words[1]) : nil
    }

    private func begin(_ command: String) throws -> String {
        commands += 1
        try socket.send("t\(commands) \(command)")
        return "t\(commands)"
    }

    /// - Returns: What the server said before it was done: lines, and literals where they belong.
    @discardableResult
    private func end(_ tag: String) throws -> [String] {
        var said: [String] = []
        while true {
            var line = try socket.line()
            while line.hasSuffix("}"), let start = line.lastIndex(of: "{"), let count = Int(line[start...].dropFirst().dropLast())
            {
                line += try "\r\n" + socket.octets(count) + socket.line()
            }
            guard line.hasPrefix("\(tag) ") else {
                said.append(line)
                continue
            }
            guard line.hasPrefix("\(tag) OK") else { throw Refusal(description: line) }
            return said
        }
    }

    @discardableResult
    private func perform(_ command: String) throws -> [String] { try end(begin(command)) }
}
