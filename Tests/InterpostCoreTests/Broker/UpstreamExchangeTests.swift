// Strategy: what goes with the command and what waits to be asked for, at the exact length; what a `+` brings about; when OK is not
// believed. Then the same through a whole login at a server that misbehaves.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The exchange of a login at a server` {
    private static func identity(_ secret: String = "geheim") -> SASLClient.Identity {
        SASLClient.Identity(user: "anna", secret: Secret(ByteBuffer(string: secret)), host: "mail", port: 993)
    }

    private static func exchange(_ mechanism: LoginMechanism, _ secret: String = "geheim") throws -> UpstreamExchange {
        try #require(UpstreamExchange(mechanism, identity(secret), nonce: "nonce"))
    }

    private static func line(_ outcome: UpstreamExchange.Outcome) -> String? {
        if case .line(let line) = outcome { String(buffer: line) } else { nil }
    }

    private static func failure(_ outcome: UpstreamExchange.Outcome) -> UpstreamFailure? {
        if case .failed(let failure) = outcome { failure } else { nil }
    }

    private static func plus(_ text: String) -> ByteBuffer { ByteBuffer(string: "\(text)\r\n") }

    @Test func `sends what fits into the command with it, and the rest when it is asked`() throws {
        let message = "AGFubmEAZ2VoZWlt"
        var fitting = try Self.exchange(.plain)
        #expect(fitting.begin(limit: 16).map { String(buffer: $0) } == message)
        #expect(fitting.problemWithSuccess == nil)
        for limit in [0, 15] {
            var exchange = try Self.exchange(.plain)
            #expect(exchange.begin(limit: limit) == nil)
            #expect(exchange.problemWithSuccess?.kind == .administrator)
            #expect(Self.line(exchange.receive(challenge: Self.plus("+"))) == message)
            #expect(exchange.problemWithSuccess == nil)
        }
    }

    @Test func `says = for nothing, but only where the server takes that with the command`() throws {
        var fitting = try Self.exchange(.external)
        #expect(fitting.begin(limit: 100).map { String(buffer: $0) } == "=")
        var asked = try Self.exchange(.external)
        #expect(asked.begin(limit: 0) == nil)
        #expect(Self.line(asked.receive(challenge: Self.plus("+ "))) == "")
    }

    @Test(arguments: ["+", "+ ", "+  "]) func `takes a challenge with a space or without`(line: String) throws {
        var exchange = try Self.exchange(.plain)
        _ = exchange.begin(limit: 0)
        #expect(Self.line(exchange.receive(challenge: Self.plus(line))) != nil)
    }

    @Test(arguments: ["+ no base64!", "+ AA", "+ go ahead", "+ Z2VoZWlt"])
    func `ends with a challenge that cannot be answered, and does not repeat it`(line: String) throws {
        var exchange = try Self.exchange(.plain)
        _ = exchange.begin(limit: 0)
        let failure = Self.failure(exchange.receive(challenge: Self.plus(line)))
        #expect(failure?.kind == .administrator)
        #expect(failure?.reason.contains("geheim") == false)
    }

    @Test func `has no exchange for the protocols' own commands, and says what an account lacks`() throws {
        #expect(UpstreamExchange(.password, Self.identity(), nonce: "n") == nil)
        #expect(UpstreamExchange(.apop, Self.identity(), nonce: "n") == nil)
        #expect(try Self.exchange(.plain, "").problem?.kind == .administrator)
        #expect(try Self.exchange(.plain, "a\r\nb").problem?.kind == .administrator)
        #expect(try Self.exchange(.plain).problem == nil)
    }

    @Test(arguments: [
        (#"{"status":"401"}"#, " (401)"), (#"{"status":"invalid_token"}"#, " (invalid_token)"), (#"{"status":"geheim"}"#, ""),
        (#"{"status":"Z2VoZWlt"}"#, ""), (#"{"status":"40\u0007"}"#, ""), ("{}", ""), ("geheim", ""),
    ])
    func `repeats of a refused token only words that are known`(json: String, shown: String) throws {
        var exchange = try Self.exchange(.xoauth2)
        _ = exchange.begin(limit: 1000)
        let challenge = String(buffer: Base64.encode(ByteBuffer(string: json).readableBytesView))
        #expect(Self.line(exchange.receive(challenge: Self.plus("+ \(challenge)"))) == "")
        #expect(exchange.tokenProblem == shown)
        #expect(exchange.problemWithSuccess != nil)
    }

    @Test func `does not believe OK in SCRAM before the server has signed`() throws {
        var exchange = try Self.exchange(.scramSHA256)
        _ = exchange.begin(limit: 1000)
        #expect(exchange.problemWithSuccess != nil)
        let first = String(buffer: Base64.encode(ByteBuffer(string: "r=nonceX,s=c2FsdHNhbHQ=,i=4096").readableBytesView))
        guard case .ask(.derive(let derivation)) = exchange.receive(challenge: Self.plus("+ \(first)")) else {
            Issue.record("no key was asked for")
            return
        }
        #expect(derivation.iterations == 4096)
        #expect(exchange.problemWithSuccess != nil)
        #expect(Self.line(exchange.derived(Secret(ByteBuffer(bytes: Array(repeating: 1, count: 32))))) != nil)
        #expect(exchange.problemWithSuccess != nil)
        let forged = String(
            buffer: Base64.encode(ByteBuffer(string: "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").readableBytesView))
        #expect(Self.failure(exchange.receive(challenge: Self.plus("+ \(forged)")))?.kind == .administrator)
        #expect(exchange.problemWithSuccess != nil)
    }
}
