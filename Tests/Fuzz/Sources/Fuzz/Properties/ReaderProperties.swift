import NIOCore

@testable import InterpostCore

/// What holds for everything that reads one whole text, whatever stands in it: it comes to an end, and its work grows with the
/// text and no faster.
enum ReaderProperties {
    private typealias Reader = (name: String, read: @Sendable (IMAPText) -> Any)

    /// Every reader gets every text. A new one is a new line here.
    private static let readers: [Reader] = [
        (
            "IMAPCommand",
            { text in IMAPCommand(reading: text).map { ($0, $0.title.description, $0.mailbox?.description) } as Any }
        ),
        ("IMAPCommand.writtenArguments", { IMAPCommand(reading: $0)?.writtenArguments as Any }),
        ("IMAPCommand.beginning", { IMAPCommand.beginning($0.bytes) as Any }),
        ("IMAPResponse", { IMAPResponse(reading: $0).read() }),
        ("IMAPText.oneLine", { $0.oneLine }),
        ("IMAPStatus", { IMAPStatus(reading: $0.bytes).map { ($0, $0.codeName, $0.codeArguments) } as Any }),
        ("IMAPValue", { text in all(text) { $0.value() } }),
        ("IMAPReader.list", { text in all(text) { $0.list() } }),
        ("FetchItem", { text in all(text) { FetchItem.read(&$0).map { ($0.carriesText, $0.setsSeen, $0.description) } } }),
        ("FetchItem.readList", { text in all(text) { FetchItem.readList(&$0).count } }),
        ("FetchAnswer", { text in all(text) { $0.isAtEnd ? nil : FetchAnswer(&$0) } }),
        ("SequenceSet", { SequenceSet(text: $0.bytes).count }),
        ("SequenceSet.elements", { SequenceSet(text: $0.bytes).quirks }),
        ("SequenceSet.runs", { runs(of: $0.bytes) }),
        ("PartialRange", { PartialRange($0.bytes) as Any }),
        ("IMAPResponse.deepQuirks", { text in IMAPResponse(reading: text).read().data.deepQuirks(utf8: true) }),
        ("IMAPStatus.responseCode", { IMAPStatus(reading: $0.bytes)?.responseCode as Any }),
        ("Envelope", { text in all(text) { Envelope.read(&$0) } }),
        ("Envelope.identity", { text in all(text) { Envelope.identity(of: &$0).messageID } }),
        ("BodyStructure", { text in all(text) { BodyStructure.read(&$0).map { Array($0.numberedParts).count } } }),
        ("IMAPDate", { IMAPDate.read($0.bytes) }),
        ("MessageDate", { MessageDate($0.bytes) as Any }),
        ("ModifiedUTF7", { ModifiedUTF7.encode(String(buffer: ModifiedUTF7.decode($0.bytes).text)) }),
        ("EncodedWords", { EncodedWords.decode($0.bytes) }),
        ("HeaderFields", { text in HeaderFields(text.bytes).map(\.value) }),
        ("IMAPCapability", { IMAPCapability(reading: $0.bytes) }),
        ("POP3Capability", { POP3Capability.read($0.bytes) }),
        ("POP3Listing", { POP3Listing.read(line: $0.bytes, answering: .uidl(nil)) }),
        ("POP3Command", { POP3Command.read($0.bytes) }),
        ("POP3Reply", { POP3Reply(reading: $0.bytes).map { ($0, $0.hasAPOPTimestamp) } as Any }),
        ("Base64", { Base64.decode($0.bytes.readableBytesView) as Any }),
        ("SASL PLAIN", { exchange("PLAIN", $0) }),
        ("SASL LOGIN", { exchange("LOGIN", $0) }),
        ("SASL CRAM-MD5", { exchange("CRAM-MD5", $0) }),
        ("SASL XOAUTH2", { exchange("XOAUTH2", $0) }),
        ("SASL OAUTHBEARER", { exchange("OAUTHBEARER", $0) }),
        ("SASL SCRAM-SHA-256", { exchange("SCRAM-SHA-256", $0) }),
    ]

    static func check(_ dialogue: Dialogue) throws(Violation) {
        for text in texts(of: dialogue) {
            for reader in readers {
                let work = Work.of { consume(reader.read(text)) }
                try require(
                    work <= 100 * text.octets + 20_000, "\(reader.name): work of \(work) for \(text.octets) octets")
            }
        }
    }

    /// Lines with the literals that they announce, each side's as if they were all commands or all responses.
    private static func texts(of dialogue: Dialogue) -> [IMAPText] {
        Side.allCases.flatMap { side in
            var framer = IMAPFramer(sender: side, limits: dialogue.limits)
            for case .say(side, let bytes) in dialogue.steps { framer.append(bytes) }
            var texts: [IMAPText] = []
            var assembly: IMAPTextAssembly?
            while let fragment = framer.next() {
                switch fragment {
                case .line(let line, let literal?):
                    if assembly == nil {
                        assembly = IMAPTextAssembly(line: line, announcing: literal, limits: dialogue.limits)
                    } else {
                        assembly?.append(line: line, announcing: literal)
                    }
                case .line(let line, nil):
                    texts.append(assembly?.finished(with: line) ?? IMAPText(line: line))
                    assembly = nil
                case .literal(let bytes, _): assembly?.append(literal: bytes)
                case .longLine, .body, .terminator, .opaque: break
                }
            }
            return texts
        }
    }

    /// Reads as often as there is something to be read and the reader goes on.
    private static func all<Value>(_ text: IMAPText, _ read: (inout IMAPReader) -> Value?) -> [Value] {
        var reader = IMAPReader(text)
        var values: [Value] = []
        while !reader.isAtEnd {
            let before = reader.rest.readableBytes
            if let value = read(&reader) { values.append(value) }
            // As callers do: a word that is none of what they look for is passed over as a whole.
            if reader.rest.readableBytes == before { reader.skipWord() }
        }
        return values
    }

    private static func runs(of text: ByteBuffer) -> Int {
        let set = SequenceSet(text: text)
        return set.runs(besides: set).reduce(0) { count, _ in count + 1 }
    }

    private static func exchange(_ mechanism: StaticString, _ text: IMAPText) -> Any {
        var exchange = SASLExchange(mechanism: Keyword(mechanism), initialResponse: Secret(text.bytes))
        return [exchange.read(text.bytes), exchange.read(text.bytes)]
    }

    @inline(never) private static func consume(_ value: Any) {}
}
