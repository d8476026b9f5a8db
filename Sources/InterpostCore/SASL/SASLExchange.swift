import NIOCore

/// Follows one AUTHENTICATE or AUTH exchange as far as its mechanism lets an onlooker know who logs in.
///
/// Responses are secrets; only the user name leaves this value. `AUTHENTICATE PLAIN` with
/// `AHRlc3QAc2VjcmV0` has the user `test`.
public struct SASLExchange: Sendable {
    /// The mechanism's name, in upper case: `PLAIN` (RFC 4422 §3.1).
    public let mechanism: Keyword
    /// Who logs in, once it can be known.
    public private(set) var user: String?
    /// The identity to act as, where the client names one besides its own (RFC 4422 §2).
    public private(set) var authorizationIdentity: String?
    /// Client responses seen, an initial one included.
    public private(set) var responses = 0
    /// The client sent `*` (RFC 9051 §6.2.2, RFC 5034 §4).
    public private(set) var isCancelled = false

    /// Whose mail is read and changed after the login.
    var account: String? { authorizationIdentity ?? user }

    init(mechanism: Keyword, initialResponse: Secret?) {
        self.mechanism = mechanism
        if let initialResponse {
            initialResponse.withExposedBytes { _ = read($0) }
        }
    }

    /// The parts of an initial response that must not be shown.
    static func secrets(of initialResponse: Secret, mechanism: Keyword) -> [Secret] {
        var exchange = SASLExchange(mechanism: mechanism, initialResponse: nil)
        return initialResponse.withExposedBytes { exchange.read($0) }
    }

    /// Reads a client's line, without its line end. Returns what in it must not be shown: the line, and the password,
    /// token or proof that it carries.
    @discardableResult
    mutating func read(_ line: ByteBuffer) -> [Secret] {
        if line.equalsIgnoringCase("*") {
            isCancelled = true
            return []
        }
        responses += 1
        guard let message = Self.decode(line) else { return [Secret(line)] }
        let (user, secret) = parts(of: message)
        if self.user == nil { self.user = user }
        return [Secret(line)] + (secret.map { [Secret($0)] } ?? [])
    }

    /// Some clients leave the padding out.
    private static func decode(_ line: ByteBuffer) -> ByteBuffer? {
        var padded = line
        while padded.readableBytes % 4 != 0, padded.readableBytes - line.readableBytes < 2 {
            padded.writeInteger(UInt8(ascii: "="))
        }
        return Base64.decode(padded.readableBytesView)
    }

    private mutating func parts(of message: ByteBuffer) -> (user: String?, secret: ByteBuffer?) {
        switch mechanism {
        case Keyword("PLAIN"):
            // authzid NUL authcid NUL password (RFC 4616)
            let parts = message.readableBytesView.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return (nil, message) }
            if !parts[0].isEmpty { authorizationIdentity = String(decoding: parts[0], as: UTF8.self) }
            return (String(decoding: parts[1], as: UTF8.self), ByteBuffer(bytes: parts[2]))
        case Keyword("LOGIN"):
            // An initial response may be empty; then the first one that says something is the name.
            return user == nil && message.readableBytes > 0 ? (String(buffer: message), nil) : (nil, message)
        case Keyword("CRAM-MD5"), Keyword("CRAM-SHA1"), Keyword("CRAM-SHA256"):
            // user SP hex digest (RFC 2195)
            guard let space = message.readableBytesView.lastIndex(of: .space) else { return (nil, message) }
            return (
                String(decoding: message.readableBytesView[..<space], as: UTF8.self),
                ByteBuffer(bytes: message.readableBytesView[(space + 1)...])
            )
        case Keyword("NTLM"): return (Self.ntlmUser(in: message), message)
        case Keyword("XOAUTH2"):
            let fields = message.readableBytesView.split(separator: 1)
            let name = fields.first { $0.starts(with: "user=".utf8) }?.dropFirst(5)
            let user = name.map { String(decoding: $0, as: UTF8.self) }
            return (user, Self.token(in: message))
        case Keyword("OAUTHBEARER"):
            // The name is in the GS2 header, before the first field.
            let header = ByteBuffer(bytes: message.readableBytesView.prefix { $0 != 1 })
            return (Self.saslName(behind: ",a=", in: header), Self.token(in: message))
        default:
            // n,,n=user,r=nonce, then c=…,p=proof (RFC 5802)
            guard mechanism.description.hasPrefix("SCRAM-") else { return (nil, message) }
            guard responses == 1 else { return (nil, Self.value(behind: ",p=", in: message, endingAt: UInt8(ascii: ","))) }
            let header = ByteBuffer(bytes: message.readableBytesView.prefix(headerLength(of: message)))
            authorizationIdentity = Self.saslName(behind: ",a=", in: header)
            return (Self.saslName(behind: ",n=", in: message), nil)
        }
    }

    /// The user in an AUTHENTICATE_MESSAGE ([MS-NLMP] §2.2.1.3): its length and place are at 36, and the first bit at 60 says
    /// that it is in UTF-16.
    private static func ntlmUser(in message: ByteBuffer) -> String? {
        let start = message.readerIndex
        func number<Value: FixedWidthInteger>(at place: Int) -> Value? {
            message.getInteger(at: start + place, endianness: .little)
        }
        guard message.readableBytesView.starts(with: Array("NTLMSSP\0".utf8)), number(at: 8) == UInt32(3),
            let length: UInt16 = number(at: 36), let place: UInt32 = number(at: 40), let flags: UInt32 = number(at: 60),
            let name = message.getBytes(at: start + Int(place), length: Int(length)), !name.isEmpty
        else { return nil }
        guard flags & 1 == 1 else { return String(decoding: name, as: UTF8.self) }
        let units = stride(from: 0, to: name.count - 1, by: 2).map { UInt16(name[$0]) | UInt16(name[$0 + 1]) << 8 }
        return String(decoding: units, as: UTF16.self)
    }

    /// Octets before `,n=`.
    private func headerLength(of message: ByteBuffer) -> Int {
        let name = ByteBuffer(string: ",n=").readableBytesView
        return message.firstOccurrence(of: name, from: message.readerIndex).map { $0 - message.readerIndex } ?? 0
    }

    /// What follows `auth=Bearer`, in any letter case (RFC 6750 §2.1).
    private static func token(in message: ByteBuffer) -> ByteBuffer? {
        guard let value = value(behind: "auth=", in: message, endingAt: 1)?.readableBytesView else { return nil }
        return ByteBuffer(bytes: value.drop { $0 != .space }.drop { $0 == .space })
    }

    private static func value(behind key: String, in message: ByteBuffer, endingAt end: UInt8) -> ByteBuffer? {
        guard let found = message.firstOccurrence(of: ByteBuffer(string: key).readableBytesView, from: message.readerIndex)
        else { return nil }
        return ByteBuffer(bytes: message.readableBytesView[(found + key.utf8.count)...].prefix { $0 != end })
    }

    /// `=2C` and `=3D` stand for comma and equals sign (RFC 5801 §4, RFC 5802 §5.1).
    private static func saslName(behind key: String, in message: ByteBuffer) -> String? {
        value(behind: key, in: message, endingAt: UInt8(ascii: ","))
            .map { String(buffer: $0).replacing("=2C", with: ",").replacing("=3D", with: "=") }
    }
}
