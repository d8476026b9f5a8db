import NIOCore

/// Keeps what has come of a command before it is whole: its lines, short literals, and a digest of all literals.
struct RequestGatherer: Sendable {
    private var text: IMAPTextAssembly?
    private let limits: WireLimits
    private(set) var digest = Self.emptyDigest
    /// Literals that wait for a `+`.
    private(set) var synchronising = 0

    private static let emptyDigest: UInt64 = 0xCBF2_9CE4_8422_2325

    init(limits: WireLimits) { self.limits = limits }

    var isEmpty: Bool { text == nil }

    mutating func append(_ line: ByteBuffer, announcing literal: LiteralAnnouncement) {
        if text == nil {
            text = IMAPTextAssembly(line: line, announcing: literal, limits: limits)
        } else {
            text?.append(line: line, announcing: literal)
        }
        if !literal.isNonSynchronising { synchronising += 1 }
    }

    /// FNV-1a: it tells two messages apart, unless they were made to be mistaken for each other.
    mutating func append(literal chunk: ByteBuffer) {
        text?.append(literal: chunk)
        for byte in chunk.readableBytesView { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    /// The command as far as it has come.
    var beginning: IMAPCommand? {
        text.flatMap { IMAPCommand(reading: $0.finished(with: ByteBuffer())) }
    }

    /// The request of a command that is whole now; what is kept is forgotten.
    mutating func finish(_ command: IMAPCommand) -> ReplayRequest {
        defer { self = RequestGatherer(limits: limits) }
        return ReplayRequest(command, digest: digest)
    }

    mutating func forget() { self = RequestGatherer(limits: limits) }
}
