// Strategy: two sessions of one client share a book; sessions that end in the middle of a command; what an answer is counted as. Whole
// conversations are in Fixtures/Wire/Gate/budget.*.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A gate with a budget` {
    private static func policy(_ allowances: [Budget.Matter: Budget.Allowance]) -> Policy {
        var policy = Policy(.organise)
        policy.budget = Budget(allowances)
        return policy
    }

    private static func gate(_ allowances: [Budget.Matter: Budget.Allowance], exists: Int = 10) -> GatePlayer {
        var gate = GatePlayer(.imap, policy(allowances))
        gate.say(server: "* PREAUTH [CAPABILITY IMAP4rev1] ready", client: "s SELECT INBOX")
        gate.say(server: "* \(exists) EXISTS")
        gate.say(server: "s OK done")
        return gate
    }

    private static func spent(_ gate: GatePlayer, _ matter: Budget.Matter) -> UInt64 {
        gate.book.ledger(of: "client").spent(matter, .day, at: GatePlayer.start)
    }

    @Test func `counts over all sessions of a client`() {
        let allowances = [Budget.Matter.messagesRead: Budget.Allowance(3, .day)]
        var one = Self.gate(allowances)
        one.say(client: "a FETCH 1:2 BODY[]")
        one.say(server: "* 1 FETCH (BODY[] \"x\")\r\n* 2 FETCH (BODY[] \"y\")\r\na OK done")
        #expect(Self.spent(one, .messagesRead) == 2)
        var other = Self.gate(allowances)
        other.book = one.book
        other.say(client: "a FETCH 1:2 BODY[]")
        #expect(
            other.text.hasSuffix("a NO [LIMIT] 1 of 3 messages that may be read a day are left, and this asks for up to 2\r\n"))
        other.say(client: "b FETCH 3 BODY[]")
        #expect(Self.spent(other, .messagesRead) == 3)
    }

    @Test func `keeps what was granted to a session that ends before its answer`() {
        var gate = Self.gate([.messagesRead: Budget.Allowance(9, .day), .octets: Budget.Allowance(1_000_000, .day)])
        gate.say(client: "a FETCH 1:4 BODY[]")
        gate.say(server: "* 1 FETCH (BODY[] {100000}")
        gate.server(ByteBuffer(repeating: 97, count: 70_000))
        #expect(Self.spent(gate, .messagesRead) == 4)
        #expect(Self.spent(gate, .octets) == Budget.deposit + 70_028)
        gate.server(ByteBuffer(repeating: 97, count: 30_000))
        gate.say(server: ")\r\na OK done")
        #expect(Self.spent(gate, .messagesRead) == 1)
        #expect(Self.spent(gate, .octets) == 100_000 + 28 + 3 + 11)
    }

    @Test(arguments: [
        ("* 1 FETCH (FLAGS (\\Seen))", 0), ("* 1 FETCH (BODY[] NIL)", 1), ("* 1 FETCH (UID 1 BODY[1] {3}\r\nabc FLAGS ())", 1),
        ("* 1 FETCH (UID 1 RFC822.HEADER {3}\r\nabc RFC822.TEXT \"\")", 1),
        ("* 1 FETCH (ENVELOPE (\"RFC822\" {6}\r\nBODY[] ))", 0),
        ("* 2 EXISTS", 0),
    ])
    func `counts answers that have more than a header`(answer: String, count: UInt64) {
        var gate = Self.gate([.messagesRead: Budget.Allowance(20, .day)])
        gate.say(client: "a FETCH 1:* (FLAGS BODY[])")
        #expect(Self.spent(gate, .messagesRead) == 10)
        gate.say(server: "\(answer)\r\na OK done")
        #expect(Self.spent(gate, .messagesRead) == count)
    }

    @Test(arguments: [
        ("FETCH 1:3 BODY[]", 3), ("FETCH 8:* BODY[]", 3), ("UID FETCH 1:* BODY[]", 10), ("UID FETCH 1:5000 BODY[]", 10),
        ("UID FETCH 5 BODY[]", 1), ("FETCH 1,1,2 BODY[]", 3), ("UID FETCH $ BODY[]", 10), ("FETCH 1:4294967295 RFC822", 10),
    ])
    func `takes a set for the most messages that it can name`(command: String, most: UInt64) {
        var gate = Self.gate([.messagesRead: Budget.Allowance(100, .day)])
        gate.say(client: "a \(command)")
        #expect(Self.spent(gate, .messagesRead) == most)
        gate.say(server: "a BAD what?")
        #expect(Self.spent(gate, .messagesRead) == 0)
    }

    @Test func `asks a budget only once a person has allowed the command, and only for what passes`() {
        var policy = Self.policy([.flags: Budget.Allowance(1, .day)])
        policy.rules = [PolicyRule(.hold(seconds: 9)) { $0.commands("STORE") }]
        var gate = GatePlayer(.imap, policy)
        gate.say(server: "* PREAUTH [CAPABILITY IMAP4rev1] ready", client: "a STORE 1 +FLAGS (x)")
        #expect(gate.hold == 9 && Self.spent(gate, .flags) == 0)
        gate.resolveHold(.allowed)
        #expect(Self.spent(gate, .flags) == 1)
        gate.say(server: "a OK done", client: "b STORE 1 +FLAGS (\\Deleted)")
        gate.resolveHold(.refused)
        #expect(Self.spent(gate, .flags) == 1)
        gate.say(client: "c STORE 1 +FLAGS (x)")
        gate.resolveHold(.allowed)
        #expect(
            gate.text.hasSuffix("c NO [LIMIT] 0 of 1 messages that may be marked a day are left, and this asks for up to 1\r\n"))
    }

    @Test func `is explained as if nothing had been done before`() {
        let policy = Self.policy([.moves: Budget.Allowance(2, .hour), .flags: Budget.Allowance(1, .session)])
        func explain(_ line: String) -> PolicyExplanation? {
            PolicyExplanation(of: ByteBuffer(string: line), policy, in: .selected())
        }
        #expect(explain("a MOVE 1 x")?.sent.isEmpty == false && explain("a STORE 1 +FLAGS (x)")?.sent.isEmpty == false)
        #expect(explain("a STORE 1:2 +FLAGS (x)")?.rule == "budget flags 1/session")
    }
}

extension GatePlayer {
    /// Lines of one side, or of both; their last line end is added.
    fileprivate mutating func say(server: String? = nil, client: String? = nil) {
        if let server { self.server(ByteBuffer(string: server + "\r\n")) }
        if let client { self.client(ByteBuffer(string: client + "\r\n")) }
    }

    fileprivate var text: String { String(decoding: heard.client, as: UTF8.self) }
}
