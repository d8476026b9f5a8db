import NIOCore

/// What a client says with a token, in both forms. `^A` is the octet 1.
///
///     user=anna@example.org^Aauth=Bearer ya29.vF9^A^A                                XOAUTH2
///     n,a=anna@example.org,^Ahost=imap.example.org^Aport=993^Aauth=Bearer ya29.vF9^A^A   OAUTHBEARER (RFC 7628)
struct BearerMessage: Sendable {
    /// Whose mailbox it is.
    var mailbox: String
    var token: Secret

    private static let separator: UInt8 = 1

    init(mailbox: String, token: Secret) {
        self.mailbox = mailbox
        self.token = token
    }

    func xoauth2() -> Secret { message("user=\(mailbox)") }

    func oauthBearer(host: String, port: Int) -> Secret {
        let name = String(decoding: SASLText.escaped(mailbox), as: UTF8.self)
        return message("n,a=\(name),\u{1}host=\(host)\u{1}port=\(port)")
    }

    private func message(_ beginning: String) -> Secret {
        var message = ByteBuffer(string: "\(beginning)\u{1}auth=Bearer ")
        token.withExposedBytes { _ = message.writeImmutableBuffer($0) }
        message.writeStaticString("\u{1}\u{1}")
        return Secret(message)
    }

    init(xoauth2 message: ByteBuffer) throws(SASLProblem) {
        guard message.readableBytes <= SASLText.maximumMessage else { throw SASLProblem("a message has more than 8192 octets") }
        let fields = try Self.fields(Array(message.readableBytesView)[...])
        guard let user = fields["user"] else { throw SASLProblem("a message with a token has no user") }
        mailbox = try SASLText.name(user)
        token = try Self.token(fields)
    }

    init(oauthBearer message: ByteBuffer) throws(SASLProblem) {
        let (_, identity, rest) = try GS2Header.read(Array(message.readableBytesView)[...])
        guard rest.first == Self.separator else { throw SASLProblem("a GS2 header is not followed by an octet 1") }
        mailbox = try SASLText.name(identity)
        token = try Self.token(Self.fields(rest.dropFirst()))
    }

    /// `key=value^A` any number of times, and one more `^A`. Keys are letters, in lower case afterwards.
    private static func fields(_ message: ArraySlice<UInt8>) throws(SASLProblem) -> [String: ArraySlice<UInt8>] {
        guard !message.contains(0) else { throw SASLProblem("a message with a token has a NUL") }
        guard message.suffix(2).elementsEqual([separator, separator]) else {
            throw SASLProblem("a message with a token does not end in two octets 1")
        }
        var fields: [String: ArraySlice<UInt8>] = [:]
        for field in message.dropLast(2).split(separator: separator, omittingEmptySubsequences: false) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(\.isLetter) else {
                throw SASLProblem("a message with a token has something that is not a field")
            }
            guard fields.updateValue(parts[1], forKey: String(decoding: parts[0], as: UTF8.self).lowercased()) == nil else {
                throw SASLProblem("a message with a token has a field twice")
            }
        }
        return fields
    }

    /// What follows `Bearer`, which is in any letter case (RFC 7235 §2.1).
    private static func token(_ fields: [String: ArraySlice<UInt8>]) throws(SASLProblem) -> Secret {
        guard let value = fields["auth"] else { throw SASLProblem("a message with a token has no token") }
        let scheme = value.prefix { $0 != .space }
        let token = value.dropFirst(scheme.count).drop { $0 == .space }
        guard ByteBuffer(bytes: scheme).equalsIgnoringCase("BEARER") else { throw SASLProblem("a token is not a bearer token") }
        guard isToken(token) else { throw SASLProblem("a token is empty, or has octets that no token has") }
        return Secret(ByteBuffer(bytes: token))
    }

    /// Printable ASCII without spaces. A token has fewer characters (RFC 6750 §2.1), but not all who make them know that.
    static func isToken(_ bytes: some Collection<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(\.isPrintable) }
}
