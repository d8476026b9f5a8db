import NIOCore
extension Policy {
    func judge(_ command: SubmittedCommand, in context: PolicyContext) -> PolicyDecision { PolicyDecision(rule: "", verdict: .allow) }
    func judgeEarly(_ name: Keyword, usesUIDs: Bool, in context: PolicyContext) -> PolicyDecision? { nil }
    var isEnforcing: Bool { preset != .observe }
    var needsSeparator: Bool { false }
    var hidesMailboxes: Bool { false }
    func hides(_ mailbox: CanonicalMailbox) -> Bool { false }
}
extension CanonicalMailbox { init?(_ name: MailboxName, separator: UInt8?) { bytes = name.string.bytes } }
struct POP3Gate: Gate {
    var context: PolicyContext
    init(policy: Policy, context: PolicyContext, limits: WireLimits) { self.context = context }
    mutating func receive(_ bytes: ByteBuffer) {}
    mutating func passage(of event: MailEvent) -> GatePassage { .pass }
    mutating func next() -> GateStep? { nil }
    var wantsClient: Bool { true }
    mutating func clientTLSIsUp() {}
    mutating func resolveHold(allows: Bool) {}
}
