import NIOCore
import Testing

@testable import InterpostCore

/// What a session reveals of the selected mailbox is known, and nothing else is claimed.
@Suite struct FollowingTests {
    @Test func `what lies between two known messages is known when it fits exactly`() {
        var numbers = SequenceNumbers(maximumRuns: 100)
        numbers.setExists(9)
        numbers.learn(sequence: 1, uid: 11)
        numbers.learn(sequence: 5, uid: 15)
        #expect((1...6).map { numbers.uid(of: $0) } == [11, 12, 13, 14, 15, nil])
        numbers.setUIDNext(20)
        #expect(numbers.uid(of: 9) == 19)
        #expect(numbers.uid(of: 10) == nil)
        #expect(numbers.uid(of: 0) == nil)
    }

    @Test func `a mailbox that was never expunged needs no more than EXISTS and UIDNEXT`() {
        var numbers = SequenceNumbers(maximumRuns: 100)
        numbers.setExists(3)
        numbers.setUIDNext(4)
        #expect((1...4).map { numbers.uid(of: $0) } == [1, 2, 3, nil])
    }

    @Test func `a server that contradicts itself is believed where it spoke last`() {
        var numbers = SequenceNumbers(maximumRuns: 100)
        for sequence in 1...9 as ClosedRange<UInt32> { numbers.learn(sequence: sequence, uid: sequence + 10) }
        numbers.learn(sequence: 5, uid: 12)
        #expect(numbers.uid(of: 5) == 12)
        #expect(numbers.uid(of: 4) == nil)
        numbers.learn(sequence: .max, uid: .max)
        _ = numbers.vanish(1...(.max))
        #expect(numbers.uid(of: 5) == nil)
    }

    /// A mailbox that is known in full, and one that learns of it by chance: what the second says is what the first says.
    @Test(arguments: 0..<40) func `what is said of a mailbox is true of it`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        var mailbox: [UInt32] = []
        var next: UInt32 = 1
        var known = 0
        var numbers = SequenceNumbers(maximumRuns: seed % 2 == 0 ? 8 : 1000)
        func arrive() {
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                next += .random(in: 0...2, using: &random)
                mailbox.append(next)
                next += 1
            }
        }
        arrive()
        numbers.setExists(UInt32(mailbox.count))
        numbers.setUIDNext(next)
        for _ in 0..<300 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                arrive()
                numbers.setExists(UInt32(mailbox.count))
                if Bool.random(using: &random) { numbers.setUIDNext(next) }
            case 1..<3 where !mailbox.isEmpty:
                let index = mailbox.indices.randomElement(using: &random) ?? 0
                let uid = mailbox.remove(at: index)
                let said = numbers.expunge(UInt32(index + 1))
                #expect(said == nil || said == uid)
            case 3 where mailbox.count > 3:
                let first = Int.random(in: 0..<mailbox.count - 2, using: &random)
                let last = first + (mailbox[first] + 1 == mailbox[first + 1] ? 1 : 0)
                _ = numbers.vanish(mailbox[first]...mailbox[last])
                mailbox.removeSubrange(first...last)
            default:
                guard let index = mailbox.indices.randomElement(using: &random) else { continue }
                numbers.learn(sequence: UInt32(index + 1), uid: mailbox[index])
            }
            for (index, uid) in mailbox.enumerated() {
                let said = numbers.uid(of: UInt32(index + 1))
                #expect(said == nil || said == uid, "message \(index + 1) of \(mailbox)")
                if said != nil, said != uid { return }
                if said != nil { known += 1 }
            }
        }
        #expect(known > 100, "and something is said")
    }

    @Test func `facts are remembered for as many messages as the limit says, the latest ones`() {
        var cache = MessageFactsCache(maximumCount: 100)
        for uid in 1...1000 as ClosedRange<UInt32> { cache.update(uid) { $0.flags = .seen } }
        #expect((937...1000).allSatisfy { cache[$0]?.flags == .seen })
        #expect((1..<937).allSatisfy { cache[$0] == nil })
        cache.remove(1000)
        #expect(cache[1000] == nil)
        var none = MessageFactsCache(maximumCount: 0)
        none.update(1) { $0.flags = .seen }
        #expect(none[1] == nil)
    }

    /// Most headers are longer than what is kept of a literal.
    @Test(arguments: [100, 4000, 50_000]) func `a long header names its message`(filler: Int) {
        var reading = SessionReading(.imap, detail: .acts)
        var told: [String] = []
        let header = "Message-ID: <far@example.org>\r\nX-Filler: " + String(repeating: "x", count: filler) + "\r\n\r\n"
        for (side, text) in [
            (Side.server, "* PREAUTH ready\r\n"), (.client, "a SELECT INBOX\r\n"), (.server, "a OK done\r\n"),
            (.client, "b FETCH 1 BODY.PEEK[HEADER]\r\n"),
            (.server, "* 1 FETCH (UID 7 BODY[HEADER] {\(header.utf8.count)}\r\n\(header))\r\nb OK done\r\n"),
            (.client, "c STORE 1 +FLAGS (\\Deleted)\r\n"), (.server, "c OK done\r\n"),
        ] {
            reading.receive(SessionTurn(side: side, bytes: ByteBuffer(string: text))) { told.append($0.summary) }
        }
        #expect(told.last == #"messages.deleted mailbox=INBOX numbers=1 uids=7 message_ids=[<far@example.org>]"#)
    }
}
