import NIOCore

/// What one side has begun to say, until it is whole.
struct NormalFormSide: Sendable {
    private(set) var isOpen = false
    private(set) var offset = 0
    private(set) var time = WireTime(nanoseconds: 0)
    /// Lines so far that announce a literal.
    private var assembly: IMAPTextAssembly?
    private var finished: [String] = []
    private var literal: ContentDigest?
    /// A message of POP3.
    var body: ContentDigest?
    private(set) var opaqueOctets = 0

    /// The most literals of one command that have digests of their own.
    private static let maximumLiterals = 10_000

    mutating func begin(at event: MailEvent) {
        (isOpen, offset, time) = (true, event.offset, event.time)
    }

    mutating func end() { self = NormalFormSide() }

    mutating func announce(
        _ line: ByteBuffer, _ announcement: LiteralAnnouncement, _ normalisation: Normalisation, _ limits: WireLimits
    ) {
        closeLiteral()
        literal = ContentDigest(normalisation)
        if assembly == nil {
            assembly = IMAPTextAssembly(line: line, announcing: announcement, limits: limits)
        } else {
            assembly?.append(line: line, announcing: announcement)
        }
    }

    mutating func append(_ chunk: ByteBuffer) { literal?.append(chunk) }

    mutating func append(body chunk: ByteBuffer, _ normalisation: Normalisation) {
        if body == nil { body = ContentDigest(normalisation) }
        body?.append(chunk)
    }

    mutating func append(opaque chunk: ByteBuffer) { opaqueOctets += chunk.readableBytes }

    /// The command or response as far as it has come.
    var beginning: IMAPText? {
        guard let assembly else { return nil }
        return assembly.finished(with: ByteBuffer())
    }

    /// The digests of the literals so far, in their order.
    func digests() -> [String] {
        guard var last = literal, finished.count < Self.maximumLiterals else { return finished }
        return finished + [last.finish()]
    }

    private mutating func closeLiteral() {
        guard var last = literal else { return }
        if finished.count < Self.maximumLiterals { finished.append(last.finish()) }
        literal = nil
    }
}
