import NIOCore

/// What replaces the messages of a SASL exchange: for known mechanisms the same kind of message, without its secrets; for all
/// others a word.
///
///     AHVzZXIAaHVudGVyMg==      \0user-mzqvakdr\0xxxxxxxx, in base64
struct SASLPlaceholders: Sendable {
    private let keyword: Keyword?
    private let mechanism: String?
    private var responses = 0
    private var challenges = 0

    init(mechanism: Keyword?) {
        keyword = mechanism
        self.mechanism = mechanism?.description
    }

    /// A client's line.
    mutating func response(_ line: ByteBuffer, key: any PseudonymKey) -> ByteBuffer? {
        let message = line.withoutLineEnd
        guard message.readableBytes > 0, !message.readableBytesView.elementsEqual("*".utf8) else { return nil }
        var redacted = placeholder(for: message, key: key)
        redacted.writeImmutableBuffer(line.lineEnd)
        return redacted
    }

    /// What a response or an initial response is replaced by. `=` is an empty one.
    mutating func placeholder(for message: ByteBuffer, key: any PseudonymKey) -> ByteBuffer {
        if message.readableBytesView.elementsEqual("=".utf8) { return message }
        responses += 1
        var exchange = keyword.map { SASLExchange(mechanism: $0, initialResponse: nil) }
        exchange?.read(message)
        let user = Placeholder.user(ByteBuffer(string: exchange?.user ?? ""), key: key)
        return Base64.encode(text(user: String(buffer: user)).utf8)
    }

    private func text(user: String) -> String {
        let secret = String(buffer: Placeholder.password)
        switch mechanism {
        case "PLAIN": return "\0\(user)\0\(secret)"
        case "LOGIN": return responses == 1 ? user : secret
        case "CRAM-MD5", "CRAM-SHA1", "CRAM-SHA256": return "\(user) \(String(buffer: Placeholder.digest))"
        case "XOAUTH2": return "user=\(user)\u{1}auth=Bearer \(secret)\u{1}\u{1}"
        case "OAUTHBEARER": return responses == 1 ? "n,a=\(user),\u{1}auth=Bearer \(secret)\u{1}\u{1}" : "\u{1}"
        case let name? where name.hasPrefix("SCRAM-"):
            return responses == 1 ? "n,,n=\(user),r=\(secret)" : "c=biws,r=\(secret),p=eHh4eHh4eHg="
        default: return "redacted"
        }
    }

    /// A server's line. An empty challenge stays one; prompts for a user and a password are what they always are.
    mutating func challenge(_ line: ByteBuffer) -> ByteBuffer? {
        let text = line.withoutLineEnd.readableBytesView
        let mark = text.prefix { $0 != .space }
        guard text.dropFirst(mark.count).contains(where: { $0 != .space }) else { return nil }
        challenges += 1
        var redacted = ByteBuffer(bytes: mark)
        redacted.writeInteger(UInt8.space)
        redacted.writeImmutableBuffer(Base64.encode(challengeText.utf8))
        redacted.writeImmutableBuffer(line.lineEnd)
        return redacted
    }

    private var challengeText: String {
        switch mechanism {
        case "LOGIN": return challenges == 1 ? "Username:" : "Password:"
        case "CRAM-MD5", "CRAM-SHA1", "CRAM-SHA256": return "<1.1@interpost>"
        case "XOAUTH2", "OAUTHBEARER": return #"{"status":"401"}"#
        case let name? where name.hasPrefix("SCRAM-"):
            return challenges == 1 ? "r=xxxxxxxx,s=eHh4eHh4eHg=,i=4096" : "v=eHh4eHh4eHg="
        default: return "redacted"
        }
    }
}
