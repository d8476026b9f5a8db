import Foundation
import InterpostCore
import TestSupport
import Testing

@testable import InterpostConfiguration
@testable import InterpostProxy

@Suite struct `Captures in a folder` {
    private static let now = Date(timeIntervalSince1970: 2_000_000_000)

    private static func retention(_ change: (inout RecordSettings.Keep) -> Void, label: String? = nil) -> CaptureRetention {
        var keep = RecordSettings.Keep()
        change(&keep)
        return CaptureRetention(settings: keep, label: label)
    }

    /// The oldest first, a day apart, of 1 MiB each.
    private static func files(_ count: Int, label: String? = nil) -> [CaptureRetention.File] {
        let namer = retention({ _ in }, label: label)
        return (1...count).map { number in
            let age = count - number
            return CaptureRetention.File(
                name: namer.name(of: number, .imap, at: WireTime(nanoseconds: Int64(number) * 1_000_000_000)), octets: 1 << 20,
                modified: now.addingTimeInterval(-86_400 * Double(age)))
        }
    }

    @Test func `are named by time, protocol, label and number`() {
        let time = WireTime(nanoseconds: 1_795_577_231_000_000_000)
        #expect(Self.retention({ _ in }).name(of: 3, .pop3, at: time) == "20261125T032711-pop3-3.interpost")
        #expect(Self.retention({ _ in }, label: "a-b").name(of: 3, .imap, at: time) == "20261125T032711-imap-a-b-3.interpost")
    }

    @Test func `are kept up to the limits, inclusive`() {
        let files = Self.files(10)
        let names = files.map(\.name)
        #expect(Self.retention { _ in }.surplus(among: files, at: Self.now) == [])
        #expect(Self.retention { $0.files = 10 }.surplus(among: files, at: Self.now) == [])
        #expect(Self.retention { $0.files = 9 }.surplus(among: files, at: Self.now) == Array(names.prefix(1)))
        #expect(Self.retention { $0.mebibytes = 10 }.surplus(among: files, at: Self.now) == [])
        #expect(Self.retention { $0.mebibytes = 3 }.surplus(among: files.shuffled(), at: Self.now) == Array(names.prefix(7)))
        #expect(Self.retention { $0.days = 9 }.surplus(among: files, at: Self.now) == [])
        #expect(Self.retention { $0.days = 8 }.surplus(among: files, at: Self.now) == Array(names.prefix(1)))
        let all = Self.retention {
            ($0.files, $0.mebibytes, $0.days) = (9, 5, 7)
        }
        #expect(all.surplus(among: files, at: Self.now) == Array(names.prefix(5)))
    }

    @Test func `of others are left alone`() {
        let foreign = [
            "mail.interpost", "20261125T032711-imap.interpost", "20261125T032711-smtp-3.interpost", "20261125-imap-3.interpost",
            "20261125T032711-imap-3.gz", "20261125T032711-imap-x-3.interpost", "20261125T032711-imap-three.interpost",
        ].map { CaptureRetention.File(name: $0, octets: 1 << 30, modified: .distantPast) }
        let retention = Self.retention {
            ($0.files, $0.mebibytes, $0.days) = (1, 1, 1)
        }
        #expect(retention.surplus(among: foreign, at: Self.now) == [])
        #expect(retention.surplus(among: Self.files(2, label: "x"), at: Self.now) == [])
    }

    @Test func `are deleted from the disk, but for those that are being written`() throws {
        let folder = try TemporaryFolder()
        let namer = Self.retention { $0.files = 1 }
        let names = (1...3).map { namer.name(of: $0, .imap, at: WireTime(nanoseconds: Int64($0) * 1_000_000_000)) }
        for (age, name) in names.reversed().enumerated() {
            try Data().write(to: URL(filePath: folder.file(name)))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -60 * Double(age))], ofItemAtPath: folder.file(name))
        }
        try Data().write(to: URL(filePath: folder.file("mine.interpost")))
        namer.apply(to: folder.path, sparing: [names[0]])
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(left == [names[0], names[2], "mine.interpost"])
    }
}
