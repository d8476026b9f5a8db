// Strategy: the example of RFC 7677 and one that was computed by another program, from both sides; then each rule of RFC 5802's
// grammar by a message that breaks it.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `SCRAM-SHA-256` {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var user: String
        var mailbox: String?
        var password: String
        var clientNonce: String
        var serverNonce: String
        var keys: String
        var clientFirst: String
        var serverFirst: String
        var clientFinal: String
        var serverFinal: String
    }

    static let examples = [
        Example(
            testDescription: "RFC 7677 §3", user: "user", password: "pencil", clientNonce: "rOprNGfwEbeRWgbNEkqO",
            serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            keys: "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
                + ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
            clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
        Example(
            testDescription: "escapes, another identity, letters beyond ASCII", user: "anna,x=y", mailbox: "büro",
            password: "Schlüssel 1", clientNonce: "fyko+d2lbbFgONRv9qkxdawL", serverNonce: "3rfcNHYJY1ZVvWVs7j",
            keys: "SCRAM-SHA-256$5000:c2l4dGVlbiBvY3RldHMhIQ==$bYtCZDqZApZ6Z4+NH7AxZWHV/4KH80FgJcGLLRuE2rg="
                + ":RfyuZmG4JOwm9NiSrF0iH0c10vN33ugR2bsY8UHye5Y=",
            clientFirst: "n,a=büro,n=anna=2Cx=3Dy,r=fyko+d2lbbFgONRv9qkxdawL",
            serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=c2l4dGVlbiBvY3RldHMhIQ==,i=5000",
            clientFinal: "c=bixhPWLDvHJvLA==,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                + "p=pTZWwHhjQNWITPFwhHiY9bhwinYauTKEaBkXww7jbKw=",
            serverFinal: "v=J5mXPBVl2CtrsBsrb+vkrhIeeQWxj4peyvA8qjyVTHY="),
    ]

    private static func client(_ example: Example, password: String? = nil) throws -> SASLClient {
        let identity = SASLClient.Identity(
            user: example.user, authorizationIdentity: example.mailbox, secret: Secret(password ?? example.password),
            host: "imap.example.org", port: 993)
        return try #require(SASLClient(.scramSHA256, identity, nonce: example.clientNonce))
    }

    /// A client that has said its proof.
    private static func proved(_ example: Example) throws -> SASLClient {
        var client = try client(example)
        guard case .derive(let derivation) = client.answer(challenge: ByteBuffer(string: example.serverFirst)) else {
            throw SASLProblem("nothing to derive")
        }
        #expect(client.derived(saltedPassword(derivation)).response == example.clientFinal)
        return client
    }

    @Test(arguments: examples) func `is said by the client as the example has it`(example: Example) throws {
        #expect(try Self.client(example).initialResponse?.exposed == example.clientFirst)
        var client = try Self.proved(example)
        #expect(client.problemWithSuccess != nil, "the server has proved nothing yet")
        #expect(client.answer(challenge: ByteBuffer(string: example.serverFinal)).response == "")
        #expect(client.problemWithSuccess == nil)
        #expect(client.answer(challenge: ByteBuffer()).failure != nil)
        #expect(client.problemWithSuccess != nil)
    }

    @Test(arguments: examples) func `is answered by the server as the example has it`(example: Example) throws {
        let keys = try #require(SCRAMKeys(example.keys))
        var server = try #require(SASLServer(.scramSHA256, nonce: example.serverNonce))
        #expect(server.begin(initialResponse: nil).challenge == "")
        #expect(server.receive(ByteBuffer(string: example.clientFirst)) == .lookUp(name: example.user))
        #expect(server.found(keys).challenge == example.serverFirst)
        let attempt = LoginAttempt(
            name: example.user, authorizationIdentity: example.mailbox, mechanism: .scramSHA256, proof: .scram(isRight: true))
        #expect(server.receive(ByteBuffer(string: example.clientFinal)) == .attempt(attempt))
        #expect(server.accepted().challenge == example.serverFinal)
        #expect(server.receive(ByteBuffer()) == .done)
    }

    @Test(arguments: examples) func `makes the keys that a server keeps from the salted password`(example: Example) throws {
        let keys = try #require(SCRAMKeys(example.keys))
        let salted = saltedPassword(
            SCRAMDerivation(password: Secret(example.password), salt: keys.salt, iterations: keys.iterations))
        #expect(SCRAMKeys(saltedPassword: salted, salt: keys.salt, iterations: keys.iterations) == keys)
    }

    // MARK: - What a server may not say

    private static let nonces = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

    @Test(arguments: [
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=200001",
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=04096", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=+4096", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-1",
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999999", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=",
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==", "\(nonces),i=4096,s=W22ZaJ0SNY7soEsUEjb6gQ==", "\(nonces),s=,i=4096",
        "\(nonces),s=W22,i=4096", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gR==,i=4096",
        "m=x,\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,m=x", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,",
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,x", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,1=x",
        "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,x=1,x=2", "\(nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,x=\0",
        "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=rOprNGfwEbeRWgbNEkq,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "r=xrOprNGfwEbeRWgbNEkqO%hv,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "r=rOprNGfwEbeRWgbNEkqO%h v,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "e=unknown-user", "v=6rri", "x", ",",
    ])
    func `has no second message but the one that the grammar has`(message: String) throws {
        var client = try Self.client(Self.examples[0])
        let step = client.answer(challenge: ByteBuffer(string: message))
        #expect(step.failure?.contains("SCRAM-SHA-256") == true, "\(step)")
        #expect(client.problemWithSuccess != nil)
        #expect(client.answer(challenge: ByteBuffer(string: Self.examples[0].serverFirst)).failure != nil, "it stays so")
    }

    @Test(arguments: [4096, 200_000]) func `has as many rounds as are safe and can be made`(iterations: Int) throws {
        var client = try Self.client(Self.examples[0])
        let message = "\(Self.nonces),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=\(iterations),x=an extension that nobody has to know"
        guard case .derive(let derivation) = client.answer(challenge: ByteBuffer(string: message)) else {
            Issue.record("nothing to derive")
            return
        }
        #expect(derivation.iterations == iterations)
        #expect(derivation.password == Secret("pencil"))
        #expect(derivation.salt == SCRAMKeys(Self.examples[0].keys)?.salt)
    }

    @Test(arguments: [
        ("e=invalid-proof", "invalid-proof"), ("e=pencil", "other-error"), ("e=invalid-proof,x=y", "invalid-proof"),
        ("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "prove"), ("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "base64"),
        ("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl9", "base64"), ("v=", "attribute"), ("", "attribute"),
        ("m=1,v=x", "extension"),
        ("x=y,v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "attribute"), (Self.examples[0].serverFirst, "attribute"),
    ])
    func `does not believe a server that cannot prove itself`(message: String, words: String) throws {
        var client = try Self.proved(Self.examples[0])
        let failure = client.answer(challenge: ByteBuffer(string: message)).failure
        #expect(failure?.contains(words) == true, "\(failure ?? "no failure")")
        #expect(failure?.contains("pencil") == false)
        #expect(client.problemWithSuccess != nil)
    }

    @Test func `takes a salted password only when it was asked for, and of the right length`() throws {
        var client = try Self.client(Self.examples[0])
        #expect(client.derived(Secret("pencil")).failure != nil)
        client = try Self.client(Self.examples[0])
        _ = client.answer(challenge: ByteBuffer(string: Self.examples[0].serverFirst))
        #expect(client.derived(Secret("pencil")).failure != nil)
    }

    // MARK: - What a client may not say

    @Test(arguments: [
        ("p=tls-unique,,n=user,r=abc", "channel binding"), ("n,n=user,r=abc", "header"), ("x,,n=user,r=abc", "neither n nor y"),
        (",,n=user,r=abc", "neither n nor y"), ("n,b=x,n=user,r=abc", "identity"), ("n,a=,n=user,r=abc", "empty identity"),
        ("n,,m=x,n=user,r=abc", "extension"), ("n,,n=user,r=abc,m=x", "extension"), ("n,,r=abc,n=user", "place"),
        ("n,,n=,r=abc", "attribute"), ("n,,n=us=er,r=abc", "2C nor 3D"), ("n,,n=us=2c,r=abc", "2C nor 3D"),
        ("n,,n=us=,r=abc", "2C nor 3D"), ("n,,n=user", "attribute"), ("n,,n=user,r=", "attribute"), ("n,,n=user,r=a b", "nonce"),
        ("n,,n=user,r=a\u{E9}", "nonce"), ("n,,n=us\u{7}er,r=abc", "control"), ("n,,n=us\u{85}er,r=abc", "control"),
        ("n,,n=us\0er,r=abc", "NUL"), ("n,,n=user,r=abc,", "attribute"), ("n,,n=user,n=user,r=abc", "twice"), ("", "header"),
        ("n,a=us\ner,n=user,r=abc", "control"), ("n,,n=\(String(repeating: "x", count: 257)),r=abc", "256"),
        ("n,,n=user,r=\(String(repeating: "x", count: 1025))", "nonce"),
        ("n,,n=user,r=\(String(repeating: "x", count: 8192))", "8192"),
    ])
    func `has no first message but the one that the grammar has`(message: String, words: String) throws {
        var server = try #require(SASLServer(.scramSHA256, nonce: "abc"))
        let step = server.begin(initialResponse: ByteBuffer(string: message))
        guard case .malformed(let text) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(text.contains(words), "\(text)")
        #expect(server.begin(initialResponse: nil).isMalformed)
    }

    @Test(arguments: [
        ("y,,n=user,r=abc", "user"), ("n,a=user,n=user,r=abc,x=1,y=2", "user"), ("n,,n==2C=3D,r=abc", ",="),
        ("n,,n=\(String(repeating: "x", count: 256)),r=abc", String(repeating: "x", count: 256)),
        ("n,,n=user,r=\(String(repeating: "x", count: 1024))", "user"), ("n,,n=\u{E9},r=!~", "\u{E9}"),
        // A combining mark after a comma belongs to it for people, not on the wire.
        ("n,,n=user\u{301},r=abc", "user\u{301}"),
    ])
    func `has names of all letters`(message: String, name: String) throws {
        var server = try #require(SASLServer(.scramSHA256, nonce: "abc"))
        #expect(server.begin(initialResponse: ByteBuffer(string: message)) == .lookUp(name: name))
    }

    @Test(arguments: [
        ("c=eSws,%r,p=%p", "header"), ("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=%p", "nonce"), ("c=biws,%rx,p=%p", "nonce"),
        ("%r,c=biws,p=%p", "attribute"), ("c=biws,%r", "end"), ("c=biws,%r,p=%p,x=y", "end"), ("c=biws,%r,p=AAAA", "base64"),
        ("c=biws,%r,p=", "attribute"), ("c=biws,p=%p,%r", "place"), ("m=1,c=biws,%r,p=%p", "extension"), ("", "attribute"),
        ("c=biws,%r,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR=", "base64"),
    ])
    func `has no last message but the one that the grammar has`(message: String, words: String) throws {
        var server = try #require(SASLServer(.scramSHA256, nonce: Self.examples[0].serverNonce))
        _ = server.begin(initialResponse: ByteBuffer(string: Self.examples[0].clientFirst))
        _ = server.found(try #require(SCRAMKeys(Self.examples[0].keys)))
        let text = message.replacing("%r", with: Self.nonces).replacing(
            "%p", with: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        guard case .malformed(let problem) = server.receive(ByteBuffer(string: text)) else {
            Issue.record("it was read")
            return
        }
        #expect(problem.contains(words), "\(problem)")
    }

    @Test func `has a proof that holds for these words only`() throws {
        let example = Self.examples[0]
        for (first, final) in [
            // An extension changes what is proved; so does a proof that belongs to another nonce.
            (example.clientFirst + ",x=y", example.clientFinal),
            (example.clientFirst, example.clientFinal.replacing(",p=", with: ",x=y,p=")),
            (example.clientFirst.replacing("n=user", with: "n=User"), example.clientFinal),
        ] {
            var server = try #require(SASLServer(.scramSHA256, nonce: example.serverNonce))
            _ = server.begin(initialResponse: ByteBuffer(string: first))
            _ = server.found(try #require(SCRAMKeys(example.keys)))
            guard case .attempt(let attempt) = server.receive(ByteBuffer(string: final)) else {
                Issue.record("it was not read")
                return
            }
            #expect(attempt.proof == .scram(isRight: false))
            #expect(server.accepted().isMalformed, "whatever the caller says")
        }
    }

    // MARK: - Names that do not exist

    @Test func `has the same made-up keys for a name each time, and others for other names`() {
        let key = Array("0123456789abcdef".utf8)
        let keys = SCRAMKeys.madeUp(for: "nobody", key: key)
        #expect(
            keys.description == "SCRAM-SHA-256$4096:oZ372ASC+0YzHVtoi/D92Q==$SZ2VyTe5iDTbHneq5G2E4n36nP/XythMrCj3FfDBRho="
                + ":KvAXtHFBktWDINJc6e/Rz0x6t3q5Z7JNhImDHhqlF3M=")
        #expect(keys == .madeUp(for: "nobody", key: key))
        #expect(keys.salt != SCRAMKeys.madeUp(for: "nobody2", key: key).salt)
        #expect(keys.salt != SCRAMKeys.madeUp(for: "nobody", key: key + [0x21]).salt)
        #expect(SCRAMKeys.madeUp(for: "nobody", key: key, iterations: 15_000).iterations == 15_000)
        #expect(SCRAMKeys(keys.description) == keys, "they look like any others")
    }
}
