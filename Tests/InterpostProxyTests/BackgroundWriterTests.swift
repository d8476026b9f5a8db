import Foundation
import NIOCore
import Synchronization
import Testing

@testable import InterpostProxy

@Suite struct `Writing on a thread of its own` {
    /// A disk in memory, which can be full.
    final class Disk: Sendable {
        struct Contents {
            var written: [String] = []
            var failures = 0
            var isFull = false
            /// Writing waits for this.
            var isBlocked = false
            var wakes = 0
            var hasFinished = false
            var told: [String] = []
        }

        struct Full: Error, CustomStringConvertible {
            var description: String { "the disk is full" }
        }

        let contents = Mutex(Contents())

        func eventually(_ condition: (Contents) -> Bool) -> Bool {
            for _ in 0..<500 {
                if contents.withLock({ condition($0) }) { return true }
                usleep(10_000)
            }
            return false
        }
    }

    struct Work: BackgroundWork {
        let disk: Disk

        mutating func write(_ items: [String], for writer: BackgroundWriter<Work>) {
            if items.isEmpty { disk.contents.withLock { $0.wakes += 1 } }
            while disk.contents.withLock({ $0.isBlocked }) { usleep(1000) }
            for item in items {
                // Kept in memory, as records of a capture are that wait for others.
                if item == "kept" {
                    _ = writer.attempt(&self, provesRecovery: false) { _ in }
                    continue
                }
                _ = writer.attempt(&self) { work in
                    try work.disk.contents.withLock { contents in
                        if contents.isFull {
                            contents.failures += 1
                            throw Disk.Full()
                        }
                        contents.written.append(item)
                    }
                }
            }
        }

        func rest(isClosing: Bool, for writer: BackgroundWriter<Work>) -> TimeAmount? { nil }
        func finish() { disk.contents.withLock { $0.hasFinished = true } }
        func recovery() -> String { "the disk has room again" }
    }

    private static func writer(on disk: Disk, congestion: Int = 10, isLossy: Bool = false) -> BackgroundWriter<Work> {
        let writer = BackgroundWriter<Work>(congestion: congestion, isLossy: isLossy) { message in
            disk.contents.withLock { $0.told.append(message) }
        }
        writer.start { Work(disk: disk) }
        return writer
    }

    @Test func `keeps the order, and writes what waits before it ends`() {
        let disk = Disk()
        let writer = Self.writer(on: disk)
        for number in 0..<1000 { writer.append("\(number)", octets: 1) }
        writer.close()
        let contents = disk.contents.withLock { $0 }
        #expect(contents.written == (0..<1000).map { "\($0)" })
        #expect(contents.hasFinished && contents.told.isEmpty)
        #expect(!writer.isCongested)
    }

    @Test func `does not work again because something was only kept`() {
        let disk = Disk()
        disk.contents.withLock { $0.isFull = true }
        let writer = Self.writer(on: disk, isLossy: true)
        for _ in 0..<5 { for item in ["a", "kept"] { writer.append(item, octets: 1) } }
        #expect(disk.eventually { $0.failures == 5 })
        disk.contents.withLock { $0.isFull = false }
        writer.append("b", octets: 1)
        writer.close()
        #expect(disk.contents.withLock { $0.told } == ["the disk is full", "the disk has room again"])
    }

    @Test func `is congested beyond its limit, and not any more when that is written`() {
        let disk = Disk()
        disk.contents.withLock { $0.isBlocked = true }
        let writer = Self.writer(on: disk, congestion: 10)
        writer.append("ten", octets: 10)
        #expect(!writer.isCongested)
        writer.append("one", octets: 1)
        #expect(writer.isCongested)
        disk.contents.withLock { $0.isBlocked = false }
        #expect(disk.eventually { $0.written.count == 2 })
        writer.close()
        #expect(!writer.isCongested)
    }

    @Test func `tries again what cannot be written, and tells it once`() {
        let disk = Disk()
        disk.contents.withLock { $0.isFull = true }
        let writer = Self.writer(on: disk)
        writer.append("a", octets: 1)
        writer.append("b", octets: 1)
        #expect(disk.eventually { $0.failures >= 2 })
        #expect(writer.isFailing)
        #expect(disk.contents.withLock { $0.told } == ["the disk is full"])
        disk.contents.withLock { $0.isFull = false }
        #expect(disk.eventually { $0.written == ["a", "b"] })
        #expect(!writer.isFailing)
        writer.close()
        #expect(disk.contents.withLock { $0.told } == ["the disk is full", "the disk has room again"])
    }

    @Test func `gives up what may be lost`() {
        let disk = Disk()
        disk.contents.withLock { $0.isFull = true }
        let writer = Self.writer(on: disk, isLossy: true)
        writer.append("a", octets: 1)
        #expect(disk.eventually { $0.failures == 1 })
        disk.contents.withLock { $0.isFull = false }
        writer.append("b", octets: 1)
        writer.close()
        #expect(disk.contents.withLock { $0.written } == ["b"])
        #expect(disk.contents.withLock { $0.told } == ["the disk is full", "the disk has room again"])
    }

    @Test func `ends although nothing can be written`() {
        let disk = Disk()
        disk.contents.withLock { $0.isFull = true }
        let writer = Self.writer(on: disk)
        for number in 0..<100 { writer.append("\(number)", octets: 1) }
        let start = NIODeadline.now()
        writer.close()
        #expect(NIODeadline.now() - start < .seconds(9))
        #expect(disk.contents.withLock { $0.hasFinished && $0.written.isEmpty })
    }

    @Test func `is woken although nothing comes`() {
        let disk = Disk()
        let writer = Self.writer(on: disk)
        writer.wake()
        #expect(disk.eventually { $0.wakes == 1 })
        writer.close()
    }
}
