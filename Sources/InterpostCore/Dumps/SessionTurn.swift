public import NIOCore

/// Bytes that one side said, when, and where they are in the file they were read from.
public struct SessionTurn: Sendable {
    /// Who said the bytes.
    public var side: Side
    /// The octets as they were on the wire.
    public var bytes: ByteBuffer
    /// Since 1970; 0 where the file does not tell the time.
    public var time: WireTime
    /// Where in the file the bytes are.
    public var origin: Origin

    /// A place in a file. In a transcript, where a line is written otherwise than it was on the wire, it is the place of the
    /// line.
    public struct Origin: Hashable, Sendable {
        /// Octets of the file before it.
        public var offset: Int
        /// The line of a transcript, counted from 1.
        public var line: Int?

        /// A place after `offset` octets; `line` is `nil` in a file that is no transcript.
        public init(offset: Int = 0, line: Int? = nil) {
            self.offset = offset
            self.line = line
        }
    }

    /// A turn; without `time`, of a file that does not tell it.
    public init(
        side: Side, bytes: ByteBuffer, time: WireTime = WireTime(nanoseconds: 0), origin: Origin = Origin()
    ) {
        self.side = side
        self.bytes = bytes
        self.time = time
        self.origin = origin
    }
}

/// Where the octets of one side are in their file, asked in the order in which they are read.
///
/// Remembers the turns that are not read yet; where octets simply follow one another, it remembers only the first.
struct OriginTrail: Sendable {
    private var steps: [(octets: Int, origin: SessionTurn.Origin)] = []
    private var first = 0
    private var octets = 0

    mutating func append(_ turn: SessionTurn) {
        defer { octets += turn.bytes.readableBytes }
        if let last = steps.last, last.origin.line == nil, turn.origin.line == nil,
            turn.origin.offset - last.origin.offset == octets - last.octets
        {
            return
        }
        steps.append((octets, turn.origin))
    }

    /// The place of the octet that has `octet` octets of its side before it. `octet` must not decrease from one call to the
    /// next.
    mutating func origin(of octet: Int) -> SessionTurn.Origin {
        while first + 1 < steps.count, steps[first + 1].octets <= octet { first += 1 }
        if first > 64 {
            steps.removeFirst(first)
            first = 0
        }
        guard first < steps.count else { return SessionTurn.Origin(offset: octet) }
        var origin = steps[first].origin
        if origin.line == nil { origin.offset += max(0, octet - steps[first].octets) }
        return origin
    }
}
