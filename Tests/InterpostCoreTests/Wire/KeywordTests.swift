import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Names on the wire` {
    @Test func `are the same in any case, and only as far as they are names`() {
        #expect(Keyword(ByteBuffer(string: "noop").readableBytesView) == Keyword("NOOP"))
        #expect(Keyword(ByteBuffer(string: "").readableBytesView) == nil)
        #expect(Keyword(ByteBuffer(string: "NO OP").readableBytesView) == nil)
        #expect(Keyword(ByteBuffer(string: "N\u{E9}").readableBytesView) == nil)
        let longest = String(repeating: "x", count: 32)
        #expect(Keyword(ByteBuffer(string: longest).readableBytesView)?.description == longest.uppercased())
        #expect(Keyword(ByteBuffer(string: longest + "x").readableBytesView) == nil)
    }

    @Test func `are found in a table, and others are not`() {
        let names: [StaticString] = [
            "A", "B", "AB", "BA", "NOOP", "IDLE", "UID", "FETCH", "STORE", "XAPPLEPUSHSERVICE", "X-ZIMBRA-ADD-ACCOUNT-LOGGER",
            "X-ZIMBRA-ADD-ACCOUNT-LOGGES", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF",
        ]
        let table = KeywordTable(names.enumerated().map { ($1, $0) })
        for (index, name) in names.enumerated() { #expect(table[Keyword(name)] == index) }
        for name: StaticString in ["C", "AA", "NOOPS", "X-ZIMBRA-ADD-ACCOUNT-LOGGERS", "FETC"] {
            #expect(table[Keyword(name)] == nil)
        }
        #expect(KeywordTable<Int>([])[Keyword("A")] == nil)
        #expect(KeywordTable([("A", 1), ("A", 2)])[Keyword("A")] == 2)
    }
}
