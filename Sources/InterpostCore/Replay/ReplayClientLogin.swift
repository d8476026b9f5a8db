import NIOCore

/// A login with a user and a password in the best way that a live server offers: PLAIN where it is offered, otherwise LOGIN or
/// USER and PASS.
///
///     AUTH=PLAIN SASL-IR      C: a AUTHENTICATE PLAIN AGFubmEAc2VzYW1l␍␊
///     AUTH=PLAIN              C: a AUTHENTICATE PLAIN␍␊S: + ␍␊C: AGFubmEAc2VzYW1l␍␊
///     none                    C: a LOGIN "anna" "sesame"␍␊
struct ReplayClientLogin: Sendable {
    /// What is said first.
    let pieces: [ClientStep.Piece]
    /// What is said to each challenge.
    let responses: [ByteBuffer]

    /// `nil` where the server offers no way.
    init?(imap capabilities: Set<String>, tag: ByteBuffer, user: String, _ password: Secret) {
        if capabilities.contains("AUTH=PLAIN") {
            let response = Self.plain(user, password)
            let isWhole = capabilities.contains("SASL-IR")
            pieces = [Self.line(tag, " AUTHENTICATE PLAIN", isWhole ? response : nil)]
            responses = isWhole ? [] : [response]
        } else if !capabilities.contains("LOGINDISABLED") {
            (pieces, responses) = (Self.login(tag, user, password), [])
        } else if capabilities.contains("AUTH=LOGIN") {
            pieces = [Self.line(tag, " AUTHENTICATE LOGIN", nil)]
            responses = Self.twoLines(user, password)
        } else {
            return nil
        }
    }

    /// - Parameter mechanisms: What CAPA lists after SASL.
    init?(pop3 capabilities: Set<String>, mechanisms: Set<String>, user: String, _ password: Secret) {
        if mechanisms.contains("PLAIN") {
            pieces = [Self.line(ByteBuffer(), "AUTH PLAIN", nil)]
            responses = [Self.plain(user, password)]
        } else if capabilities.contains("USER") || mechanisms.isEmpty {
            pieces = [Self.line(ByteBuffer(), "USER ", ByteBuffer(string: user), separator: "")]
            responses = []
        } else if mechanisms.contains("LOGIN") {
            pieces = [Self.line(ByteBuffer(), "AUTH LOGIN", nil)]
            responses = Self.twoLines(user, password)
        } else {
            return nil
        }
    }

    /// `PASS sesame`
    static func pass(_ password: Secret) -> ByteBuffer {
        var line = ByteBuffer(string: "PASS ")
        password.withExposedBytes { _ = line.writeImmutableBuffer($0) }
        line.writeStaticString("\r\n")
        return line
    }

    private static func plain(_ user: String, _ password: Secret) -> ByteBuffer {
        var message = ByteBuffer(string: "\0\(user)\0")
        password.withExposedBytes { _ = message.writeImmutableBuffer($0) }
        return Base64.encode(message.readableBytesView)
    }

    private static func twoLines(_ user: String, _ password: Secret) -> [ByteBuffer] {
        [Base64.encode(user.utf8), password.withExposedBytes { Base64.encode($0.readableBytesView) }]
    }

    private static func line(
        _ tag: ByteBuffer, _ text: String, _ argument: ByteBuffer?, separator: String = " "
    ) -> ClientStep.Piece {
        var line = tag
        line.writeString(text)
        if let argument {
            line.writeString(separator)
            line.writeImmutableBuffer(argument)
        }
        line.writeStaticString("\r\n")
        return .line(line, nil)
    }

    /// Quoted strings; what a quoted string cannot hold is a literal.
    private static func login(_ tag: ByteBuffer, _ user: String, _ password: Secret) -> [ClientStep.Piece] {
        var pieces: [ClientStep.Piece] = []
        var line = tag
        line.writeStaticString(" LOGIN")
        for value in [ByteBuffer(string: user), password.withExposedBytes { $0 }] {
            line.writeStaticString(" ")
            if value.readableBytesView.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
                line.writeStaticString("\"")
                for byte in value.readableBytesView {
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { line.writeStaticString("\\") }
                    line.writeInteger(byte)
                }
                line.writeStaticString("\"")
            } else {
                line.writeString("{\(value.readableBytes)}\r\n")
                pieces += [.line(line, LiteralAnnouncement(length: value.readableBytes)), .literal(value)]
                line = ByteBuffer()
            }
        }
        line.writeStaticString("\r\n")
        return pieces + [.line(line, nil)]
    }
}
