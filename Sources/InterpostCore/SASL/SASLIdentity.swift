import NIOCore

extension SASLClient {
    /// Who logs in, and where.
    package struct Identity: Sendable {
        package var user: String
        /// Whose mail it is, where that is somebody else: a shared mailbox.
        package var authorizationIdentity: String?
        /// The password; the access token for XOAUTH2 and OAUTHBEARER; nothing for EXTERNAL.
        package var secret: Secret
        /// The server's name and port, which OAUTHBEARER tells the server.
        package var host: String
        package var port: Int

        package init(user: String, authorizationIdentity: String? = nil, secret: Secret, host: String, port: Int) {
            self.user = user
            self.authorizationIdentity = authorizationIdentity
            self.secret = secret
            self.host = host
            self.port = port
        }

        /// The other identity, where it is another.
        var actsFor: String? { authorizationIdentity == user ? nil : authorizationIdentity }

        private var mailbox: String { authorizationIdentity ?? user }

        /// `nil` where the server speaks first.
        func initialResponse(_ mechanism: LoginMechanism, _ scram: SCRAMClientFirst) -> Secret? {
            switch mechanism {
            case .plain:
                var message = ByteBuffer(string: "\(actsFor ?? "")\0\(user)\0")
                secret.withExposedBytes { _ = message.writeImmutableBuffer($0) }
                return Secret(message)
            case .scramSHA256: return Secret(scram.message)
            case .xoauth2: return BearerMessage(mailbox: mailbox, token: secret).xoauth2()
            case .oauthBearer: return BearerMessage(mailbox: mailbox, token: secret).oauthBearer(host: host, port: port)
            case .external: return Secret(ByteBuffer(string: authorizationIdentity ?? ""))
            case .login, .cramMD5, .password, .apop: return nil
            }
        }

        /// What would break the mechanism's message, or is missing.
        func problem(for mechanism: LoginMechanism) -> String? {
            for name in [user, authorizationIdentity ?? "", host] where Self.breaksLines(name.utf8) {
                return
                    "the account's user, the mailbox or the server's name has a line end or a NUL: correct it in the configuration"
            }
            if mechanism == .external { return nil }
            if user.isEmpty { return "the account has no user: give it one in the configuration" }
            if authorizationIdentity == "" {
                return "the account acts for an identity without a name: give it one, or leave it out"
            }
            return switch mechanism {
            case .xoauth2, .oauthBearer: problemOfToken
            default: problemOfPassword(mechanism)
            }
        }

        private var problemOfToken: String? {
            if "\(mailbox)\(host)".utf8.contains(1) {
                return "the account's user or the server's name has a control character: correct it in the configuration"
            }
            guard secret.withExposedBytes({ BearerMessage.isToken($0.readableBytesView) }) else {
                return "the account's token is empty, or has a space, a line end or another character that no token has"
            }
            return nil
        }

        private func problemOfPassword(_ mechanism: LoginMechanism) -> String? {
            secret.withExposedBytes { password in
                let bytes = password.readableBytesView
                if bytes.isEmpty { return "the account's password is empty" }
                if Self.breaksLines(bytes) {
                    return "the account's password has a line end or a NUL: take it out where the password is kept"
                }
                guard mechanism == .scramSHA256 else { return nil }
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    return "the account's password is not UTF-8, which SCRAM-SHA-256 needs: log in by another mechanism"
                }
                return SASLText.hasControls(text) || SASLText.hasControls(user + mailbox)
                    ? "the account's user or password has a control character, which SCRAM-SHA-256 has not" : nil
            }
        }

        private static func breaksLines(_ bytes: some Collection<UInt8>) -> Bool {
            bytes.contains { $0 == 0 || $0 == .carriageReturn || $0 == .lineFeed }
        }
    }
}
