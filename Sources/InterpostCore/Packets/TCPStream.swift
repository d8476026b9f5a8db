import NIOCore

/// Puts the segments of one connection in order: what came twice is left out, what came early waits.
///
///     A: octets 100 to 199, B: acknowledges 200, A: octets 150 to 249      A said 150 octets
///
/// A segment waits until all octets of its sender before it are there, and all of the other side that it acknowledges: so a
/// command comes before its answer, whatever the order of their packets.
struct TCPStream: Sendable {
    /// Which of the two ends: the one whose packet was seen first, or the other one.
    enum End: Int, Sendable { case first, second }

    /// The most octets that wait in one connection.
    static let maximumWaitingOctets = 1 << 22
    static let maximumWaitingSegments = 1024
    /// Nothing is further away within a window (RFC 7323 §2.2).
    private static let maximumDistance: Int32 = 1 << 30

    private struct Direction {
        /// The number of the next octet.
        var next: UInt32?
        /// The largest number that the other side has acknowledged.
        var acknowledged: UInt32?
        var hasEnded = false
    }

    private struct Waiting {
        var end: End
        var segment: TCPSegment
        var time: WireTime
    }

    struct Said: Equatable {
        var end: End
        var bytes: ByteBuffer
        var time: WireTime
    }

    /// The end that sent the first packet.
    let first: IPEndpoint
    let second: IPEndpoint
    /// The end that opened the connection, if that was seen.
    private(set) var opener: End?
    private var directions = (first: Direction(), second: Direction())
    private var waiting: [Waiting] = []
    private(set) var waitingOctets = 0
    private(set) var isReset = false

    init(_ segment: TCPSegment) {
        first = segment.source
        second = segment.destination
        if segment.isSYN { opener = segment.acknowledged == nil ? .first : .second }
    }

    /// Both sides have ended what they say, or one has reset the connection.
    var hasEnded: Bool { isReset || directions.first.hasEnded && directions.second.hasEnded }

    /// Too much waits for octets that do not come.
    var isStuck: Bool { waitingOctets > Self.maximumWaitingOctets || waiting.count > Self.maximumWaitingSegments }

    /// The side whose octets are missing; `nil` where none are.
    var missing: End? {
        if lacksOctets(directions.first) { return .first }
        if lacksOctets(directions.second) { return .second }
        return waiting.first?.end
    }

    /// More was acknowledged than was seen.
    private func lacksOctets(_ direction: Direction) -> Bool {
        guard let next = direction.next, let acknowledged = direction.acknowledged else { return false }
        return acknowledged.distance(behind: next) > 0
    }

    /// Whether the segment begins a new connection with the same addresses.
    func isBegunAnew(by segment: TCPSegment) -> Bool {
        guard segment.isSYN, segment.acknowledged == nil else { return false }
        let direction = segment.source == first ? directions.first : directions.second
        guard let next = direction.next else { return false }
        // A SYN that was sent twice does not begin another connection.
        return opener == nil || hasEnded || abs(Int64(segment.sequence.distance(behind: next))) > Int64(Self.maximumWaitingOctets)
    }

    /// Takes a segment, and gives what can be read now.
    mutating func receive(_ segment: TCPSegment, at time: WireTime, _ give: (Said) -> Void) {
        let end: End = segment.source == first ? .first : .second
        expect(segment, from: end)
        if segment.isReset {
            isReset = true
            return
        }
        guard segment.data.readableBytes > 0 || segment.isFIN else { return }
        guard isPlausible(segment, from: end) else { return }
        guard isDue(segment, from: end) else {
            guard isNew(segment, from: end) else { return }
            // A slice would keep all that was read with it.
            var kept = segment
            kept.data = segment.data.ownCopy
            waiting.append(Waiting(end: end, segment: kept, time: time))
            waitingOctets += kept.data.readableBytes
            return
        }
        take(segment, from: end, at: time, give)
        while let index = waiting.firstIndex(where: { isDue($0.segment, from: $0.end) }) {
            let due = waiting.remove(at: index)
            waitingOctets -= due.segment.data.readableBytes
            take(due.segment, from: due.end, at: due.time, give)
        }
    }

    /// Learns where both sides begin.
    private mutating func expect(_ segment: TCPSegment, from end: End) {
        let (own, other) = (self[end], self[end.other])
        if own.next == nil { self[end].next = segment.sequence &+ (segment.isSYN ? 1 : 0) }
        guard let acknowledged = segment.acknowledged else { return }
        if other.next == nil { self[end.other].next = acknowledged }
        if other.acknowledged.map({ acknowledged.distance(behind: $0) > 0 }) ?? true, !segment.isReset {
            self[end.other].acknowledged = acknowledged
        }
    }

    private func isPlausible(_ segment: TCPSegment, from end: End) -> Bool {
        let distance = self[end].next.map { segment.firstOctet.distance(behind: $0) } ?? 0
        return distance < Self.maximumDistance && distance > -Self.maximumDistance
    }

    /// Whether nothing is missing before it.
    private func isDue(_ segment: TCPSegment, from end: End) -> Bool {
        guard let next = self[end].next, segment.firstOctet.distance(behind: next) <= 0 else { return false }
        guard let acknowledged = segment.acknowledged, let others = self[end.other].next else { return true }
        return acknowledged.distance(behind: others) <= 0 || acknowledged.distance(behind: others) >= Self.maximumDistance
    }

    /// Whether it holds something after what was read.
    private func isNew(_ segment: TCPSegment, from end: End) -> Bool {
        guard let next = self[end].next else { return true }
        let behind = segment.firstOctet &+ UInt32(truncatingIfNeeded: segment.data.readableBytes) &+ (segment.isFIN ? 1 : 0)
        return behind.distance(behind: next) > 0
    }

    private mutating func take(_ segment: TCPSegment, from end: End, at time: WireTime, _ give: (Said) -> Void) {
        guard let next = self[end].next, !self[end].hasEnded else { return }
        let known = Int(next.distance(behind: segment.firstOctet))
        var data = segment.data
        guard (0...data.readableBytes).contains(known) else { return }
        data.moveReaderIndex(forwardBy: known)
        self[end].next = next &+ UInt32(truncatingIfNeeded: data.readableBytes) &+ (segment.isFIN ? 1 : 0)
        if segment.isFIN { self[end].hasEnded = true }
        if data.readableBytes > 0 { give(Said(end: end, bytes: data, time: time)) }
    }

    private subscript(end: End) -> Direction {
        get { end == .first ? directions.first : directions.second }
        set { if end == .first { directions.first = newValue } else { directions.second = newValue } }
    }
}

extension TCPStream.End {
    var other: Self { self == .first ? .second : .first }
}

extension TCPSegment {
    /// The number of the first octet of its data.
    fileprivate var firstOctet: UInt32 { sequence &+ (isSYN ? 1 : 0) }
}

extension UInt32 {
    /// How far this number comes after another one; negative where it comes before it. Numbers wrap (RFC 9293 §3.4).
    fileprivate func distance(behind other: UInt32) -> Int32 { Int32(bitPattern: self &- other) }
}
