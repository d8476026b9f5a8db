import NIOCore

/// What has passed by about one message.
struct MessageFacts: Sendable {
    typealias Flags = FlagList.System

    /// What identifies the message to people and to other programs.
    struct Identity: Sendable {
        static let maximumLength = 256

        var messageID: ByteBuffer?
        var subject: ByteBuffer?
    }

    var uid: UInt32
    /// `nil` until a FETCH answer has told them.
    var flags: Flags?
    var identity: Identity?
}

/// The latest facts about messages, by UID, in bounded memory.
///
/// Each UID has one place, which it shares with the UIDs a power of two away. UIDs that are close together, like those of the
/// messages that a client looks at, never displace one another.
struct MessageFactsCache: Sendable {
    private var places: [MessageFacts?] = []
    private let maximumCount: Int

    /// - Parameter maximumCount: Messages that are remembered, rounded down to a power of two; 0 for none.
    init(maximumCount: Int) {
        self.maximumCount = maximumCount < 1 ? 0 : 1 << (Int.bitWidth - 1 - maximumCount.leadingZeroBitCount)
    }

    subscript(uid: UInt32) -> MessageFacts? {
        guard !places.isEmpty else { return nil }
        let facts = places[Int(uid) & (places.count - 1)]
        return facts?.uid == uid ? facts : nil
    }

    mutating func update(_ uid: UInt32, _ change: (inout MessageFacts) -> Void) {
        guard maximumCount > 0 else { return }
        if places.isEmpty { places = Array(repeating: nil, count: min(64, maximumCount)) }
        while let other = places[Int(uid) & (places.count - 1)], other.uid != uid, places.count < maximumCount { grow() }
        let place = Int(uid) & (places.count - 1)
        var facts = places[place]?.uid == uid ? places[place] ?? MessageFacts(uid: uid) : MessageFacts(uid: uid)
        change(&facts)
        places[place] = facts
    }

    mutating func remove(_ uid: UInt32) {
        if self[uid] != nil { places[Int(uid) & (places.count - 1)] = nil }
    }

    mutating func remove(_ uids: ClosedRange<UInt32>) {
        guard uids.count > places.count else { return uids.forEach { remove($0) } }
        for (index, facts) in places.enumerated() where facts.map({ uids.contains($0.uid) }) == true { places[index] = nil }
    }

    /// What is known about the messages that `isWanted` chooses, by UID.
    func all(where isWanted: (MessageFacts) -> Bool) -> [MessageFacts] {
        places.compactMap { $0 }.filter(isWanted).sorted { $0.uid < $1.uid }
    }

    private mutating func grow() {
        let old = places
        places = Array(repeating: nil, count: old.count * 2)
        for case let facts? in old { places[Int(facts.uid) & (places.count - 1)] = facts }
    }
}
