import Foundation
import InterpostCore
package import NIOCore

/// The text of a token file: one JSON object, each token in a line of its own. It is read strictly, because whoever it lists is let in:
/// an unknown field, a value of another type or a text that is no such value is an error, and then no token is taken.
///
///     {"v":1,"tokens":[
///     {"account":"anna","created":"2026-11-28T09:00:00Z","digest":"9f86d0…","name":"agent-7","policy":"read-only"}
///     ]}
package enum TokenFile {
    package static let version = 1
    /// The most octets that are read or written.
    package static let maximumSize = 16 << 20
    package static let maximumTokens = 100_000

    /// What is wrong with a file, without its path: `token 'agent-7': 'expires' is …`.
    package struct Mistake: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String

        init(_ description: String) { self.description = description }
    }

    /// - Parameter maximum: Tokens that there may be.
    package static func read(_ text: ByteBuffer, maximum: Int = maximumTokens) throws(Mistake) -> [Token] {
        guard text.readableBytes <= maximumSize else { throw Mistake("it is larger than \(maximumSize >> 20) MiB") }
        guard let file = JSONValue(text) else { throw Mistake("it is not JSON, not whole, or has a field twice") }
        let fields = try TokenFields(file, of: "the file", among: ["v", "tokens"])
        guard try fields.number("v") == version else {
            throw Mistake("its version ('v') is not \(version): another version of Interpost wrote it")
        }
        guard let list = try fields.list("tokens") else { throw fields.missing("tokens") }
        guard list.count <= maximum else { throw Mistake("it has more than \(maximum) tokens") }
        var tokens: [Token] = []
        var names: Set<String> = []
        for (index, value) in list.enumerated() {
            let token = try token(value, number: index + 1)
            guard names.insert(token.name).inserted else { throw Mistake("there are two tokens with the name '\(token.name)'") }
            tokens.append(token)
        }
        return tokens
    }

    private enum Field: String, CodingKey, CaseIterable {
        case name, account, digest, policy, expires, from, protocols, sessions, note, created, revoked
    }

    private static func token(_ value: JSONValue, number: Int) throws(Mistake) -> Token {
        let names = Field.allCases.map(\.rawValue)
        let unnamed = try TokenFields(value, of: "token \(number)", among: nil)
        let name = try unnamed.text("name")
        guard LoginName.isGood(name) else { throw unnamed.mistake("name", "is \(LoginName.rule)") }
        let fields = try TokenFields(value, of: "token '\(name)'", among: names)
        let account = try fields.text("account")
        guard LoginName.isGood(account, wildcard: true) else { throw fields.mistake("account", "is the name of an account") }
        guard let digest = octets(try fields.text("digest")) else {
            throw fields.mistake("digest", "is a SHA-256 in hexadecimal: 64 of the digits 0-9 and a-f")
        }
        let policy = try fields.text("policy")
        guard !policy.isEmpty else { throw fields.mistake("policy", "is a preset or the path of a policy file") }
        let sessions = try fields.number("sessions")
        if let sessions, !Token.sessionCounts.contains(sessions) {
            throw fields.mistake("sessions", "is a whole number from 1 to \(Token.sessionCounts.upperBound)")
        }
        let note = try fields.optionalText("note")
        if let note, note.unicodeScalars.count > Token.maximumNote {
            throw fields.mistake("note", "has more than \(Token.maximumNote) characters")
        }
        guard let created = try fields.time("created") else { throw fields.missing("created") }
        return Token(
            name: name, account: account, digest: digest, policy: policy, expires: try fields.time("expires"),
            from: try fields.values("from", "addresses, or ranges of them") { AddressRange($0) } ?? [],
            protocols: try fields.values("protocols", "imap and pop3") { MailProtocol(rawValue: $0) }.map { Set($0) },
            sessions: sessions, note: note, created: created, revoked: try fields.time("revoked"))
    }

    // MARK: - Writing

    package static func text(of tokens: [Token]) throws(Mistake) -> ByteBuffer {
        guard tokens.count <= maximumTokens else { throw Mistake("there are more than \(maximumTokens) tokens: remove old ones") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = ByteBuffer(string: "{\"v\":\(version),\"tokens\":[")
        for (index, token) in tokens.enumerated() {
            guard let line = try? encoder.encode(Entry(token: token)) else {
                throw Mistake("token '\(token.name)' cannot be written")
            }
            text.writeString(index == 0 ? "\n" : ",\n")
            text.writeBytes(line)
        }
        text.writeString("\n]}\n")
        guard text.readableBytes <= maximumSize else {
            throw Mistake("it would be larger than \(maximumSize >> 20) MiB: remove old ones")
        }
        return text
    }

    private struct Entry: Encodable {
        let token: Token

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Field.self)
            try fields.encode(token.name, forKey: .name)
            try fields.encode(token.account, forKey: .account)
            try fields.encode(TokenFile.hex(token.digest), forKey: .digest)
            try fields.encode(token.policy, forKey: .policy)
            try fields.encodeIfPresent(token.expires.map(ExpiryDate.text), forKey: .expires)
            if !token.from.isEmpty { try fields.encode(token.from.map(\.description), forKey: .from) }
            try fields.encodeIfPresent(token.protocols?.map(\.rawValue).sorted(), forKey: .protocols)
            try fields.encodeIfPresent(token.sessions, forKey: .sessions)
            try fields.encodeIfPresent(token.note, forKey: .note)
            try fields.encode(ExpiryDate.moment(token.created), forKey: .created)
            try fields.encodeIfPresent(token.revoked.map(ExpiryDate.moment), forKey: .revoked)
        }
    }

    private static func hex(_ octets: [UInt8]) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func octets(_ hex: String) -> [UInt8]? {
        func digit(_ octet: UInt8) -> UInt8? {
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        let digits = hex.utf8.compactMap(digit)
        guard hex.utf8.count == 64, digits.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
