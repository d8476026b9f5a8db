import Crypto
import NIOCore
import Testing

@testable import InterpostCore

/// The shell of a brokered session, for tests: it knows a few clients and one account, and answers at once.
///
///     @ broker auth=xoauth2 upstream=required mailbox=team@example.org listener=required
struct TestDesk: Sendable {
    var listener = SessionSettings.ListenerSecurity.implicit
    var upstream = SessionSettings.UpstreamSecurity.implicit
    var auth: LoginMechanism?
    var mailbox: String?
    var policy = Policy(.readOnly)
    var mechanisms: [LoginMechanism] = [.plain, .login, .xoauth2, .oauthBearer]
    /// Why the account cannot be used, if it cannot.
    var failure: UpstreamFailure?
    private var isRenewable = false
    /// The account's.
    private var accountSecret = Self.secret

    static let token = "ip-sesame"
    static let password = "pencil"
    static let secret = "geheim"
    static let salt = Array("0123456789abcdef".utf8)

    init(_ text: String) {
        for word in text.split(separator: " ").dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "listener": listener = .init(rawValue: parts[1]) ?? listener
            case "upstream": upstream = .init(rawValue: parts[1]) ?? upstream
            case "auth": auth = .init(rawValue: parts[1])
            case "mailbox": mailbox = parts[1]
            case "failure": failure = UpstreamFailure.Kind(rawValue: parts[1]).map { UpstreamFailure($0, "as the test has it") }
            case "secret": accountSecret = parts[1]
            case "renew": isRenewable = parts[1] == "yes"
            case "mechanisms":
                mechanisms = parts[1].split(separator: ",").compactMap { LoginMechanism(rawValue: String($0)) }
            default: break
            }
        }
    }

    var settings: BrokerSettings {
        BrokerSettings(mechanisms: mechanisms, maximumFailures: 3, seed: Array(repeating: 7, count: 32))
    }

    static let directory = ClientDirectory(
        [
            ClientRecord(name: "anna-7", proof: .token(sha256: digest(of: token)), account: "anna"),
            ClientRecord(
                name: "late", proof: .token(sha256: digest(of: token)), account: "anna", expires: WireTime(nanoseconds: 0)),
            ClientRecord(
                name: "far", proof: .token(sha256: digest(of: token)), account: "anna", addresses: [AddressRange("192.0.2.0/24")!]
            ),
            ClientRecord(name: "otto", proof: .scram(keys), account: "anna"),
        ])

    static var keys: SCRAMKeys {
        SCRAMKeys(saltedPassword: derive(Secret(ByteBuffer(string: password)), salt, 4096), salt: salt, iterations: 4096)
    }

    func answer(_ request: BrokerRequest) -> BrokerAnswer {
        switch request {
        case .keys(let login):
            guard case .scram(let keys)? = Self.directory.record(for: login)?.proof else {
                return .keys(SCRAMKeys.madeUp(for: login, key: Self.salt, iterations: 4096))
            }
            return .keys(keys)
        case .judge(let attempt):
            return .verdict(
                Self.directory.verdict(
                    login: attempt.name, knowsSecret: Self.knowsSecret(attempt),
                    .init(.imap, address: IPAddress("10.0.0.1"), time: WireTime(nanoseconds: 0), sessions: 0, accounts: ["anna"]))
            )
        case .connect(let grant):
            if let failure { return .failed(failure) }
            return .connected(
                UpstreamAccount(
                    name: grant.account,
                    identity: SASLClient.Identity(
                        user: "anna@example.org", authorizationIdentity: mailbox,
                        secret: Secret(ByteBuffer(string: accountSecret)),
                        host: "imap.example.org", port: 993),
                    mechanism: auth, security: upstream, policy: policy))
        case .derive(let derivation):
            return .derived(
                Secret(
                    ByteBuffer(
                        bytes: Self.derive(derivation.password, derivation.salt, derivation.iterations).withExposedBytes {
                            Array($0.readableBytesView)
                        })))
        case .renewSecret(let refused):
            #expect(refused.withExposedBytes { String(buffer: $0) } == Self.secret)
            guard isRenewable else { return .failed(UpstreamFailure(.authentication, "there is no other secret")) }
            return .secret(Secret(ByteBuffer(string: "renewed")))
        }
    }

    private static func knowsSecret(_ attempt: LoginAttempt) -> Bool {
        switch (attempt.proof, directory.record(for: attempt.name)?.proof) {
        case (.secret(let secret), .token(let digest)?): Self.digest(of: secret.withExposedBytes { String(buffer: $0) }) == digest
        case (.secret(let secret), .scram?): secret.withExposedBytes { String(buffer: $0) } == password
        case (.scram(let isRight), .scram?): isRight
        default: false
        }
    }

    static func digest(of text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// PBKDF2 with HMAC-SHA-256, one block (RFC 8018 §5.2).
    static func derive(_ password: Secret, _ salt: [UInt8], _ iterations: Int) -> Secret {
        let key = SymmetricKey(data: password.withExposedBytes { Array($0.readableBytesView) })
        var block = Array(HMAC<SHA256>.authenticationCode(for: salt + [0, 0, 0, 1], using: key))
        var sum = block
        for _ in 1..<iterations {
            block = Array(HMAC<SHA256>.authenticationCode(for: block, using: key))
            for index in sum.indices { sum[index] ^= block[index] }
        }
        return Secret(ByteBuffer(bytes: sum))
    }
}
