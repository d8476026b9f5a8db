import NIOCore
import Testing

@testable import InterpostCore

/// A command that a rule holds, and what becomes of it.
@Suite("A command that is held") struct HoldVerdictTests {
    @Test(
        arguments: [
            (HoldVerdict.allowed, "allowed by a person", ""),
            (.refused, "refused by a person", "Whoever was asked has refused it"),
            (.unanswered, "answered by nobody", "Nobody has allowed it in time"),
        ], [MailProtocol.imap, .pop3])
    func `says who decided`(answer: (verdict: HoldVerdict, rule: String, text: String), mailProtocol: MailProtocol) throws {
        var policy = Policy(.observe)
        var match = PolicyMatch()
        match.commands = [.verb("NOOP", usesUIDs: false)]
        policy.rules = [PolicyRule(match: match, action: .hold(seconds: 60))]
        var gate = GatePlayer(mailProtocol, policy)
        gate.server(ByteBuffer(string: mailProtocol == .imap ? "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n" : "+OK ready\r\n"))
        gate.client(ByteBuffer(string: mailProtocol == .imap ? "a NOOP\r\n" : "NOOP\r\n"))
        #expect(gate.hold == 60)
        gate.resolveHold(answer.verdict)
        let heard = String(decoding: answer.text.isEmpty ? gate.heard.server : gate.heard.client, as: UTF8.self)
        #expect(heard.hasSuffix(answer.text.isEmpty ? "NOOP\r\n" : "\(answer.text)\r\n"), "\(heard)")
        #expect(gate.log.last?.summary.contains("rule=\"rule 1, \(answer.rule)\"") == true, "\(gate.log.map(\.summary))")
    }
}
