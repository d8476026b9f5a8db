public import NIOCore

/// One whole command or response as it is read: its lines joined, and its literals beside them.
///
///     a LOGIN {3}␍␊foo "x"␍␊     bytes `a LOGIN {3}␍␊ "x"`, one literal of 3 octets, kept: `foo`
///
/// Most are one line, and then `bytes` is a slice of what arrived. Long literals are not kept, only counted.
public struct IMAPText: Hashable, Sendable {
    /// One literal of a command or response: its announcement, and its octets where they were kept.
    public struct Literal: Hashable, Sendable {
        /// Where in `IMAPText.bytes` the octets belong: after the line end of their announcement.
        var position: Int
        /// The `{n}` at the end of the line before it.
        public var announcement: LiteralAnnouncement
        /// The octets, or `nil` when there were more than the limit.
        public var octets: ByteBuffer?
        /// The first octets of a literal that is not kept.
        var head = ByteBuffer()
        /// How many of them are kept.
        var headSize = 0
    }

    /// The lines without the last line end.
    public internal(set) var bytes: ByteBuffer
    /// In the order in which they came.
    public internal(set) var literals: [Literal] = []
    /// Some of it is missing: the lines together passed the line limit.
    public internal(set) var isCutShort = false

    /// A command or response of one line, with its line end or without; a literal announcement at its end is text here.
    public init(line: ByteBuffer) { bytes = line.withoutLineEnd }

    /// Octets that are kept, literals included.
    var octets: Int { bytes.readableBytes + literals.reduce(0) { $0 + ($1.octets ?? $1.head).readableBytes } }

    /// The text in one line, with `{n}` in place of literals.
    var oneLine: ByteBuffer {
        guard !literals.isEmpty else { return bytes }
        var source = bytes
        var line = ByteBuffer()
        for literal in literals {
            guard let part = source.readSlice(length: max(0, literal.position - source.readerIndex)) else { continue }
            line.writeImmutableBuffer(part.withoutLineEnd)
        }
        line.writeImmutableBuffer(source)
        return line
    }
}

/// Gathers the fragments of one command or response until its last line.
struct IMAPTextAssembly: Sendable {
    private var text: IMAPText
    private let limits: WireLimits
    /// Octets of all literals that are kept.
    private var kept = 0

    /// Begins with a line that announces a literal.
    init(line: ByteBuffer, announcing literal: LiteralAnnouncement, limits: WireLimits) {
        self.limits = limits
        text = IMAPText(line: ByteBuffer())
        text.bytes = line.ownCopy
        announce(literal)
    }

    /// What has come so far; the last literal may have no octets yet.
    var soFar: IMAPText { text }

    mutating func append(literal chunk: ByteBuffer) {
        // A literal announced after the text was cut short is in no list, so its octets belong to nobody.
        guard !text.isCutShort, !text.literals.isEmpty else { return }
        let last = text.literals.count - 1
        text.literals[last].octets?.writeImmutableBuffer(chunk)
        let room = text.literals[last].headSize - text.literals[last].head.readableBytes
        if room > 0 { text.literals[last].head.writeBytes(chunk.readableBytesView.prefix(room)) }
    }

    mutating func append(line: ByteBuffer, announcing literal: LiteralAnnouncement) {
        guard room(for: line) else { return }
        text.bytes.writeImmutableBuffer(line)
        announce(literal)
    }

    func finished(with line: ByteBuffer) -> IMAPText {
        var copy = self
        if copy.room(for: line) { copy.text.bytes.writeImmutableBuffer(line.withoutLineEnd) }
        return copy.text
    }

    private mutating func room(for line: ByteBuffer) -> Bool {
        if text.bytes.readableBytes + line.readableBytes > limits.lineLength || text.literals.count >= 10_000 {
            text.isCutShort = true
        }
        return !text.isCutShort
    }

    private mutating func announce(_ literal: LiteralAnnouncement) {
        // All literals together take no more room than one long line.
        let isKept = literal.length <= limits.keptLiteralSize && literal.length <= limits.lineLength - kept
        let headSize = isKept ? 0 : max(0, min(limits.keptLiteralSize, limits.lineLength - kept))
        kept += isKept ? literal.length : headSize
        text.literals.append(
            .init(
                position: text.bytes.writerIndex, announcement: literal, octets: isKept ? ByteBuffer() : nil,
                headSize: headSize))
    }
}
