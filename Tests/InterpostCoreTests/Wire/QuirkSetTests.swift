import Testing

@testable import InterpostCore

@Suite struct `A set of quirks` {
    @Test func `has a place for each quirk`() {
        #expect(Quirk.allCases.count <= 128)
        for (index, quirk) in Quirk.allCases.enumerated() { #expect(quirk.ordinal == index) }
    }

    @Test func `holds what was put in, in the order of declaration`() {
        var quirks = Quirks()
        #expect(quirks.isEmpty && Array(quirks).isEmpty)
        for quirk in Quirk.allCases.reversed() {
            quirks.insert(quirk)
            #expect(quirks.contains(quirk))
        }
        #expect(Array(quirks) == Quirk.allCases)
        for quirk in Quirk.allCases {
            quirks.remove(quirk)
            #expect(!quirks.contains(quirk))
        }
        #expect(quirks == Quirks())
    }

    @Test func `can be joined with another`() {
        var quirks = Quirks(.bareLineFeed)
        var more = Quirks(.extraSpace)
        more.insert(.bareLineFeed)
        quirks.formUnion(more)
        #expect(Array(quirks) == [.bareLineFeed, .extraSpace])
    }
}
