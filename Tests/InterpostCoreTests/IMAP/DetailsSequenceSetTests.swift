import NIOCore
import Testing

@testable import InterpostCore

@Suite struct DeepSequenceSetTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var wire: String
        var read: String
        var quirks: [Quirk] = []
        var testDescription: String { wire }
    }

    @Test(arguments: [
        Row(wire: "1", read: "1"),
        Row(wire: "1:4,7", read: "1:4,7"),
        Row(wire: "1:*", read: "1:*"),
        Row(wire: "*:4", read: "*:4"),
        Row(wire: "*", read: "*"),
        Row(wire: "$", read: "$"),
        Row(wire: "1,$,*", read: "1,$,*"),
        Row(wire: "4294967295", read: "4294967295"),
        Row(wire: "007", read: "7"),
        Row(wire: "0", read: "", quirks: [.numberZero]),
        Row(wire: "1,0:5,3", read: "1,3", quirks: [.numberZero]),
        Row(wire: "4294967296", read: "4294967296", quirks: [.numberTooLarge]),
        Row(wire: "999999999999999999:7", read: "999999999999999999:7", quirks: [.numberTooLarge]),
        Row(wire: "1000000000000000000,3", read: "3", quirks: [.numberTooLarge]),
        Row(wire: "1:99999999999999999999999999999,2", read: "2", quirks: [.numberTooLarge]),
        Row(wire: "", read: "", quirks: [.sequenceSetSyntax]),
        Row(wire: "1,,2", read: "1,2", quirks: [.sequenceSetSyntax]),
        Row(wire: ",1", read: "1", quirks: [.sequenceSetSyntax]),
        Row(wire: "1,", read: "1", quirks: [.sequenceSetSyntax]),
        Row(wire: "1:,2", read: "2", quirks: [.sequenceSetSyntax]),
        Row(wire: "1:2:3,4", read: "4", quirks: [.sequenceSetSyntax]),
        Row(wire: "-1,4", read: "4", quirks: [.sequenceSetSyntax]),
        Row(wire: "1x,4", read: "4", quirks: [.sequenceSetSyntax]),
        Row(wire: "$:4,**,5", read: "5", quirks: [.sequenceSetSyntax]),
        Row(wire: "0,x", read: "", quirks: [.numberZero, .sequenceSetSyntax]),
    ]) func `a sequence set is read`(row: Row) {
        let (read, quirks) = DeepWire.sequenceSet(row.wire)
        #expect(read == row.read)
        #expect(quirks == row.quirks)
    }

    @Test(
        arguments: [
            ("1:4,7", 10, [1...4, 7...7]),
            ("4:1", 10, [1...4]),
            ("1:*", 10, [1...10]),
            ("*:4", 10, [4...10]),
            // The largest message is in it although its number is smaller than the other end.
            ("*:4", 3, [3...4]),
            ("20:*", 10, [10...20]),
            ("*", 10, [10...10]),
            ("*,1:*,2", 0, [2...2]),
            ("$,5", 10, [5...5]),
        ] as [(String, UInt64, [ClosedRange<UInt64>])])
    func `ranges are resolved against the largest number`(text: String, largest: UInt64, ranges: [ClosedRange<UInt64>]) {
        let set = SequenceSet(text)
        #expect(Array(set.ranges(largest: largest)) == ranges)
        for number in 0...25 as ClosedRange<UInt64> {
            #expect(set.contains(number, largest: largest) == ranges.contains { $0.contains(number) })
        }
    }

    @Test func `what is not known is left out`() {
        #expect(Array(SequenceSet("1:3,5:*,*,$").ranges()) == [1...3])
        #expect(SequenceSet("1,$").holdsSavedResult)
        #expect(!SequenceSet("1,2").holdsSavedResult)
    }

    @Test(arguments: [
        ("304,319:320", true), ("1", true), ("1:*", false), ("$", false), ("0", false), ("", false), ("1,", false),
    ]) func `a UID set has numbers only`(text: String, isUIDSet: Bool) {
        #expect(SequenceSet(text).isUIDSet == isUIDSet)
    }

    @Test(arguments: [
        ("304,319:320", "3956:3958", "304=3956 319:320=3957:3958"),
        ("1:3", "7,9,11", "1=7 2=9 3=11"),
        ("1:10,20:30", "101:121", "1:10=101:110 20:30=111:121"),
        ("3:1", "5:7", "1:3=5:7"),
        ("1:5", "9", "1=9"),
        ("1:4294967295", "1:4294967295", "1:4294967295=1:4294967295"),
        ("", "1", ""),
        ("1:*,2", "5", "2=5"),
    ]) func `the sets of COPYUID lie side by side`(source: String, target: String, runs: String) {
        func text(_ range: ClosedRange<UInt64>) -> String {
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound):\(range.upperBound)"
        }
        let found = SequenceSet(source).runs(besides: SequenceSet(target)).map { "\(text($0.source))=\(text($0.target))" }
        #expect(found.joined(separator: " ") == runs)
    }

    @Test(arguments: [("1:4,7", 5), ("1:*", 1), ("*,$", 2), ("1:4294967295,1:4294967295", Int(UInt32.max)), ("4:1", 4)])
    func `numbers are counted`(text: String, count: Int) {
        #expect(SequenceSet(text).count == count)
    }

    @Test(
        arguments: [
            ("1:500", "1:500", 1000, 1...500),
            ("500:1", "1:500", 1000, 1...500),
            ("-1:-100", "-1:-100", 1000, 901...1000),
            ("-100:-1", "-1:-100", 1000, 901...1000),
            ("1:500", "1:500", 20, 1...20),
            ("-1:-100", "-1:-100", 20, 1...20),
            ("-15:-100", "-15:-100", 20, 1...6),
            ("501:600", "501:600", 20, nil),
            ("-21:-30", "-21:-30", 20, nil),
            ("1:4294967295", "1:4294967295", 3, 1...3),
        ] as [(String, String, UInt64, ClosedRange<UInt64>?)])
    func `a partial range is read`(text: String, written: String, count: UInt64, positions: ClosedRange<UInt64>?) {
        let range = PartialRange(ByteBuffer(string: text))
        #expect(range?.description == written)
        #expect(range?.positions(of: count) == positions)
    }

    @Test(arguments: ["", "1", "0:5", "1:0", "-1:100", "1:-100", "1:*", "1:4294967296", "1:2,3", "1: 2", "--1:-2", "x"])
    func `what is no partial range is none`(text: String) {
        #expect(PartialRange(ByteBuffer(string: text)) == nil)
    }
}
