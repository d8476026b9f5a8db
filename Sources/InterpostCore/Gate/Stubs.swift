import NIOCore
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
