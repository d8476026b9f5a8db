package import Foundation
import InterpostCore

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

    package static func read(_ data: Data) throws(Mistake) -> [Token] {
        guard data.count <= maximumSize else { throw Mistake("it is larger than \(maximumSize >> 20) MiB") }
        let file: Contents
        do {
            file = try JSONDecoder().decode(Contents.self, from: data)
        } catch let mistake as Mistake {
            throw mistake
        } catch let error as DecodingError {
            throw Mistake(words(of: error, in: data))
        } catch {
            throw Mistake("it is not JSON")
        }
        return file.tokens
    }

    package static func text(of tokens: [Token]) throws(Mistake) -> Data {
        guard tokens.count <= maximumTokens else { throw Mistake("there are more than \(maximumTokens) tokens: remove old ones") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = Data("{\"v\":\(version),\"tokens\":[".utf8)
        for (index, token) in tokens.enumerated() {
            guard let line = try? encoder.encode(Entry(token)) else { throw Mistake("token '\(token.name)' cannot be written") }
            text += Data((index == 0 ? "\n" : ",\n").utf8) + line
        }
        text += Data("\n]}\n".utf8)
        guard text.count <= maximumSize else {
            throw Mistake("it would be larger than \(maximumSize >> 20) MiB: remove old ones")
        }
        return text
    }

    private static func words(of error: DecodingError, in data: Data) -> String {
        switch error {
        case .keyNotFound(let key, _): "it has no '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.last.map { "'\($0.stringValue)' is of another type" } ?? "it is not an object with tokens"
        default: "it is not JSON that is whole"
        }
    }
}

/// The file as a whole.
private struct Contents: Decodable {
    let tokens: [Token]

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder, of: "the file", among: ["v", "tokens"])
        guard try fields.required("v", as: Int.self) == TokenFile.version else {
            throw TokenFile.Mistake("its version ('v') is not \(TokenFile.version): another version of Interpost wrote it")
        }
        var list = try fields.list("tokens")
        var tokens: [Token] = []
        var names: Set<String> = []
        while !list.isAtEnd {
            guard tokens.count < TokenFile.maximumTokens else {
                throw TokenFile.Mistake("it has more than \(TokenFile.maximumTokens) tokens")
            }
            let place = tokens.count + 1
            do {
                let token = try list.decode(Entry.self).token
                guard names.insert(token.name).inserted else {
                    throw TokenFile.Mistake("there are two with the name '\(token.name)'")
                }
                tokens.append(token)
            } catch is DecodingError {
                throw TokenFile.Mistake("token \(place) is no object")
            }
        }
        self.tokens = tokens
    }
}

/// One token, field by field.
private struct Entry: Codable {
    let token: Token

    init(_ token: Token) { self.token = token }

    private enum Field: String, CodingKey, CaseIterable {
        case name, account, digest, policy, expires, from, protocols, sessions, note, created, revoked
    }

    init(from decoder: any Decoder) throws {
        let place = (decoder.codingPath.last?.intValue ?? 0) + 1
        let unnamed = try Fields(decoder, of: "token \(place)", among: Field.allCases.map(\.rawValue), checks: false)
        let name = try unnamed.required("name", as: String.self)
        guard LoginName.isGood(name) else { throw unnamed.mistake("name", "is \(LoginName.rule)") }
        let fields = try Fields(decoder, of: "token '\(name)'", among: Field.allCases.map(\.rawValue))
        let account = try fields.required("account", as: String.self)
        guard LoginName.isGood(account, wildcard: true) else { throw fields.mistake("account", "is no name of an account") }
        guard let digest = Self.octets(try fields.required("digest", as: String.self)) else {
            throw fields.mistake("digest", "is a SHA-256 in hexadecimal: 64 of the digits 0-9 and a-f")
        }
        let policy = try fields.required("policy", as: String.self)
        guard !policy.isEmpty else { throw fields.mistake("policy", "is a preset or the path of a policy file") }
        let sessions = try fields.optional("sessions", as: Int.self)
        if let sessions, !Token.sessionCounts.contains(sessions) {
            throw fields.mistake("sessions", "is a whole number from 1 to \(Token.sessionCounts.upperBound)")
        }
        let note = try fields.optional("note", as: String.self)
        if let note, note.unicodeScalars.count > Token.maximumNote {
            throw fields.mistake("note", "has more than \(Token.maximumNote) characters")
        }
        token = Token(
            name: name, account: account, digest: digest, policy: policy, expires: try fields.time("expires"),
            from: try fields.values("from", "addresses or ranges of them") { AddressRange($0) } ?? [],
            protocols: try fields.values("protocols", "imap and pop3") { MailProtocol(rawValue: $0) }.map(Set.init),
            sessions: sessions, note: note, created: try fields.time("created") ?? { throw fields.missing("created") }(),
            revoked: try fields.time("revoked"))
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Field.self)
        try fields.encode(token.name, forKey: .name)
        try fields.encode(token.account, forKey: .account)
        try fields.encode(Self.hex(token.digest), forKey: .digest)
        try fields.encode(token.policy, forKey: .policy)
        try fields.encodeIfPresent(token.expires.map(ExpiryDate.text), forKey: .expires)
        if !token.from.isEmpty { try fields.encode(token.from.map(\.description), forKey: .from) }
        try fields.encodeIfPresent(token.protocols?.map(\.rawValue).sorted(), forKey: .protocols)
        try fields.encodeIfPresent(token.sessions, forKey: .sessions)
        try fields.encodeIfPresent(token.note, forKey: .note)
        try fields.encode(ExpiryDate.moment(token.created), forKey: .created)
        try fields.encodeIfPresent(token.revoked.map(ExpiryDate.moment), forKey: .revoked)
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

/// The fields of one object, none of which is unknown.
private struct Fields {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let object: KeyedDecodingContainer<Name>
    private let owner: String

    init(_ decoder: any Decoder, of owner: String, among names: [String], checks: Bool = true) throws {
        self.owner = owner
        do {
            object = try decoder.container(keyedBy: Name.self)
        } catch is DecodingError {
            throw TokenFile.Mistake("\(owner) is not an object")
        }
        guard checks, let unknown = object.allKeys.map(\.stringValue).sorted().first(where: { !names.contains($0) }) else {
            return
        }
        throw TokenFile.Mistake(
            "\(owner) has an unknown field '\(TerminalText.shown(unknown, atMost: 40))'"
                + Suggestion.nearest(to: String(unknown.prefix(40)), among: names))
    }

    func mistake(_ name: String, _ words: String) -> TokenFile.Mistake { TokenFile.Mistake("\(owner): '\(name)' \(words)") }

    func missing(_ name: String) -> TokenFile.Mistake { TokenFile.Mistake("\(owner) has no '\(name)'") }

    func optional<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
        let key = Name(stringValue: name)
        guard object.contains(key) else { return nil }
        do {
            return try object.decode(type, forKey: key)
        } catch is DecodingError {
            throw mistake(name, type == String.self ? "is a text" : type == Int.self ? "is a whole number" : "is a list of texts")
        }
    }

    func required<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        guard let value = try optional(name, as: type) else { throw missing(name) }
        return value
    }

    func list(_ name: String) throws -> any UnkeyedDecodingContainer {
        guard object.contains(Name(stringValue: name)) else { throw missing(name) }
        do {
            return try object.nestedUnkeyedContainer(forKey: Name(stringValue: name))
        } catch is DecodingError {
            throw mistake(name, "is a list")
        }
    }

    func time(_ name: String) throws -> WireTime? {
        guard let text = try optional(name, as: String.self) else { return nil }
        guard let time = ExpiryDate.time(text) else { throw mistake(name, "is \(ExpiryDate.rule)") }
        return time
    }

    /// A list, empty only where it is not there: it would not say whether none are meant, or all.
    func values<Value>(_ name: String, _ what: String, _ make: (String) -> Value?) throws -> [Value]? {
        guard let texts = try optional(name, as: [String].self) else { return nil }
        let values = texts.compactMap(make)
        guard values.count == texts.count, !values.isEmpty else { throw mistake(name, "is a list of \(what), and not empty") }
        return values
    }
}
