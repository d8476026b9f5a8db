import NIOCore

/// The connections of a capture of packets, each put in order. What waits for missing octets is bounded.
struct TCPStreams: Sendable {
    enum Event: Sendable {
        /// A connection was seen for the first time; by its packet alone where nobody opened it.
        case opened(Int, first: IPEndpoint, second: IPEndpoint, opener: TCPStream.End?)
        case said(Int, TCPStream.Said)
        /// No more is read of it; octets of `missing` are not in the capture.
        case ended(Int, missing: TCPStream.End?)
    }

    /// The most connections that are followed at once.
    static let maximumStreams = 4096
    /// The most octets that wait in all connections together.
    static let maximumWaitingOctets = 1 << 26

    private struct Pair: Hashable {
        var one: IPEndpoint
        var other: IPEndpoint

        init(_ segment: TCPSegment) {
            let isOrdered =
                (segment.source.address.number, segment.source.port)
                <= (segment.destination.address.number, segment.destination.port)
            (one, other) = isOrdered ? (segment.source, segment.destination) : (segment.destination, segment.source)
        }
    }

    private enum State: Sendable {
        case open(Int, TCPStream)
        /// Nothing more is read of it, whatever comes; remembered, so that late packets are not taken for a new connection.
        case over
    }

    private var streams: [Pair: State] = [:]
    private var pairs: [Int: Pair] = [:]
    private var count = 0
    private var waitingOctets = 0
    private var ready: [Event] = []
    /// Fragments of IP packets, and connections beyond ``maximumStreams``.
    private(set) var fragments = 0
    private(set) var refused = 0

    mutating func receive(_ packet: CapturedPacket) {
        switch packet.content {
        case .segment(let segment): receive(segment, at: packet.time)
        case .fragment: fragments += 1
        case .other: break
        }
    }

    /// Nothing more comes.
    mutating func finish() {
        for number in pairs.keys.sorted() { end(number) }
    }

    /// Nobody wants to know more of this connection.
    mutating func ignore(_ number: Int) {
        guard let pair = pairs.removeValue(forKey: number), case .open(_, let stream)? = streams[pair] else { return }
        waitingOctets -= stream.waitingOctets
        streams[pair] = .over
    }

    /// The events since the last time.
    mutating func take() -> [Event] {
        defer { ready.removeAll() }
        return ready
    }

    private mutating func receive(_ segment: TCPSegment, at time: WireTime) {
        let pair = Pair(segment)
        if case .open(let number, let stream)? = streams[pair], stream.isBegunAnew(by: segment) { end(number) }
        var number = count + 1
        var stream: TCPStream
        switch streams[pair] {
        case .open(let known, let open): (number, stream) = (known, open)
        case .over where !segment.isSYN: return
        // An acknowledgement alone says nothing, and may be the last of a connection.
        case nil where !segment.isSYN && segment.data.readableBytes == 0: return
        case .over, nil:
            guard makeRoom() else {
                refused += 1
                return
            }
            stream = TCPStream(segment)
            count = number
            pairs[number] = pair
            ready.append(.opened(number, first: stream.first, second: stream.second, opener: stream.opener))
        }
        // Taken out, so that what waits in it is not copied.
        streams[pair] = .over
        waitingOctets -= stream.waitingOctets
        stream.receive(segment, at: time) { ready.append(.said(number, $0)) }
        waitingOctets += stream.waitingOctets
        let isOver = stream.hasEnded || stream.isStuck || waitingOctets > Self.maximumWaitingOctets
        streams[pair] = .open(number, stream)
        if isOver { end(number) }
    }

    private mutating func end(_ number: Int) {
        guard let pair = pairs[number], case .open(_, let stream)? = streams[pair] else { return }
        ignore(number)
        ready.append(.ended(number, missing: stream.missing))
    }

    /// What is over is forgotten when there is no room for more.
    private mutating func makeRoom() -> Bool {
        if streams.count >= Self.maximumStreams, pairs.count < streams.count {
            streams = streams.filter { if case .open = $0.value { true } else { false } }
        }
        return streams.count < Self.maximumStreams
    }
}
