import NIOCore
import Testing

@testable import InterpostCore

@Suite struct DeepBodyStructureTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var wire: String
        var read: String
        var quirks: [Quirk] = []
        var testDescription: String { wire }
    }

    /// A part that stands for any other, and how it is read.
    private static let part = #"("a" "b" NIL NIL NIL "7bit" 1)"#
    private static let partRead = "basic(Fields(type: a, subtype: b, encoding: 7bit, octets: 1))"
    private static let noEnvelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"

    @Test(arguments: [
        Row(
            wire: #"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)"#,
            read: "text(Fields(type: TEXT, subtype: PLAIN, parameters: [CHARSET=US-ASCII], encoding: 7BIT, octets: 3028), "
                + "lines: 92)"),
        Row(
            wire: #"("text" "plain" ("charset" "utf-8") "<i@a>" "d" "8bit" 28 2 "md5" ("inline" ("filename" "a b.txt")) "#
                + #"("en" "de") "http://a.example/" 12 ("x" NIL))"#,
            read: "text(Fields(type: text, subtype: plain, parameters: [charset=utf-8], contentID: <i@a>, "
                + "contentDescription: d, encoding: 8bit, octets: 28, md5: md5, disposition: inline; filename=a b.txt, "
                + "languages: [en, de], location: http://a.example/, others: [string(12), list([string(x), nil])]), lines: 2)"),
        Row(
            wire: #"("image" "png" ("name" "a.png") NIL NIL "base64" 40 NIL ("attachment" NIL) "en")"#,
            read: "basic(Fields(type: image, subtype: png, parameters: [name=a.png], encoding: base64, octets: 40, "
                + "disposition: attachment, languages: [en]))"),
        Row(
            wire: "(\(part)\(part) \"MIXED\" (\"BOUNDARY\" \"b\") (\"inline\" NIL) \"en\" \"l\")",
            read: "multipart(Fields(subtype: MIXED, parameters: [BOUNDARY=b], disposition: inline, languages: [en], "
                + "location: l), parts: [\(partRead), \(partRead)])"),
        Row(
            wire: #"("message" "rfc822" NIL NIL NIL "7bit" 641 (NIL "Re" NIL NIL NIL NIL NIL NIL NIL "<1@a>") "#
                + "\(part) 31 NIL (\"attachment\" NIL) NIL NIL)",
            read: "message(Fields(type: message, subtype: rfc822, encoding: 7bit, octets: 641, disposition: attachment), "
                + "envelope: Envelope(subject: Re, messageID: <1@a>), body: \(partRead), lines: 31)"),
        Row(
            wire: "(\"MESSAGE\" \"GLOBAL\" NIL NIL NIL \"8BIT\" 641 \(noEnvelope) \(part) 31)",
            read: "message(Fields(type: MESSAGE, subtype: GLOBAL, encoding: 8BIT, octets: 641), envelope: Envelope(), "
                + "body: \(partRead), lines: 31)"),
        Row(
            wire: #"("message" "delivery-status" NIL NIL NIL "7bit" 3 NIL NIL NIL NIL)"#,
            read: "basic(Fields(type: message, subtype: delivery-status, encoding: 7bit, octets: 3))"),
        Row(
            wire: "(\"text\" {5}\r\nplain ({7}\r\ncharset {5}\r\nutf-8) NIL NIL \"7bit\" 12 1)",
            read: "text(Fields(type: text, subtype: plain, parameters: [charset=utf-8], encoding: 7bit, octets: 12), lines: 1)"),
    ]) func `what follows the grammar is read without a quirk`(row: Row) { check(row) }

    @Test(arguments: [
        // Exchange and Stalwart put spaces between the parts, and yahoo.co.jp one in front of the last parenthesis.
        Row(
            wire: "(\(part) \(part) \"mixed\")", read: "multipart(Fields(subtype: mixed), parts: [\(partRead), \(partRead)])",
            quirks: [.spaceBetweenParts]),
        Row(
            wire: "( \(part) \"mixed\" NIL NIL )", read: "multipart(Fields(subtype: mixed), parts: [\(partRead)])",
            quirks: [.extraSpace]),
        Row(wire: "(\(part)\"mixed\")", read: "multipart(Fields(subtype: mixed), parts: [\(partRead)])", quirks: [.missingSpace]),
        Row(wire: "(\(part))", read: "multipart(Fields(), parts: [\(partRead)])", quirks: [.missingSubtype]),
        // Gmail, Yandex, qq.com and Dovecot lose the parts of a multipart, each in its way.
        Row(
            wire: #"(("ALTERNATIVE" ("BOUNDARY" "b") NIL NIL)\#(part) "MIXED")"#,
            read: "multipart(Fields(subtype: MIXED), parts: [multipart(Fields(subtype: ALTERNATIVE, "
                + "parameters: [BOUNDARY=b]), parts: []), \(partRead)])", quirks: [.multipartWithoutParts]),
        Row(
            wire: #"("RELATED" NIL ("ATTACHMENT" NIL) NIL)"#,
            read: "multipart(Fields(subtype: RELATED, disposition: ATTACHMENT), parts: [])", quirks: [.multipartWithoutParts]),
        Row(
            wire: #"("ALTERNATIVE")"#, read: "multipart(Fields(subtype: ALTERNATIVE), parts: [])",
            quirks: [.multipartWithoutParts]),
        Row(
            wire: #"(NIL "alternative" ("boundary" "b") NIL NIL NIL)"#,
            read: "multipart(Fields(subtype: alternative, parameters: [boundary=b]), parts: [])",
            quirks: [.nilForString, .multipartWithoutParts]),
        Row(
            wire: #"("multipart" "digest" ("boundary" "b") NIL NIL "7BIT" -1 NIL NIL NIL NIL)"#,
            read: "multipart(Fields(subtype: digest, parameters: [boundary=b], encoding: 7BIT), parts: [])",
            quirks: [.negativeNumber, .multipartWithoutParts]),
        // Types that are no types.
        Row(
            wire: #"( "X-ZIP" ("BOUNDARY" "") NIL NIL "base64" 4096)"#,
            read: "basic(Fields(type: X-ZIP, parameters: [BOUNDARY=], encoding: base64, octets: 4096))",
            quirks: [.extraSpace, .missingSubtype]),
        Row(
            wire: #"("TEXT" ("CHARSET" "x") NIL NIL "base64" 356 5)"#,
            read: "text(Fields(type: TEXT, parameters: [CHARSET=x], encoding: base64, octets: 356), lines: 5)",
            quirks: [.missingSubtype]),
        Row(
            wire: #"("AUDIO" NIL NIL NIL "base64" "356")"#, read: "basic(Fields(type: AUDIO, encoding: base64, octets: 356))",
            quirks: [.stringForNumber, .missingSubtype]),
        Row(
            wire: #"(NIL NIL NIL NIL NIL "7BIT" 563 NIL NIL NIL NIL)"#, read: "basic(Fields(encoding: 7BIT, octets: 563))",
            quirks: [.nilForString]),
        Row(
            wire: #"("MOUNDARY="_006_5D"" "OCTET-STREAM" NIL NIL NIL "base64" 3)"#,
            read: #"basic(Fields(type: MOUNDARY="_006_5D", subtype: OCTET-STREAM, encoding: base64, octets: 3))"#,
            quirks: [.quoteInQuoted]),
        // Fields that have another shape than they should, or are not there. Exchange 2007 and maddy: no encoding.
        Row(
            wire: #"("a" "b" NIL NIL NIL NIL 12)"#, read: "basic(Fields(type: a, subtype: b, octets: 12))",
            quirks: [.nilForString]),
        Row(
            wire: #"("a" "b" NIL NIL NIL 7BIT NIL)"#, read: "basic(Fields(type: a, subtype: b, encoding: 7BIT))",
            quirks: [.atomForString, .nilForNumber]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" (1))"#, read: "basic(Fields(type: a, subtype: b, encoding: 7bit))",
            quirks: [.listForString]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" 99999999999999999999999)"#,
            read: "basic(Fields(type: a, subtype: b, encoding: 7bit))", quirks: [.numberTooLarge]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit")"#, read: "basic(Fields(type: a, subtype: b, encoding: 7bit))",
            quirks: [.bodyFieldMissing]),
        Row(wire: #"("a" "b")"#, read: "basic(Fields(type: a, subtype: b))", quirks: [.bodyFieldMissing]),
        // Parameters. Mail.ru and Exchange 2010: no value.
        Row(
            wire: #"("a" "b" ("boundary" NIL) NIL NIL "7bit" 1)"#,
            read: "basic(Fields(type: a, subtype: b, parameters: [boundary=], encoding: 7bit, octets: 1))",
            quirks: [.nilForString]),
        Row(
            wire: #"("a" "b" ("x" "y" "charset") NIL NIL "7bit" 1)"#,
            read: "basic(Fields(type: a, subtype: b, parameters: [x=y, charset=], encoding: 7bit, octets: 1))",
            quirks: [.parameterWithoutValue]),
        Row(wire: #"("a" "b" () NIL NIL "7bit" 1)"#, read: partRead, quirks: [.listForNIL]),
        Row(wire: #"("a" "b" "charset" NIL NIL "7bit" 1)"#, read: partRead, quirks: [.wordForList]),
        // Lines.
        Row(
            wire: #"("text" "b" NIL NIL NIL "7bit" 1)"#,
            read: "text(Fields(type: text, subtype: b, encoding: 7bit, octets: 1), lines: nil)", quirks: [.bodyFieldMissing]),
        Row(
            wire: #"("text" "b" NIL NIL NIL "7bit" 1 NIL NIL NIL NIL NIL)"#,
            read: "text(Fields(type: text, subtype: b, encoding: 7bit, octets: 1), lines: nil)", quirks: [.nilForNumber]),
        Row(
            wire: #"("text" "b" NIL NIL NIL "7bit" 1 NIL ("inline" NIL) NIL NIL)"#,
            read: "text(Fields(type: text, subtype: b, encoding: 7bit, octets: 1, disposition: inline), lines: nil)",
            quirks: [.bodyFieldMissing]),
        Row(
            wire: #"("text" "b" NIL NIL NIL "7bit" 1 ("inline" NIL))"#,
            read: "text(Fields(type: text, subtype: b, encoding: 7bit, octets: 1, disposition: inline), lines: nil)",
            quirks: [.bodyFieldMissing]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" 1 12 NIL ("attachment" ("filename" "f")))"#,
            read: "basic(Fields(type: a, subtype: b, encoding: 7bit, octets: 1, disposition: attachment; filename=f))",
            quirks: [.unexpectedLines]),
        // Messages. Gmail leaves out what it could not read.
        Row(
            wire: #"("message" "rfc822" NIL NIL NIL "7BIT" 7 NIL NIL NIL)"#,
            read:
                "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7), envelope: nil, body: nil, lines: nil)",
            quirks: [.bodyFieldMissing]),
        Row(
            wire: #"("message" "rfc822" NIL NIL NIL "7BIT" 7 NIL ("attachment" NIL) NIL)"#,
            read: "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7, disposition: attachment), "
                + "envelope: nil, body: nil, lines: nil)", quirks: [.bodyFieldMissing]),
        Row(
            wire: #"("message" "rfc822" NIL NIL NIL "7BIT" 7)"#,
            read:
                "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7), envelope: nil, body: nil, lines: nil)",
            quirks: [.bodyFieldMissing]),
        Row(
            wire: #"("message" "rfc822" NIL NIL NIL "7BIT" 7 NIL NIL 17 NIL)"#,
            read:
                "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7), envelope: nil, body: nil, lines: 17)",
            quirks: [.nilForList, .emptyPart]),
        Row(
            wire: #"("message" "rfc822" NIL NIL NIL "7BIT" 7 NIL () 17 NIL)"#,
            read:
                "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7), envelope: nil, body: nil, lines: 17)",
            quirks: [.nilForList, .emptyPart]),
        Row(
            wire: "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 7 \(noEnvelope) () 0 NIL NIL NIL)",
            read: "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7), envelope: Envelope(), body: nil, "
                + "lines: 0)", quirks: [.emptyPart]),
        Row(
            wire: "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 7 \(noEnvelope) (\"ALTERNATIVE\") 51)",
            read: "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7), envelope: Envelope(), "
                + "body: multipart(Fields(subtype: ALTERNATIVE), parts: []), lines: 51)", quirks: [.multipartWithoutParts]),
        Row(
            wire: "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 7 \(noEnvelope))",
            read: "message(Fields(type: message, subtype: rfc822, encoding: 7BIT, octets: 7), envelope: Envelope(), "
                + "body: nil, lines: nil)", quirks: [.bodyFieldMissing]),
        // Extension data. Exchange writes the disposition without its list, and a description where it is due.
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" 1 NIL "inline" NIL NIL)"#,
            read: "basic(Fields(type: a, subtype: b, encoding: 7bit, octets: 1, disposition: inline))", quirks: [.wordForList]),
        Row(
            wire: "(\(part) \"mixed\" (\"boundary\" \"b\") \"Multipart message\" NIL)",
            read: "multipart(Fields(subtype: mixed, parameters: [boundary=b], contentDescription: Multipart message), "
                + "parts: [\(partRead)])", quirks: [.wordForList]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" 1 NIL (NIL NIL) NIL ())"#,
            read: "basic(Fields(type: a, subtype: b, encoding: 7bit, octets: 1, disposition: NIL))",
            quirks: [.listForNIL, .nilForString]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" 1 NIL ("inline" NIL x) NIL)"#,
            read: "basic(Fields(type: a, subtype: b, encoding: 7bit, octets: 1, disposition: inline))", quirks: [.extraField]),
        // IceWarp.
        Row(
            wire: "(\(part) \"related\" (\"type\" \"x\") NIL (\"inline\" NIL) NIL NIL)",
            read: "multipart(Fields(subtype: related, parameters: [type=x], disposition: inline, others: [nil]), "
                + "parts: [\(partRead)])", quirks: [.misplacedDisposition]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" 1 NIL NIL ("en" NIL "de"))"#,
            read: "basic(Fields(type: a, subtype: b, encoding: 7bit, octets: 1, languages: [en, de]))", quirks: [.nilForString]),
        Row(
            wire: #"("a" "b" NIL NIL NIL "7bit" 1 NIL NIL ("en" ("x" "y") "de"))"#,
            read: "basic(Fields(type: a, subtype: b, encoding: 7bit, octets: 1, languages: [en, de]))",
            quirks: [.listForString]),
        // Nothing to speak of.
        Row(wire: "()", read: "nil", quirks: [.emptyPart]),
        Row(wire: "NIL", read: "nil", quirks: [.emptyPart]),
        Row(wire: "abc", read: "nil", quirks: [.wordForList]),
        Row(
            wire: "(()\(part) \"mixed\")", read: "multipart(Fields(subtype: mixed), parts: [basic(Fields()), \(partRead)])",
            quirks: [.emptyPart]),
        Row(
            wire: "((((",
            read: "multipart(Fields(), parts: [multipart(Fields(), parts: [multipart(Fields(), parts: [basic(Fields())])])])",
            quirks: [.parenthesisNotClosed, .emptyPart, .missingSubtype]),
    ]) func `what servers write otherwise is read with a quirk`(row: Row) { check(row) }

    private func check(_ row: Row) {
        let isWhole = !row.quirks.contains(.parenthesisNotClosed)
        var reader = DeepWire.reader(isWhole ? row.wire + " UID 1" : row.wire)
        let body = BodyStructure.read(&reader)
        #expect(described(body as Any) == row.read)
        #expect(Array(reader.quirks) == row.quirks)
        #expect(String(buffer: reader.rest) == (isWhole ? " UID 1" : ""))
    }

    // MARK: Part numbers

    /// As the example of RFC 9051 §6.4.5.1: 3 is a message with a multipart inside, 4.1 an image, 4.2 a message.
    private static let nested: String = {
        let text = #"("text" "plain" NIL NIL NIL "7bit" 1 1)"#
        let inner = "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 \(noEnvelope) (\(text)\(part) \"mixed\") 9)"
        let single = "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 \(noEnvelope) \(text) 9)"
        return "(\(text)\(part)\(inner)(\(part)\(inner)(\(text)\(text) \"alternative\") \"mixed\")\(single) \"mixed\")"
    }()

    @Test func `every part has its number`() {
        let numbers = DeepWire.structure(Self.nested)?.numberedParts.map { "\($0.number) \($0.part.mediaType)" }
        #expect(
            numbers == [
                "1 text/plain", "2 a/b", "3 message/rfc822", "3.1 text/plain", "3.2 a/b", "4 multipart/mixed", "4.1 a/b",
                "4.2 message/rfc822", "4.2.1 text/plain", "4.2.2 a/b", "4.3 multipart/alternative", "4.3.1 text/plain",
                "4.3.2 text/plain", "5 message/rfc822", "5.1 text/plain",
            ])
    }

    @Test func `a part is found by its number`() {
        let body = DeepWire.structure(Self.nested)
        for (number, part) in body?.numberedParts.map({ $0 }) ?? [] { #expect(body?.part(number) == part) }
        #expect(body?.part("4.2.1")?.mediaType == "text/plain")
        for number in ["0", "6", "1.1", "3.3", "4.0", "5.2", "", ".", "1.", "01x", "4294967297", "-1", "3.1.1"] {
            #expect(body?.part(number) == nil, "\(number)")
        }
    }

    @Test func `a message of one part has the number 1`() {
        let body = DeepWire.structure(Self.part)
        #expect(body?.numberedParts.map { "\($0.number)" } == ["1"])
        #expect(body?.part("1") == body)
        let message = DeepWire.structure(
            "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 \(Self.noEnvelope) (\(Self.part) \"mixed\") 9)")
        #expect(message?.numberedParts.map { "\($0.number)" } == ["1", "1.1"])
    }
}
