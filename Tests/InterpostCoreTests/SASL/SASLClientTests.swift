// Strategy: each mechanism by the example of its RFC, then what an account must not have in it, and what a server must not say.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Interpost, as it logs in to a server` {
    private static func client(
        _ mechanism: LoginMechanism, user: String = "anna", mailbox: String? = nil, secret: String = "sesame",
        host: String = "imap.example.org", port: Int = 993
    ) throws -> SASLClient {
        let identity = SASLClient.Identity(
            user: user, authorizationIdentity: mailbox, secret: Secret(secret), host: host, port: port)
        return try #require(SASLClient(mechanism, identity, nonce: SASLDialogue.clientNonce))
    }

    @Test func `has nothing to say by SASL in the protocols' own commands`() {
        let identity = SASLClient.Identity(user: "anna", secret: Secret("sesame"), host: "h", port: 1)
        #expect(SASLClient(.password, identity, nonce: "abc") == nil)
        #expect(SASLClient(.apop, identity, nonce: "abc") == nil)
    }

    // RFC 4616 §4; the second example's identities.
    @Test(arguments: [
        ("tim", String?.none, "tanstaaftanstaaf", "\0tim\0tanstaaftanstaaf"),
        ("Kurt", "Ursel", "xipj3plmq", "Ursel\0Kurt\0xipj3plmq"), ("tim", "tim", "p w", "\0tim\0p w"),
        ("b\u{FC}ro", nil, "\u{E9}", "\0b\u{FC}ro\0\u{E9}"),
    ])
    func `says PLAIN`(user: String, mailbox: String?, secret: String, message: String) throws {
        var client = try Self.client(.plain, user: user, mailbox: mailbox, secret: secret)
        #expect(client.initialResponse?.exposed == message)
        #expect(client.problemWithSuccess == nil)
        #expect(client.answer(challenge: ByteBuffer()).response == message, "where the command did not take it along")
        #expect(client.answer(challenge: ByteBuffer()).failure?.contains("PLAIN") == true)
        #expect(client.problemWithSuccess != nil)
        client = try Self.client(.plain)
        #expect(client.answer(challenge: ByteBuffer(string: "realm?")).failure != nil)
    }

    @Test func `says LOGIN, whatever it is asked`() throws {
        var client = try Self.client(.login)
        #expect(client.initialResponse == nil)
        #expect(client.problemWithSuccess != nil, "the server has not heard the password")
        #expect(client.answer(challenge: ByteBuffer(string: "Username:")).response == "anna")
        #expect(client.problemWithSuccess != nil)
        #expect(client.answer(challenge: ByteBuffer()).response == "sesame")
        #expect(client.problemWithSuccess == nil)
        #expect(client.answer(challenge: ByteBuffer(string: "One-time code:")).failure != nil)
    }

    @Test func `says CRAM-MD5 as RFC 2195 has it`() throws {
        var client = try Self.client(.cramMD5, user: "tim", secret: "tanstaaftanstaaf")
        #expect(client.initialResponse == nil)
        #expect(client.problemWithSuccess != nil)
        let challenge = ByteBuffer(string: "<1896.697170952@postoffice.reston.mci.net>")
        #expect(client.answer(challenge: challenge).response == "tim b913a602c7eda7a495b4e6e7334d3890")
        #expect(client.problemWithSuccess == nil)
        #expect(client.answer(challenge: challenge).failure != nil)
        client = try Self.client(.cramMD5)
        #expect(client.answer(challenge: ByteBuffer()).failure != nil)
    }

    @Test func `says APOP as RFC 1939 has it`() {
        let timestamp = ByteBuffer(string: "<1896.697170952@dbc.mtview.ca.us>")
        let digest = CRAM.apopDigest(timestamp: timestamp, secret: Secret("tanstaaf"))
        #expect(digest.exposed == "c4c9334bac560ecc979e58001b3e22fb")
        #expect("\(digest)" == "[redacted]")
    }

    @Test func `says EXTERNAL, mostly with nothing`() throws {
        var client = try Self.client(.external, user: "", secret: "")
        #expect(client.initialResponse?.exposed == "")
        #expect(client.answer(challenge: ByteBuffer()).response == "")
        #expect(client.problemWithSuccess == nil)
        #expect(client.answer(challenge: ByteBuffer()).failure != nil)
        #expect(try Self.client(.external, mailbox: "team").initialResponse?.exposed == "team")
    }

    // MARK: - Tokens

    // As Google's documentation and RFC 7628 §4.1 have it.
    private static let googleToken = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
    private static let token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

    private static func base64(_ secret: Secret?) -> String? { secret.map { String(buffer: Base64.encode($0.exposed.utf8)) } }

    @Test func `says XOAUTH2, and hears out what is wrong with the token`() throws {
        var client = try Self.client(.xoauth2, user: "someuser@example.com", secret: Self.googleToken)
        #expect(
            Self.base64(client.initialResponse)
                == "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
        )
        #expect(client.problemWithSuccess == nil)
        let challenge = try #require(
            Base64.decode(
                ByteBuffer(
                    string: "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K"
                ).readableBytesView))
        #expect(client.bearerFailure == nil)
        #expect(client.answer(challenge: challenge).response == "")
        let failure = try #require(client.bearerFailure)
        #expect(failure.status == "401" && failure.schemes == "bearer mac" && failure.scope == "https://mail.google.com/")
        #expect(failure.openIDConfiguration == nil)
        #expect(client.problemWithSuccess != nil, "a server that refuses the token and says OK")
        #expect(client.answer(challenge: challenge).failure != nil)
    }

    @Test func `says OAUTHBEARER, and hears out what is wrong with the token`() throws {
        var client = try Self.client(
            .oauthBearer, user: "user@example.com", secret: Self.token, host: "server.example.com", port: 143)
        let message =
            "n,a=user@example.com,\u{1}host=server.example.com\u{1}port=143\u{1}auth=Bearer \(Self.token)\u{1}\u{1}"
        #expect(
            Self.base64(client.initialResponse)
                == "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNr"
                + "QmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB")
        #expect(client.answer(challenge: ByteBuffer()).response == message, "where the command did not take it along")
        let challenge = ByteBuffer(
            string: #"{"status":"invalid_token","scope":"example_scope","#
                + #""openid-configuration":"https://example.com/.well-known/openid-configuration"}"#)
        #expect(client.answer(challenge: challenge).response == "\u{1}")
        let failure = try #require(client.bearerFailure)
        #expect(failure.status == "invalid_token" && failure.scope == "example_scope" && failure.schemes == nil)
        #expect(failure.openIDConfiguration == "https://example.com/.well-known/openid-configuration")
        #expect(client.answer(challenge: challenge).failure != nil)
    }

    @Test func `names the mailbox with a token, not who signs in`() throws {
        let xoauth2 = try Self.client(.xoauth2, mailbox: "team@example.org", secret: "T")
        #expect(xoauth2.initialResponse?.exposed == "user=team@example.org\u{1}auth=Bearer T\u{1}\u{1}")
        let bearer = try Self.client(.oauthBearer, mailbox: "a,b=c", secret: "T", host: "::1", port: 1)
        #expect(bearer.initialResponse?.exposed == "n,a=a=2Cb=3Dc,\u{1}host=::1\u{1}port=1\u{1}auth=Bearer T\u{1}\u{1}")
    }

    @Test(arguments: [
        "", "no", "{", "{}x", "[]", "{\"status\":{}}", "{\"status\":\"a\",\"status\":\"b\"}", "{\"status\":\"\\x\"}",
        "{\"status\":\"\n\"}", "{\"status\":\"\\ud800\"}", "{\"status\":\"\\ud800\\u0041\"}", "{\"status\":\"\\udc00\"}",
        "{\"status\":\"\\u+123\"}", "{\"status\":\"a\"", "{\"status\"}", "{\"status\":}", "{status:\"a\"}", "{\"status\":01}",
        "{\"status\":\"a\",}", "{\"status\":tru}", "{\"status\":\"\(String(repeating: "x", count: 4096))\"}", "{\"a\":\"\\",
    ])
    func `says nothing of a failure that is not told as it should be`(challenge: String) throws {
        var client = try Self.client(.xoauth2, secret: "token")
        _ = client.answer(challenge: ByteBuffer())
        #expect(client.answer(challenge: ByteBuffer(string: challenge)).response == "", "the server may say NO then")
        #expect(client.bearerFailure == nil)
    }

    @Test func `reads a failure strictly, but for what is not asked`() throws {
        for (challenge, status) in [
            (
                #" { "status" : "a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00" , "x":null,"y":true,"z":0 } "#,
                "a\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}"
            ),
            (#"{"status":400}"#, "400"), (#"{"status":false}"#, nil), ("{}", nil),
            // Who repeats the token does not get it into a log.
            (#"{"status":"\u0074oken is wrong","scope":"mail"}"#, nil),
        ] as [(String, String?)] {
            var client = try Self.client(.oauthBearer, secret: "token")
            #expect(client.answer(challenge: ByteBuffer(string: challenge)).response == "\u{1}")
            let failure = try #require(client.bearerFailure)
            #expect(failure.status == status)
            #expect(failure.scope == (challenge.contains("mail") ? "mail" : nil))
        }
        let longest = #"{"scope":""# + String(repeating: "x", count: 4084) + #""}"#
        #expect(longest.utf8.count == 4096)
        #expect(BearerFailure(ByteBuffer(string: longest), token: Secret("token"))?.scope?.utf8.count == 4084)
    }

    // MARK: - What must not go out

    @Test(arguments: [LoginMechanism.plain, .login, .cramMD5, .scramSHA256, .xoauth2, .oauthBearer, .external])
    func `says nothing that would break its message`(mechanism: LoginMechanism) throws {
        var broken: [SASLClient] = []
        for bad in ["\0", "\r", "\n"] {
            broken.append(try Self.client(mechanism, mailbox: "an\(bad)na"))
            if mechanism != .external {
                broken.append(try Self.client(mechanism, user: "an\(bad)na"))
                broken.append(try Self.client(mechanism, secret: "xq\(bad)qx"))
            }
        }
        switch mechanism {
        case .external: break
        case .xoauth2, .oauthBearer:
            for bad in ["\u{1}", " ", "\u{E9}", "\u{7F}"] { broken.append(try Self.client(mechanism, secret: "xq\(bad)qx")) }
            broken.append(try Self.client(mechanism, user: "an\u{1}na"))
            broken.append(try Self.client(mechanism, host: "an\u{1}na"))
            fallthrough
        default:
            broken.append(try Self.client(mechanism, user: ""))
            broken.append(try Self.client(mechanism, mailbox: ""))
            broken.append(try Self.client(mechanism, secret: ""))
        }
        for var client in broken {
            let problem = try #require(client.problem)
            #expect(client.initialResponse == nil)
            #expect(client.problemWithSuccess == problem)
            #expect(client.answer(challenge: ByteBuffer()) == .fail(problem))
            #expect(!problem.contains("xq") && !problem.contains("qx"))
        }
    }

    @Test func `proves no password by SCRAM that SASLprep forbids`() throws {
        for secret in ["ses\u{7}ame", "ses\tame", "ses\u{7F}ame", "ses\u{85}ame"] {
            #expect(try Self.client(.scramSHA256, secret: secret).problem?.contains("control") == true)
            #expect(try Self.client(.plain, secret: secret).problem == nil)
        }
        #expect(try Self.client(.scramSHA256, user: "an\u{7}na").problem?.contains("control") == true)
        let latin1 = SASLClient.Identity(user: "anna", secret: Secret(ByteBuffer(bytes: [0x73, 0xE9])), host: "h", port: 1)
        #expect(SASLClient(.scramSHA256, latin1, nonce: "abc")?.problem?.contains("UTF-8") == true)
        #expect(SASLClient(.plain, latin1, nonce: "abc")?.problem == nil)
    }

    @Test(arguments: ["", "a,b", "a b", "\u{E9}"]) func `proves nothing with a nonce that is none`(nonce: String) {
        let identity = SASLClient.Identity(user: "anna", secret: Secret("sesame"), host: "h", port: 1)
        #expect(SASLClient(.scramSHA256, identity, nonce: nonce)?.problem != nil)
        #expect(SASLClient(.plain, identity, nonce: nonce)?.problem == nil)
    }

    @Test(arguments: [LoginMechanism.login, .cramMD5, .xoauth2, .oauthBearer])
    func `hears challenges up to a limit`(mechanism: LoginMechanism) throws {
        for (octets, isHeard) in [(8192, true), (8193, false)] {
            var client = try Self.client(mechanism)
            let step = client.answer(challenge: ByteBuffer(string: String(repeating: "x", count: octets)))
            #expect((step.response != nil) == isHeard)
        }
    }
}
