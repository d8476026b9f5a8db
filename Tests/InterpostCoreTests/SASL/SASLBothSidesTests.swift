// Strategy: Interpost's client logs in to Interpost's server, by every mechanism that both have: with the right password and with
// wrong ones, with each message changed in seeded ways, and with all values printed to look for secrets.

import NIOCore
import Synchronization
import Testing

@testable import InterpostCore

@Suite struct `Both sides of a login` {
    static let mechanisms: [LoginMechanism] = [.plain, .login, .scramSHA256, .xoauth2, .oauthBearer]
    private static let password = "Hunter2&Co"

    /// Thousands of dialogues have the same few passwords and salts.
    private static let salted = Mutex<[[UInt8]: Secret]>([:])

    private static func dialogue(
        _ mechanism: LoginMechanism, user: String = "anna", secret: String = password,
        known: [String: String] = ["anna": password]
    ) throws -> SASLDialogue {
        let identity = SASLClient.Identity(user: user, secret: Secret(secret), host: "imap.example.org", port: 993)
        var dialogue = try #require(SASLDialogue(mechanism, identity, known: known))
        dialogue.derive = { derivation in
            let key = Array(derivation.password.exposed.utf8) + [0] + derivation.salt + Array("\(derivation.iterations)".utf8)
            if let known = salted.withLock({ $0[key] }) { return known }
            // What a changed message asks for need not be right, only different.
            let isUsual = derivation.salt == SASLDialogue.salt && derivation.iterations == 4096
            let made = isUsual ? saltedPassword(derivation) : Secret(ByteBuffer(bytes: SCRAM.hmac(key, key)))
            salted.withLock { $0[key] = made }
            return made
        }
        return dialogue
    }

    @Test(arguments: mechanisms, [true, false])
    func `agree if the password is right`(mechanism: LoginMechanism, hasInitialResponse: Bool) throws {
        var dialogue = try Self.dialogue(mechanism)
        dialogue.hasInitialResponse = hasInitialResponse
        dialogue.run()
        #expect(dialogue.isLoggedIn, "\(dialogue.clientFailure ?? dialogue.malformed ?? "refused")")
        #expect(dialogue.attempt?.name == "anna")
        #expect(dialogue.attempt?.mechanism == mechanism)
    }

    @Test(arguments: mechanisms, [("anna", "hunter2&Co"), ("bob", password), ("Anna", password)])
    func `part if it is wrong, or the name is`(mechanism: LoginMechanism, login: (String, String)) throws {
        var dialogue = try Self.dialogue(mechanism, user: login.0, secret: login.1)
        dialogue.run()
        #expect(dialogue.attempt?.name == login.0)
        #expect(!dialogue.isAccepted && !dialogue.isLoggedIn)
        #expect(dialogue.malformed == nil && dialogue.clientFailure == nil)
        let isToken = mechanism == .xoauth2 || mechanism == .oauthBearer
        #expect(dialogue.client.bearerFailure?.status == (isToken ? "invalid_token" : nil))
    }

    @Test(arguments: mechanisms) func `know names of all letters`(mechanism: LoginMechanism) throws {
        let name = "b\u{FC}ro, =2C\u{1F600}\u{301}"
        var dialogue = try Self.dialogue(mechanism, user: name, known: [name: Self.password])
        dialogue.run()
        #expect(dialogue.isLoggedIn)
        #expect(dialogue.attempt?.name == name)
    }

    @Test func `say the same about a name that exists and one that does not, until the proof is wrong`() throws {
        var one = try Self.dialogue(.scramSHA256, secret: "wrong")
        var other = try Self.dialogue(.scramSHA256, user: "bobx", secret: "wrong")
        one.run()
        other.run()
        #expect(one.said.count == other.said.count)
        #expect(one.said.map(\.utf8.count) == other.said.map(\.utf8.count))
        #expect(one.attempt?.proof == .scram(isRight: false) && other.attempt?.proof == .scram(isRight: false))
    }

    @Test func `part if somebody between them changes the signature`() throws {
        for place in 2..<46 {
            var dialogue = try Self.dialogue(.scramSHA256)
            dialogue.tamper = { index, message in
                guard index == 3, let octet = message.getInteger(at: place, as: UInt8.self) else { return }
                message.setInteger(octet == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A"), at: place)
            }
            dialogue.run()
            #expect(dialogue.said.count == 4 && dialogue.said[3].hasPrefix("v="))
            #expect(dialogue.clientFailure != nil && !dialogue.isLoggedIn)
            #expect(dialogue.client.problemWithSuccess != nil)
        }
    }

    // MARK: - Whatever comes in

    /// One change of a message: cut, turned, put in, taken out, repeated.
    private static func change(_ message: inout ByteBuffer, _ random: inout SeededGenerator) {
        var bytes = Array(message.readableBytesView)
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.removeLast(bytes.count - place)
        case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3:
            bytes.insert(
                contentsOf: random.bytes(Int.random(in: 1...4, using: &random), of: Array("\0\u{1},=nrmp\"\\{}\u{FF}".utf8)),
                at: place)
        case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default: bytes += bytes
        }
        message = ByteBuffer(bytes: bytes)
    }

    @Test(arguments: mechanisms) func `survive each change of each message`(mechanism: LoginMechanism) throws {
        for seed in 0..<400 {
            for changed in 0..<5 {
                var random = SeededGenerator(seed: seed * 5 + changed)
                var isChanged = false
                var dialogue = try Self.dialogue(mechanism)
                dialogue.hasInitialResponse = seed.isMultiple(of: 2)
                dialogue.tamper = { index, message in
                    guard index == changed else { return }
                    let before = message
                    Self.change(&message, &random)
                    isChanged = message != before
                }
                dialogue.run()
                guard mechanism == .scramSHA256, isChanged else { continue }
                // Both prove all that was said. An empty challenge, which asks for the first message, says nothing.
                let isEmptyChallenge = changed == 0 && !dialogue.hasInitialResponse
                #expect(!dialogue.isLoggedIn || isEmptyChallenge, "seed \(seed), message \(changed): \(dialogue.said)")
            }
        }
    }

    @Test func `survive anything instead of a message`() throws {
        let alphabet = Array("\0\u{1}nyrmsipcve=,=ABab01\"\\{}: \u{FF}".utf8)
        for mechanism in LoginMechanism.allCases {
            let identity = SASLClient.Identity(user: "anna", secret: Secret(Self.password), host: "h", port: 1)
            guard var client = SASLClient(mechanism, identity, nonce: "abc") else { continue }
            var server = SASLServer(mechanism, nonce: "abc")
            for seed in 0..<500 {
                var random = SeededGenerator(seed: seed)
                let message = ByteBuffer(bytes: random.bytes(Int.random(in: 0..<60, using: &random), of: alphabet))
                _ = client.answer(challenge: message)
                _ = client.derived(Secret(message))
                _ = server?.begin(initialResponse: message)
                _ = server?.receive(message)
                _ = server?.found(.madeUp(for: "anna", key: []))
                _ = server?.receive(message)
                if seed.isMultiple(of: 3) {
                    client = try #require(SASLClient(mechanism, identity, nonce: "abc"))
                    server = SASLServer(mechanism, nonce: "abc")
                }
            }
        }
    }

    // MARK: - Secrets

    @Test(arguments: mechanisms, [true, false]) func `print no secret`(mechanism: LoginMechanism, isRight: Bool) throws {
        var dialogue = try Self.dialogue(mechanism, known: ["anna": isRight ? Self.password : "other"])
        dialogue.run()
        #expect(dialogue.isLoggedIn == isRight)
        let identity = SASLClient.Identity(user: "anna", secret: Secret(Self.password), host: "h", port: 1)
        var printed = dialogue.printed + "\(identity)"
        dump(identity, to: &printed)
        let proof = dialogue.said.last { $0.contains(",p=") }?.split(separator: ",p=").last.map(String.init)
        for secret in [Self.password, String(buffer: Base64.encode(Self.password.utf8)), proof ?? Self.password] {
            #expect(!printed.contains(secret))
        }
        #expect(!printed.contains("State") && !printed.contains("nonce:"), "the values are closed")
    }

    @Test func `print only their mechanism`() throws {
        var dialogue = try Self.dialogue(.scramSHA256)
        dialogue.run()
        for (value, text) in [(dialogue.client, "SASLClient"), (dialogue.server, "SASLServer")] as [(Any, String)] {
            var printed = ""
            dump(value, to: &printed)
            #expect(printed == "- \(text)(SCRAM-SHA-256)\n")
        }
    }
}
