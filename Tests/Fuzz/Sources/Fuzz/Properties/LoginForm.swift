import InterpostCore
import NIOCore

/// In what way a client tells its secret, where `@ login …` stands.
enum LoginForm: String, CaseIterable {
    // IMAP
    case atom, quoted, literal
    case nonSynchronising = "literal+"
    case quotedResponse = "quoted-response"
    // POP3
    case pass, apop
    // Both
    case plain, login, xoauth2
    case initialResponse = "initial-response"

    /// The secret stands in a SASL message.
    func hasMessage(_ mailProtocol: MailProtocol) -> Bool {
        switch self {
        case .plain, .login, .xoauth2, .initialResponse: true
        case .quotedResponse: mailProtocol == .imap
        case .atom, .quoted, .literal, .nonSynchronising, .pass, .apop: false
        }
    }

    /// What is said, in turns. A form of the other protocol is that protocol's plain one here.
    func turns(_ mailProtocol: MailProtocol, _ secret: PlantedSecret) -> [(side: Side, text: String)] {
        let (authenticate, prompt) = mailProtocol == .imap ? ("z AUTHENTICATE", "+ \r\n") : ("AUTH", "+ \r\n")
        switch (self, mailProtocol) {
        case (.plain, _): return [(.client, "\(authenticate) PLAIN\r\n"), (.server, prompt), (.client, "\(secret.message)\r\n")]
        case (.initialResponse, _): return [(.client, "\(authenticate) PLAIN \(secret.message)\r\n")]
        case (.quotedResponse, .imap): return [(.client, "\(authenticate) PLAIN \"\(secret.message)\"\r\n")]
        case (.login, _):
            return [
                (.client, "\(authenticate) LOGIN\r\n"), (.server, prompt), (.client, "YW5uYQ==\r\n"), (.server, prompt),
                (.client, "\(secret.message)\r\n"),
            ]
        case (.xoauth2, _): return [(.client, "\(authenticate) XOAUTH2 \(secret.message)\r\n")]
        case (.quoted, .imap): return [(.client, "z LOGIN \"anna\" \"\(secret.quoted)\"\r\n")]
        case (.literal, .imap):
            return [
                (.client, "z LOGIN {4}\r\n"), (.server, prompt), (.client, "anna {\(secret.plain.utf8.count)}\r\n"),
                (.server, prompt), (.client, "\(secret.plain)\r\n"),
            ]
        case (.nonSynchronising, .imap):
            return [(.client, "z LOGIN {4+}\r\nanna {\(secret.plain.utf8.count)+}\r\n\(secret.plain)\r\n")]
        case (_, .imap): return [(.client, "z LOGIN anna \(secret.atom)\r\n")]
        case (.apop, .pop3): return [(.client, "APOP anna \(secret.plain)\r\n")]
        case (_, .pop3): return [(.client, "PASS \(secret.plain)\r\n")]
        }
    }
}

/// A secret that nobody can guess, in the ways in which it is written.
struct PlantedSecret {
    /// As it is.
    let plain: String
    /// As it stands between quotes.
    let quoted: String
    /// As it stands alone: in quotes where an atom cannot hold it.
    let atom: String
    /// As the SASL message that carries it, in base64.
    let message: String
    /// What must be in no output, in lower case: the first octets of each, since half a secret is one too.
    let forbidden: [[UInt8]]

    /// The same for the same input, and another one for every other input, so that no input can hold it by itself.
    init(for input: ByteBuffer, form: LoginForm) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in input.readableBytesView { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let word = String(hash | 1 << 63, radix: 36)
        // Every other one has characters that are written differently in quotes and in JSON.
        let middle = hash % 2 == 0 ? "" : "\"x\\"
        plain = "Zq" + word.prefix(3) + middle + word.dropFirst(3)
        quoted = plain.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
        atom = middle.isEmpty ? plain : "\"\(quoted)\""
        let (before, behind) =
            switch form {
            case .login: ("", "")
            case .xoauth2: ("user=anna\u{1}auth=Bearer ", "\u{1}\u{1}")
            default: ("\0anna\0", "")
            }
        message = Self.base64(Array((before + plain + behind).utf8))
        forbidden = [plain, quoted, String(message.dropFirst((before.utf8.count * 4 + 2) / 3)), Self.base64(Array(plain.utf8))]
            .map { Array($0.lowercased().utf8.prefix(10)) }
    }

    /// RFC 4648 §4.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                text.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
