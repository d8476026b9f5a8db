// Strategy: what a client says, and the attempt that is read from it; then each thing that a client must not say.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Interpost, as clients log in to it` {
    private static func server(_ mechanism: LoginMechanism) throws -> SASLServer {
        try #require(SASLServer(mechanism, nonce: SASLDialogue.serverNonce))
    }

    @Test func `offers five mechanisms`() {
        let offered = LoginMechanism.allCases.filter { SASLServer($0, nonce: "abc") != nil }
        #expect(offered == [.plain, .login, .scramSHA256, .xoauth2, .oauthBearer])
        #expect(SASLServer(.scramSHA256, nonce: "") == nil)
        #expect(SASLServer(.scramSHA256, nonce: "a,b") == nil)
    }

    struct Said: Sendable, CustomTestStringConvertible {
        var mechanism: LoginMechanism
        var message: String
        var name: String
        var actsFor: String?
        var secret: String
        var testDescription: String { "\(mechanism) \(message.debugDescription)" }
    }

    @Test(arguments: [
        // RFC 4616 §4
        Said(mechanism: .plain, message: "\0tim\0tanstaaftanstaaf", name: "tim", secret: "tanstaaftanstaaf"),
        Said(mechanism: .plain, message: "Ursel\0Kurt\0xipj3plmq", name: "Kurt", actsFor: "Ursel", secret: "xipj3plmq"),
        Said(mechanism: .plain, message: "tim\0tim\0x", name: "tim", secret: "x"),
        Said(mechanism: .plain, message: "\0b\u{FC}ro\0 \r\n", name: "b\u{FC}ro", secret: " \r\n"),
        Said(
            mechanism: .xoauth2, message: "user=anna@example.org\u{1}auth=Bearer ipt_abc\u{1}\u{1}", name: "anna@example.org",
            secret: "ipt_abc"),
        Said(
            mechanism: .xoauth2, message: "USER=anna\u{1}x=\u{1}AUTH=bEARER   ipt_abc==\u{1}\u{1}", name: "anna",
            secret: "ipt_abc=="),
        // RFC 7628 §4.1
        Said(
            mechanism: .oauthBearer,
            message: "n,a=user@example.com,\u{1}host=server.example.com\u{1}port=143\u{1}"
                + "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u{1}\u{1}",
            name: "user@example.com", secret: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="),
        Said(mechanism: .oauthBearer, message: "y,a=a=2Cb=3Dc,\u{1}auth=bearer T\u{1}\u{1}", name: "a,b=c", secret: "T"),
    ])
    func `reads an attempt`(said: Said) throws {
        let attempt = LoginAttempt(
            name: said.name, authorizationIdentity: said.actsFor, mechanism: said.mechanism, proof: .secret(Secret(said.secret)))
        let message = ByteBuffer(string: said.message)
        var server = try Self.server(said.mechanism)
        #expect(server.begin(initialResponse: message) == .attempt(attempt))
        #expect(server.accepted() == .done)
        server = try Self.server(said.mechanism)
        #expect(server.begin(initialResponse: nil).challenge == "")
        #expect(server.receive(message) == .attempt(attempt))
    }

    @Test func `asks for name and password in LOGIN`() throws {
        let attempt = LoginAttempt(name: "anna", mechanism: .login, proof: .secret(Secret("sesame")))
        for initial in [nil, ByteBuffer()] {
            var server = try Self.server(.login)
            #expect(server.begin(initialResponse: initial).challenge == "Username:")
            #expect(server.receive(ByteBuffer(string: "anna")).challenge == "Password:")
            #expect(server.receive(ByteBuffer(string: "sesame")) == .attempt(attempt))
            #expect(server.refused() == .done)
        }
        var server = try Self.server(.login)
        #expect(server.begin(initialResponse: ByteBuffer(string: "anna")).challenge == "Password:")
        #expect(server.receive(ByteBuffer(string: "sesame")) == .attempt(attempt))
        #expect(server.accepted() == .done)
    }

    @Test(arguments: [LoginMechanism.xoauth2, .oauthBearer], ["", "\u{1}", "what"])
    func `says that a token is not good, and hears any answer`(mechanism: LoginMechanism, answer: String) throws {
        var server = try Self.server(mechanism)
        let beginning = mechanism == .xoauth2 ? "user=anna" : "n,a=anna,"
        _ = server.begin(initialResponse: ByteBuffer(string: "\(beginning)\u{1}auth=Bearer T\u{1}\u{1}"))
        let challenge = try #require(server.refused().challenge)
        #expect(challenge == #"{"status":"invalid_token","schemes":"bearer"}"#)
        #expect(server.receive(ByteBuffer(string: answer)) == .done)
        #expect(server.receive(ByteBuffer()).isMalformed, "nothing comes after that")
    }

    // MARK: - What is not of the mechanism

    @Test(arguments: [
        (LoginMechanism.plain, ""), (.plain, "anna"), (.plain, "\0anna"), (.plain, "\0anna\0"), (.plain, "\0\0sesame"),
        (.plain, "\0anna\0ses\0ame"), (.plain, "\0an\nna\0sesame"), (.plain, "an\tna\0anna\0sesame"),
        (.plain, "\0an\u{85}na\0sesame"), (.login, "an\0na"), (.login, "an\u{7F}na"), (.xoauth2, ""), (.xoauth2, "\u{1}"),
        (.xoauth2, "\u{1}\u{1}"), (.xoauth2, "user=anna\u{1}auth=Bearer T"), (.xoauth2, "user=anna\u{1}auth=Bearer T\u{1}"),
        (.xoauth2, "user=anna\u{1}\u{1}"), (.xoauth2, "auth=Bearer T\u{1}\u{1}"), (.xoauth2, "user=\u{1}auth=Bearer T\u{1}\u{1}"),
        (.xoauth2, "user=anna\u{1}auth=Bearer \u{1}\u{1}"), (.xoauth2, "user=anna\u{1}auth=Bearer\u{1}\u{1}"),
        (.xoauth2, "user=anna\u{1}auth=Basic T\u{1}\u{1}"), (.xoauth2, "user=anna\u{1}auth=BearerT\u{1}\u{1}"),
        (.xoauth2, "user=anna\u{1}auth=Bearer T\0\u{1}\u{1}"), (.xoauth2, "user=anna\u{1}auth=Bearer T T\u{1}\u{1}"),
        (.xoauth2, "user=anna\u{1}user=bob\u{1}auth=Bearer T\u{1}\u{1}"),
        (.xoauth2, "user=anna\u{1}auth=Bearer T\u{1}Auth=Bearer U\u{1}\u{1}"),
        (.xoauth2, "user=anna\u{1}\u{1}auth=Bearer T\u{1}\u{1}"),
        (.xoauth2, "user=anna\u{1}x\u{1}auth=Bearer T\u{1}\u{1}"), (.xoauth2, "user=anna\u{1}1=x\u{1}auth=Bearer T\u{1}\u{1}"),
        (.oauthBearer, ""), (.oauthBearer, "\u{1}"), (.oauthBearer, "n,a=anna,\u{1}\u{1}"),
        (.oauthBearer, "n,,\u{1}auth=Bearer T\u{1}\u{1}"),
        (.oauthBearer, "n,a=anna,auth=Bearer T\u{1}\u{1}"), (.oauthBearer, "n,a=an=na,\u{1}auth=Bearer T\u{1}\u{1}"),
        (.oauthBearer, "p=tls-unique,a=anna,\u{1}auth=Bearer T\u{1}\u{1}"), (.oauthBearer, "a=anna,\u{1}auth=Bearer T\u{1}\u{1}"),
    ])
    func `reads no attempt from anything else`(mechanism: LoginMechanism, message: String) throws {
        var server = try Self.server(mechanism)
        _ = server.begin(initialResponse: nil)
        guard case .malformed(let text) = server.receive(ByteBuffer(string: message)) else {
            Issue.record("it was read")
            return
        }
        for word in ["anna", "sesame", "Basic"] { #expect(!text.contains(word)) }
        #expect(server.receive(ByteBuffer(string: message)).isMalformed, "it stays so")
        #expect(server.accepted().isMalformed)
    }

    @Test(arguments: [LoginMechanism.plain, .login, .scramSHA256, .xoauth2, .oauthBearer])
    func `takes names of 256 octets of UTF-8`(mechanism: LoginMechanism) throws {
        for (octets, isTaken) in [(256, true), (257, false)] {
            let name = String(repeating: "x", count: octets)
            #expect(try Self.first(mechanism, Array(name.utf8)).isMalformed != isTaken)
        }
        #expect(try Self.first(mechanism, [0x78, 0xE9]).isMalformed)
    }

    private static func first(_ mechanism: LoginMechanism, _ name: [UInt8]) throws -> SASLServer.Step {
        var server = try server(mechanism)
        let (before, after) =
            switch mechanism {
            case .plain: ("\0", "\0x")
            case .scramSHA256: ("n,,n=", ",r=abc")
            case .xoauth2: ("user=", "\u{1}auth=Bearer T\u{1}\u{1}")
            case .oauthBearer: ("n,a=", ",\u{1}auth=Bearer T\u{1}\u{1}")
            default: ("", "")
            }
        return server.begin(initialResponse: ByteBuffer(bytes: Array(before.utf8) + name + Array(after.utf8)))
    }

    @Test func `takes messages of 8192 octets`() throws {
        for (octets, isTaken) in [(8192, true), (8193, false)] {
            var server = try Self.server(.plain)
            let message = "\0anna\0" + String(repeating: "x", count: octets - 6)
            #expect(server.begin(initialResponse: ByteBuffer(string: message)).isMalformed != isTaken)
            server = try Self.server(.login)
            _ = server.begin(initialResponse: ByteBuffer(string: "anna"))
            #expect(server.receive(ByteBuffer(string: String(repeating: "x", count: octets))).isMalformed != isTaken)
        }
    }

    @Test func `takes nothing out of turn`() throws {
        let message = ByteBuffer(string: "\0anna\0sesame")
        var server = try Self.server(.plain)
        #expect(server.receive(message).isMalformed, "before the exchange has begun")
        server = try Self.server(.plain)
        #expect(server.accepted().isMalformed)
        server = try Self.server(.plain)
        _ = server.begin(initialResponse: message)
        #expect(server.receive(message).isMalformed, "while the attempt is decided")
        #expect(server.accepted().isMalformed, "and then it is not accepted any more")
        server = try Self.server(.plain)
        _ = server.begin(initialResponse: message)
        #expect(server.refused() == .done)
        #expect(server.accepted().isMalformed, "nor after it was refused")
        server = try Self.server(.plain)
        #expect(server.found(.madeUp(for: "anna", key: SASLDialogue.keyOfNames)).isMalformed)
        server = try Self.server(.login)
        _ = server.begin(initialResponse: ByteBuffer(string: "anna"))
        #expect(server.receive(ByteBuffer()).isMalformed, "an empty password")
    }
}
