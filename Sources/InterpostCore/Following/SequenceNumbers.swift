/// Which UID each sequence number stands for, as far as a session has revealed it (RFC 9051 §2.3.1).
///
/// Kept as runs in which both count up together: a mailbox without gaps is one run, however many messages it has. Both
/// ascend strictly, so what lies between two known messages is known too when it fits exactly.
///
///     * 1 FETCH (UID 11)␍␊* 5 FETCH (UID 15)␍␊      2, 3 and 4 are 12, 13 and 14
///     * 2 EXPUNGE␍␊                                 2, 3 and 4 are 13, 14 and 15
struct SequenceNumbers: Sendable {
    private struct Run {
        var sequence: UInt32
        var uid: UInt32
        var count: UInt32

        var lastSequence: UInt32 { sequence + (count - 1) }
        var lastUID: UInt32 { uid + (count - 1) }
    }

    /// Ascending, without overlaps, and no two that could be one.
    private var runs: [Run] = []
    private let maximumRuns: Int

    /// How many messages the mailbox has, if the server has said so.
    private(set) var exists: UInt32?
    /// The UID that the next message will get.
    private(set) var uidNext: UInt32?

    /// When a mailbox has more runs than are kept, the first eighth is forgotten at once: if runs were forgotten one by
    /// one, each message of a listing would move all of them.
    private mutating func forgetFirstRuns() {
        if runs.count > maximumRuns { runs.removeFirst(1 + maximumRuns / 8) }
    }

    init(maximumRuns: Int) { self.maximumRuns = maximumRuns }

    /// What EXISTS says. With fewer messages than before, without an EXPUNGE, nothing is known any more; with more, the
    /// next UID is another one.
    mutating func setExists(_ count: UInt32) {
        if let exists, count < exists { runs = [] }
        if let exists, count > exists { uidNext = nil }
        exists = count
        while let last = runs.last, last.lastSequence > count { runs.removeLast() }
        fillEnds()
    }

    mutating func setUIDNext(_ uid: UInt32) {
        uidNext = uid
        fillEnds()
    }

    /// Learns one pair. What contradicts it is forgotten: the server is right now.
    mutating func learn(sequence: UInt32, uid: UInt32) {
        guard sequence > 0, uid > 0, maximumRuns > 0 else { return }
        if let exists, exists < sequence { setExists(sequence) }
        if let last = runs.last, last.sequence <= sequence, sequence <= last.lastSequence {
            if last.uid + (sequence - last.sequence) == uid { return }
        }
        var index = runs.count
        if let last = runs.last, last.lastSequence >= sequence || last.lastUID >= uid {
            index = firstIndex { $0.lastSequence >= sequence || $0.lastUID >= uid }
            if index < runs.count, runs[index].sequence <= sequence, sequence <= runs[index].lastSequence,
                runs[index].uid + (sequence - runs[index].sequence) == uid
            {
                return
            }
            // From here on runs are at or above the pair; those that are not above it in both numbers are wrong.
            var end = index
            while end < runs.count, runs[end].sequence <= sequence || runs[end].uid <= uid { end += 1 }
            runs.removeSubrange(index..<end)
        }
        runs.insert(Run(sequence: sequence, uid: uid, count: 1), at: index)
        join(at: index + 1)
        join(at: index)
        fillEnds()
        forgetFirstRuns()
    }

    /// Makes one run of two where the numbers between them leave no choice.
    private mutating func join(at index: Int) {
        guard index > 0, index < runs.count else { return }
        let (lower, upper) = (runs[index - 1], runs[index])
        guard upper.sequence - lower.sequence == upper.uid - lower.uid else { return }
        runs[index - 1].count = upper.lastSequence - lower.sequence + 1
        runs.remove(at: index)
    }

    /// The first message is at least 1 and the last one below UIDNEXT: where that leaves no choice, what comes before the first
    /// known message, or after the last, is known too.
    private mutating func fillEnds() {
        if let first = runs.first, first.sequence == first.uid, first.sequence > 1 {
            runs[0] = Run(sequence: 1, uid: 1, count: first.lastSequence)
        }
        guard let exists, let uidNext, maximumRuns > 0 else { return }
        let (sequence, uid) = runs.last.map { ($0.lastSequence, $0.lastUID) } ?? (0, 0)
        guard exists > sequence, uidNext > uid, uidNext - uid - 1 == exists - sequence else { return }
        runs.append(Run(sequence: sequence + 1, uid: uid + 1, count: exists - sequence))
        join(at: runs.count - 1)
        forgetFirstRuns()
    }

    /// The UID of a message, or `nil` while it cannot be known.
    func uid(of sequence: UInt32) -> UInt32? {
        let index = firstIndex { $0.lastSequence >= sequence }
        guard index < runs.count, runs[index].sequence <= sequence else { return nil }
        return runs[index].uid + (sequence - runs[index].sequence)
    }

    /// `n EXPUNGE`: the message is gone, those after it move up. Returns its UID.
    mutating func expunge(_ sequence: UInt32) -> UInt32? {
        let uid = uid(of: sequence)
        guard sequence > 0 else { return nil }
        if let exists, exists > 0 { self.exists = exists - 1 }
        var index = firstIndex { $0.lastSequence >= sequence }
        guard index < runs.count else { return uid }
        if runs[index].sequence <= sequence {
            let run = runs[index]
            let before = sequence - run.sequence
            let after = run.lastSequence - sequence
            if after > 0 {
                // They take the number of the one that is gone; the shift below is for those after them.
                runs[index] = Run(sequence: sequence, uid: run.uid + before + 1, count: after)
            } else {
                runs.remove(at: index)
            }
            if before > 0 {
                runs.insert(Run(sequence: run.sequence, uid: run.uid, count: before), at: index)
                index += 1
            }
            if after > 0 { index += 1 }
        }
        for later in index..<runs.count { runs[later].sequence -= 1 }
        forgetFirstRuns()
        return uid
    }

    /// `VANISHED 41:43`: these UIDs are gone (RFC 7162 §3.2.10). A server names only UIDs that existed; when that is
    /// impossible, what comes after them is forgotten, and the answer is `false`.
    mutating func vanish(_ uids: ClosedRange<UInt32>) -> Bool {
        let gone = Int(uids.upperBound - uids.lowerBound) + 1
        let start = firstIndex { $0.lastUID >= uids.lowerBound }
        var lower: UInt32 = start > 0 ? runs[start - 1].lastSequence : 0
        var kept: [Run] = []
        var end = start
        while end < runs.count, runs[end].uid <= uids.upperBound {
            let run = runs[end]
            if run.uid < uids.lowerBound {
                let head = Run(sequence: run.sequence, uid: run.uid, count: uids.lowerBound - run.uid)
                kept.append(head)
                lower = head.lastSequence
            }
            if run.lastUID > uids.upperBound {
                let skipped = uids.upperBound - run.uid + 1
                kept.append(Run(sequence: run.sequence + skipped, uid: run.uid + skipped, count: run.count - skipped))
            }
            end += 1
        }
        runs.replaceSubrange(start..<end, with: kept)
        let above = firstIndex { $0.uid > uids.upperBound }
        let next = above < runs.count ? Int(runs[above].sequence) : exists.map { Int($0) + 1 } ?? Int.max
        guard gone <= next - Int(lower) - 1 else {
            runs.removeSubrange(above...)
            exists = nil
            return false
        }
        let shift = UInt32(truncatingIfNeeded: gone)
        for later in above..<runs.count { runs[later].sequence -= shift }
        if let exists { self.exists = exists >= shift ? exists - shift : 0 }
        join(at: above)
        forgetFirstRuns()
        return true
    }

    /// Forgets all pairs.
    mutating func forget() { runs = [] }

    /// The first run for which `isBehind` holds; it holds for all later ones too.
    private func firstIndex(where isBehind: (Run) -> Bool) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(runs[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
