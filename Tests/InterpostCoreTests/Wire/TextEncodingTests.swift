import Testing

@testable import InterpostCore

@Suite struct `A text's encoding` {
    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x53, 0], "is UTF-16"), ([0xFE, 0xFF, 0, 0x53], "is UTF-16"), ([0x53, 0, 0x3A, 0], "is UTF-16"),
            ([0, 0x53, 0, 0x3A], "is UTF-16"), ([0xFF, 0xFE, 0, 0], "is UTF-32"), ([0, 0, 0xFE, 0xFF], "is UTF-32"),
            ([0x53, 0x3A, 0x20, 0x2A], nil), ([0xEF, 0xBB, 0xBF, 0x53], nil), ([0xE9], nil), ([], nil), ([0, 0, 0, 0], nil),
        ] as [([UInt8], String?)]) func `is named where it is not UTF-8`(beginning: [UInt8], problem: String?)
    {
        #expect(TextEncoding.problem(of: beginning)?.what == problem)
    }
}
