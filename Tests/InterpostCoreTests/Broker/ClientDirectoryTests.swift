// Strategy: a record that lets its client in, and then one fact changed at a time, up to the exact moment or number where the verdict
// turns; which of several records counts; and that nothing but a right secret tells anybody why.

import Testing

@testable import InterpostCore

@Suite struct `The directory of clients` {
    private static let hash = ScryptHash(
        logCost: 15, blockSize: 8, parallelism: 1, salt: Array(repeating: 1, count: 16), hash: Array(repeating: 2, count: 32))
    private static let token = ClientRecord.Proof.token(sha256: Array(repeating: 3, count: 32))

    private static func record(
        _ name: String = "anna-7", account: String = "anna", _ change: (inout ClientRecord) -> Void = { _ in }
    ) -> ClientRecord {
        var record = ClientRecord(name: name, proof: token, account: account)
        change(&record)
        return record
    }

    private static func scram(_ name: String, rounds: Int) -> ClientRecord {
        record(name) {
            $0.proof = .scram(SCRAMKeys(iterations: rounds, salt: [1], storedKey: [2], serverKey: [3]))
        }
    }

    private static func verdict(
        _ records: [ClientRecord], _ login: String = "anna-7", knowsSecret: Bool = true, mailProtocol: MailProtocol = .imap,
        from address: String? = "10.0.0.9", at time: Int64 = 1000, sessions: Int = 0, accounts: [String] = ["anna", "otto"]
    ) -> LoginVerdict {
        ClientDirectory(records).verdict(
            login: login, knowsSecret: knowsSecret,
            .init(
                mailProtocol, address: address.flatMap { IPAddress($0) }, time: WireTime(nanoseconds: time), sessions: sessions,
                accounts: accounts))
    }

    private static func account(_ verdict: LoginVerdict) -> String? {
        if case .accepted(let grant) = verdict { grant.account } else { nil }
    }

    @Test func `lets a client in for its account, with its policy`() {
        let record = Self.record { $0.policy = Policy(.readOnly) }
        let grant = ClientGrant(client: "anna-7", login: "anna-7", account: "anna", policy: Policy(.readOnly))
        #expect(Self.verdict([record]) == .accepted(grant))
    }

    @Test func `tells nobody more who does not know the secret`() {
        let records = [
            Self.record { $0.expires = WireTime(nanoseconds: 0) }, Self.record("b") { $0.revoked = WireTime(nanoseconds: 0) },
            Self.record("c", account: "none"),
        ]
        for name in ["anna-7", "b", "c"] { #expect(Self.verdict(records, name, knowsSecret: false) == .refused(.wrongSecret)) }
        #expect(Self.verdict(records, "d", knowsSecret: false) == .refused(.unknownClient))
        #expect(Self.verdict(records, "d", knowsSecret: true) == .refused(.unknownClient))
    }

    @Test func `ends a client at the very moment of its expiry`() {
        let record = Self.record { $0.expires = WireTime(nanoseconds: 1000) }
        #expect(Self.account(Self.verdict([record], at: 999)) == "anna")
        #expect(Self.verdict([record], at: 1000) == .refused(.expired))
        #expect(Self.verdict([record], at: 1001) == .refused(.expired))
    }

    @Test func `takes a token back whatever the time of that was`() {
        let record = Self.record { ($0.revoked, $0.expires) = (WireTime(nanoseconds: .max), WireTime(nanoseconds: 0)) }
        #expect(Self.verdict([record]) == .refused(.revoked))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/8", "::ffff:10.0.0.9", true),
        ("10.0.0.0/8", "::10.0.0.9", false), ("::ffff:10.0.0.0/104", "10.0.0.9", true), ("2001:db8::/32", "2001:db8::1", true),
        ("2001:db8::/32", "10.0.0.9", false), ("0.0.0.0/0", "192.0.2.1", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "192.0.2.1", true), ("10.0.0.9", "10.0.0.9", true), ("10.0.0.9", "10.0.0.8", false),
    ])
    func `knows where a client may come from`(range: String, address: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        let record = Self.record { $0.addresses = [AddressRange("192.168.0.0/16"), range].compactMap(\.self) }
        #expect((Self.account(Self.verdict([record], from: address)) == "anna") == isIn)
        #expect(isIn || Self.verdict([record], from: address) == .refused(.wrongAddress))
    }

    @Test func `does not let in from an address that is not known`() {
        #expect(Self.account(Self.verdict([Self.record()], from: nil)) == "anna")
        let record = Self.record { $0.addresses = [AddressRange("0.0.0.0/0"), AddressRange("::/0")].compactMap(\.self) }
        #expect(Self.verdict([record], from: nil) == .refused(.wrongAddress))
    }

    @Test func `keeps a client to its protocols`() {
        let record = Self.record { $0.protocols = [.pop3] }
        #expect(Self.verdict([record]) == .refused(.wrongProtocol))
        #expect(Self.account(Self.verdict([record], mailProtocol: .pop3)) == "anna")
        #expect(Self.verdict([Self.record { $0.protocols = [] }], mailProtocol: .pop3) == .refused(.wrongProtocol))
    }

    @Test func `lets in as many sessions as a client may have`() {
        let record = Self.record { $0.sessions = 2 }
        #expect(Self.account(Self.verdict([record], sessions: 1)) == "anna")
        #expect(Self.verdict([record], sessions: 2) == .refused(.tooManySessions))
        #expect(Self.verdict([Self.record { $0.sessions = 0 }]) == .refused(.tooManySessions))
    }

    @Test func `prefers a name to a pattern, and a longer pattern to a shorter one`() {
        let records = [
            Self.record("*", account: "otto"), Self.record("*@example.org", account: "otto"),
            Self.record("anna@example.org"), Self.record("a*@example.org", account: "emma"),
        ]
        let accounts = ["anna", "otto", "emma"]
        #expect(Self.account(Self.verdict(records, "anna@example.org", accounts: accounts)) == "anna")
        #expect(Self.account(Self.verdict(records, "adam@example.org", accounts: accounts)) == "emma")
        #expect(Self.account(Self.verdict(records, "bert@example.org", accounts: accounts)) == "otto")
        guard case .accepted(let grant) = Self.verdict(records, "bert@example.org", accounts: accounts) else {
            Issue.record("not let in")
            return
        }
        #expect(grant == ClientGrant(client: "*@example.org", login: "bert@example.org", account: "otto"))
    }

    @Test func `takes the first of two records with one name`() {
        let twice = [Self.record(), Self.record(account: "otto")]
        #expect(Self.account(Self.verdict(twice)) == "anna")
        #expect(Self.account(Self.verdict(twice.reversed())) == "otto")
        let patterns = [Self.record("*", account: "anna"), Self.record("*", account: "otto")]
        #expect(Self.account(Self.verdict(patterns, "x")) == "anna")
    }

    @Test func `does not fit a pattern to what only begins like it`() {
        #expect(Self.verdict([Self.record("*@example.org")], "anna@example.org.evil") == .refused(.unknownClient))
    }

    /// A server takes both for one user, so the policy of the exact name must not be passed by.
    @Test func `takes a name in other letters for the same`() {
        #expect(Self.account(Self.verdict([Self.record("anna")], "Anna")) == "anna")
        let records = [Self.record("*@example.org", account: "*")]
        let accounts = ["*@example.org", "boss@example.org"]
        #expect(Self.account(Self.verdict(records, "BOSS@Example.org", accounts: accounts)) == "boss@example.org")
        #expect(Self.account(Self.verdict(records, "Anna@Example.org", accounts: accounts)) == "*@example.org")
    }

    @Test func `leads a client of all accounts to that of its name`() {
        let record = Self.record("*@example.org", account: "*")
        let accounts = ["*", "*@example.org", "anna@example.org", "*@example.com"]
        #expect(Self.account(Self.verdict([record], "anna@example.org", accounts: accounts)) == "anna@example.org")
        #expect(Self.account(Self.verdict([record], "otto@example.org", accounts: accounts)) == "*@example.org")
        #expect(Self.verdict([record], "otto@example.org", accounts: ["*@example.com"]) == .refused(.unknownAccount))
    }

    @Test func `fits no pattern of accounts to a client of one account`() {
        #expect(
            Self.verdict([Self.record(account: "otto@example.org")], accounts: ["*@example.org"]) == .refused(.unknownAccount))
        #expect(Self.verdict([Self.record(account: "none")]) == .refused(.unknownAccount))
    }

    @Test func `offers SCRAM if all have keys for it, and tokens' mechanisms if one is a token`() {
        let password = Self.record("otto") { $0.proof = .scrypt(Self.hash) }
        #expect(ClientDirectory([]).mechanisms == [.plain, .login])
        #expect(ClientDirectory([password]).mechanisms == [.plain, .login])
        #expect(ClientDirectory([Self.scram("a", rounds: 4096)]).mechanisms == [.scramSHA256, .plain, .login])
        #expect(
            ClientDirectory([Self.scram("a", rounds: 4096), Self.record()]).mechanisms == [
                .plain, .login, .xoauth2, .oauthBearer,
            ])
    }

    @Test func `measures a refusal by the proof that takes longest`() {
        var costly = Self.hash
        costly.logCost = 16
        let hashes = [Self.hash, costly, Self.hash].map { hash in Self.record { $0.proof = .scrypt(hash) } }
        #expect(ClientDirectory(hashes + [Self.scram("a", rounds: 9999)]).slowestProof == .scrypt(costly))
        #expect(ClientDirectory([Self.scram("a", rounds: 9999)] + hashes).slowestProof == .scrypt(costly))
        let keys = [4096, 9999, 5000].map { Self.scram("\($0)", rounds: $0) }
        #expect(ClientDirectory(keys).slowestProof == keys[1].proof)
        #expect(ClientDirectory([Self.record()]).slowestProof == nil)
    }

    @Test func `knows how many rounds of SCRAM are usual`() {
        #expect(ClientDirectory([Self.record()]).usualIterations == 4096)
        let keys = [5000, 5000, 9999].map { Self.scram("\($0)", rounds: $0) }
        #expect(ClientDirectory(keys).usualIterations == 5000)
        #expect(ClientDirectory(keys.reversed()).usualIterations == 5000)
    }
}
