import Foundation
import NIOCore
import Testing

@testable import InterpostCore

@Suite struct DeepDateTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var wire: String
        var read: String
        var quirks: [Quirk] = []
        var testDescription: String { wire }
    }

    @Test(arguments: [
        Row(wire: "17-Jul-1996 02:44:25 -0700", read: "1996-07-17 02:44:25 -0700"),
        Row(wire: " 1-Feb-1994 09:00:00 +0100", read: "1994-02-01 09:00:00 +0100"),
        Row(wire: "01-FEB-1994 23:59:60 -0030", read: "1994-02-01 23:59:60 -0030"),
        Row(wire: "29-Feb-2000 00:00:00 +0000", read: "2000-02-29 00:00:00 +0000"),
        Row(wire: "1-Feb-1994", read: "1994-02-01"),
        Row(wire: "01-Feb-1994", read: "1994-02-01"),
        Row(wire: " 1-Feb-1994", read: "1994-02-01", quirks: [.extraSpace]),
        Row(wire: "8-Mar-2023 12:16:47 +0800", read: "2023-03-08 12:16:47 +0800", quirks: [.dayNotPadded]),
        Row(wire: " 17-Jul-1996 02:44:25 -0700", read: "1996-07-17 02:44:25 -0700", quirks: [.extraSpace]),
        Row(wire: "17-Jul-1996  02:44:25 -0700", read: "1996-07-17 02:44:25 -0700", quirks: [.extraSpace]),
        Row(wire: "17-Jul-1996 02:44:25", read: "1996-07-17 02:44:25 +0000", quirks: [.zoneMissing]),
        Row(wire: "17-Jul-1996 2:44:25 -0700", read: "1996-07-17 02:44:25 -0700", quirks: [.dateForm]),
        Row(wire: "17-Jul-1996 02:44 -0700", read: "1996-07-17 02:44:00 -0700", quirks: [.dateForm]),
        Row(wire: "17-Jul-1996 02:44:25 -07:00", read: "1996-07-17 02:44:25 -0700", quirks: [.dateForm]),
        Row(wire: "17-Jul-1996 02:44:25 GMT", read: "1996-07-17 02:44:25 +0000", quirks: [.dateForm]),
        Row(wire: "17 Jul 1996 02:44:25 -0700", read: "1996-07-17 02:44:25 -0700", quirks: [.dateForm]),
        Row(wire: "17/Jul/1996 02:44:25 -0700", read: "1996-07-17 02:44:25 -0700", quirks: [.dateForm]),
        Row(wire: "17-July-1996 02:44:25 -0700", read: "1996-07-17 02:44:25 -0700", quirks: [.dateForm]),
        Row(wire: "17-Jul-96 02:44:25 -0700", read: "1996-07-17 02:44:25 -0700", quirks: [.dateForm]),
        Row(wire: "Fri, 11 Feb 2011 12:27:49 +0100 (CET)", read: "2011-02-11 12:27:49 +0100", quirks: [.dateForm]),
        // Domino writes this where it has no date.
        Row(wire: "00-Jan-0000 00:00:00 +0000", read: "nil", quirks: [.dateOutOfRange]),
        Row(wire: "31-Feb-2001 00:00:00 +0000", read: "nil", quirks: [.dateOutOfRange]),
        Row(wire: "29-Feb-1900", read: "nil", quirks: [.dateOutOfRange]),
        Row(wire: "27-Oct-2018 33:41:57 -0400", read: "nil", quirks: [.dateOutOfRange]),
        Row(wire: "27-Oct-2018 13:41:57 +0460", read: "nil", quirks: [.dateOutOfRange]),
        Row(wire: "98765432100-Oct-2018 13:41:57 -0400", read: "nil", quirks: [.dateForm]),
        Row(wire: "27-Jag-2018 13:41:57 -0400", read: "nil", quirks: [.dateForm]),
        Row(wire: "27-Oct-2018 13:411:57 -0400", read: "nil", quirks: [.dateForm]),
        Row(wire: "yesterday", read: "nil", quirks: [.dateForm]),
        Row(wire: "", read: "nil", quirks: [.dateForm]),
    ]) func `a date of IMAP is read`(row: Row) {
        let (read, quirks) = DeepWire.date(row.wire)
        #expect(read == row.read)
        #expect(quirks == row.quirks)
    }

    @Test func `a date has its parts`() {
        let date = IMAPDate.read(ByteBuffer(string: "17-Jul-1996 02:44:25 -0700")).date
        #expect(date?.year == 1996)
        #expect(date?.month == 7)
        #expect(date?.day == 17)
        #expect(date?.hour == 2)
        #expect(date?.minute == 44)
        #expect(date?.second == 25)
        #expect(date?.zone == -420)
        #expect(date?.hasTime == true)
        #expect(date?.secondsSinceEpoch == 837_596_665)
        #expect(IMAPDate.read(ByteBuffer(string: "1-Feb-1994")).date?.secondsSinceEpoch == 760_060_800)
    }

    @Test(arguments: 0..<300) func `seconds are those that Foundation reckons`(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let moment = Int64.random(in: -62_135_596_800...253_402_300_799, using: &random)
        var calendar = Foundation.Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: TimeInterval(moment)))
        // Foundation changes to the Julian calendar in 1582; the dates of mail do not go back as far.
        guard let year = parts.year, year > 1582, let month = parts.month, let day = parts.day else { return }
        let time = CalendarTime(
            year: year, month: month, day: day, hour: parts.hour ?? 0, minute: parts.minute ?? 0, second: parts.second ?? 0)
        #expect(time?.seconds == moment)
    }

    @Test(
        arguments: [
            ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)", 837_595_405),
            ("17 Jul 1996 02:23:25 -0700", 837_595_405),
            ("Wed,17 Jul 1996 02:23:25 PDT", 837_595_405),
            ("Wed, 17 Jul 1996 09:23:25 GMT", 837_595_405),
            ("Wed, 17 Jul 1996 09:23:25 UT", 837_595_405),
            ("Wed, 17 Jul 1996 09:23:25 Z", 837_595_405),
            ("Wed, 17 Jul 1996 09:23:25", 837_595_405),
            ("Wed, 17 Jul 1996 09:23:25 MEZ", 837_595_405),
            ("Wed, 17 Jul 1996 11:23:25 +0200 (Mitteleurop\u{E4}ische (Sommerzeit))", 837_595_405),
            ("Wed, 17 Jul 1996 11:23:25 +02:00", 837_595_405),
            ("Wed, 17 Jul 1996 05:23:25 --0400", 837_595_405),
            ("Tuesday, 17 July 96 9:23:25 +0000", 837_595_405),
            ("Wed (day), 17 (th) Jul\r\n 1996 09 : 23 : 25 (a \\) b) +0000", 837_595_405),
            ("Wed, 17-Jul-1996 09:23:25 -0000", 837_595_405),
            ("Wed, 17 Jul 1996 09:23 +0000", 837_595_380),
            ("12 FEB 25 11:28:27 UT/12 FEB 25 11:28:27 UT", 1_739_359_707),
            ("Sat, 1 Jan 100 00:00:00 +0000", 946_684_800),
            ("Thu, 1 Jan 1970 00:00:00 +9999", 0),
        ] as [(String, Int64)])
    func `the date of a message is a moment`(text: String, seconds: Int64) {
        #expect(MessageDate(ByteBuffer(string: text))?.secondsSinceEpoch == seconds)
    }

    @Test(arguments: [
        "", "now", "Wed, 17 Jul", "Wed, 17 Jul 1996", "17 Jul 1996 25:00:00 +0000", "30 Feb 1996 00:00:00 +0000",
        "17 Foo 1996 1:1:1",
        "17 Jul 9999999 00:00:00", "(((((", "17 Jul 1996 02", "1 2 3 4:5:6", "-1 Jul 1996 x", "17 Jul 1996 1:2:", "\\",
    ]) func `what is no date is none`(text: String) {
        #expect(MessageDate(ByteBuffer(string: text)) == nil)
    }
}
