import NIOCore
import Testing

@testable import InterpostCore

/// The tables of the article on deep parts are right.
@Suite struct DeepArticleTests {
    @Test func `addresses are read as the table says`() throws {
        try VocabularyTable.check("DeepParts", section: "Addresses") { wire in
            var reader = DeepWire.reader("(NIL NIL \(String(buffer: wire)) NIL NIL NIL NIL NIL NIL NIL)")
            let addresses = Envelope.read(&reader)?.from
            return Self.text(described(addresses as Any), Array(reader.quirks))
        }
    }

    @Test(
        arguments: [
            ("Envelopes", DeepWire.envelope), ("Body structures", DeepWire.body), ("Dates", DeepWire.date),
            ("Names of mailboxes", DeepWire.mailbox),
        ] as [(String, @Sendable (String) -> (read: String, quirks: [Quirk]))])
    func `deep parts are read as the tables say`(
        section: String, read: @Sendable (String) -> (read: String, quirks: [Quirk])
    ) throws {
        try VocabularyTable.check("DeepParts", section: section) { wire in
            let (text, quirks) = read(String(buffer: wire))
            return Self.text(text, quirks)
        }
    }

    @Test func `sequence sets are read as the table says`() throws {
        try VocabularyTable.check("DeepParts", section: "Sequence sets") { wire in
            let set = SequenceSet(String(buffer: wire))
            let ranges = set.ranges(largest: 10).map { "\($0.lowerBound):\($0.upperBound)" }.joined(separator: ",")
            return Self.text("\(DeepWire.sequenceSet(set.description).read) → \(ranges)", Array(set.quirks))
        }
    }

    private static func text(_ read: String, _ quirks: [Quirk]) -> String {
        quirks.isEmpty ? read : "\(read) with \(quirks.map(\.rawValue).joined(separator: ", "))"
    }
}
