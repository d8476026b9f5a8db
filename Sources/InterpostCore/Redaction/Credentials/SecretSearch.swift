public import NIOCore

/// Looks for secrets in streams of octets, in every spelling that the wire knows, wherever the streams are cut.
///
/// All spellings are looked for at once (Aho and Corasick 1975): there is a state for each beginning of a spelling, and each
/// state has a next one for every octet. Letters are compared without regard to case. Line ends and the `=` of soft ones (RFC
/// 2045 §6.7) are skipped, too, to find what is wrapped.
public struct SecretSearch: Sendable {
    /// A secret that was found, and how it was spelled.
    public struct Hit: Sendable, Hashable {
        /// Which of the secrets, counted from 0.
        public var secret: Int
        /// `in base64`
        public var spelling: String
    }

    /// How far a stream has been read.
    public struct Place: Sendable, Hashable {
        fileprivate var plain: Int32 = 0
        fileprivate var unwrapped: Int32 = 0
        /// An `=` that may be the end of a line.
        fileprivate var holdsEqualSign = false

        /// The beginning of a stream.
        public init() {}
    }

    /// Anything shorter would be found everywhere.
    public static let minimumLength = 4

    private var next: [Int32] = Array(repeating: 0, count: 256)
    /// What ends at a state.
    private var hits: [[Hit]] = [[]]
    private var isHit: [Bool] = []

    /// - Parameter secrets: Each has ``minimumLength`` octets or more.
    public init(_ secrets: [Secret]) {
        for (index, secret) in secrets.enumerated() {
            for spelling in SecretSpellings(secret).all {
                insert(spelling.bytes, Hit(secret: index, spelling: spelling.name))
            }
        }
        link()
    }

    private mutating func insert(_ bytes: [UInt8], _ hit: Hit) {
        var state = 0
        for byte in bytes {
            let slot = state * 256 + Int(byte.uppercased)
            if next[slot] == 0 {
                next[slot] = Int32(hits.count)
                hits.append([])
                next += Array(repeating: 0, count: 256)
            }
            state = Int(next[slot])
        }
        hits[state].append(hit)
    }

    /// Where an octet does not continue a state, the search goes on from the longest end of that state that also begins a
    /// spelling.
    private mutating func link() {
        var fallback: [Int] = Array(repeating: 0, count: hits.count)
        var queue: [Int] = next[0..<256].filter { $0 != 0 }.map(Int.init)
        var first = 0
        while first < queue.count {
            let state = queue[first]
            first += 1
            hits[state] += hits[fallback[state]]
            for byte in 0..<256 {
                let slot = state * 256 + byte
                let other = next[fallback[state] * 256 + byte]
                guard next[slot] != 0 else {
                    next[slot] = other
                    continue
                }
                fallback[Int(next[slot])] = Int(other)
                queue.append(Int(next[slot]))
            }
        }
        isHit = hits.map { !$0.isEmpty }
    }

    /// Reads on at a place in a stream, and gives what was found to end in these octets.
    public func read(_ bytes: ByteBuffer, at place: inout Place) -> Set<Hit> {
        var found: Set<Hit> = []
        for byte in bytes.readableBytesView {
            step(&place.plain, byte, &found)
            if byte == .carriageReturn || byte == .lineFeed {
                place.holdsEqualSign = false
                continue
            }
            if place.holdsEqualSign { step(&place.unwrapped, UInt8(ascii: "="), &found) }
            place.holdsEqualSign = byte == UInt8(ascii: "=")
            if !place.holdsEqualSign { step(&place.unwrapped, byte, &found) }
        }
        return found
    }

    @inline(__always) private func step(_ state: inout Int32, _ byte: UInt8, _ found: inout Set<Hit>) {
        state = next[Int(state) * 256 + Int(byte.uppercased)]
        if isHit[Int(state)] { found.formUnion(hits[Int(state)]) }
    }
}
