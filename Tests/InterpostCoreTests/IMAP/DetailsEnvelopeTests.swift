import NIOCore
import Testing

@testable import InterpostCore

@Suite struct DeepEnvelopeTests {
    /// An envelope in which only one field is of interest.
    private static func envelope(to: String) -> String {
        #"(NIL "s" ((NIL NIL "ann" "a.example")) NIL NIL \#(to) NIL NIL NIL "<1@a>")"#
    }

    @Test func `an envelope as RFC 9051 shows it is read whole`() {
        let (read, quirks) = DeepWire.envelope(
            #"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary" (("Terry Gray" NIL "gray" "#
                + #""cac.example")) (("Terry Gray" NIL "gray" "cac.example")) (("Terry Gray" NIL "gray" "#
                + #""cac.example")) ((NIL NIL "imap" "cac.example")) ((NIL NIL "minutes" "cnri.example")("#
                + #""John Klensin" NIL "KLENSIN" "mit.example")) NIL NIL "<B27397-0100000@cac.example>")"#)
        #expect(
            read == "Envelope(date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT), subject: IMAP4rev2 WG mtg summary, "
                + "from: [Terry Gray <gray@cac.example>], sender: [Terry Gray <gray@cac.example>], "
                + "replyTo: [Terry Gray <gray@cac.example>], to: [imap@cac.example], "
                + "cc: [minutes@cnri.example, John Klensin <KLENSIN@mit.example>], "
                + "messageID: <B27397-0100000@cac.example>)")
        #expect(quirks == [])
    }

    struct Row: CustomTestStringConvertible, Sendable {
        var wire: String
        var read: String
        var quirks: [Quirk] = []
        var testDescription: String { wire }
    }

    @Test(arguments: [
        Row(wire: #"((NIL NIL "bob" "b.example"))"#, read: "[bob@b.example]"),
        Row(wire: "NIL", read: "[]"),
        Row(wire: #"(("Bob" "@x.example,@y.example" "bob" "b.example"))"#, read: "[Bob <bob@b.example>]"),
        Row(wire: #"(("=?utf-8?Q?B=C3=B6b?=" NIL "bob" "b.example"))"#, read: "[Böb <bob@b.example>]"),
        Row(wire: "(({3}\r\nBob NIL {3}\r\nbob \"b.example\"))", read: "[Bob <bob@b.example>]"),
        Row(wire: #"(("Bob \"B\" \\" NIL "bob" "b.example"))"#, read: #"[Bob "B" \ <bob@b.example>]"#),
        // Groups.
        Row(wire: #"((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL))"#, read: "[undisclosed-recipients:, ;]"),
        Row(
            wire: #"((NIL NIL "boys" NIL)(NIL NIL "al" "b.example")(NIL NIL NIL NIL)(NIL NIL "bob" "b.example"))"#,
            read: "[boys:, al@b.example, ;, bob@b.example]"),
        Row(wire: #"((NIL NIL "boys" NIL)(NIL NIL "al" "b.example"))"#, read: "[boys:, al@b.example]", quirks: [.groupNotClosed]),
        Row(wire: "((NIL NIL NIL NIL))", read: "[;]", quirks: [.groupNotClosed]),
        Row(
            wire: #"((NIL NIL "a" NIL)(NIL NIL "b" NIL)(NIL NIL NIL NIL))"#, read: "[a:, b:, ;]", quirks: [.groupNotClosed]),
        // Lists.
        Row(
            wire: #"((NIL NIL "al" "b.example") (NIL NIL "bob" "b.example"))"#, read: "[al@b.example, bob@b.example]",
            quirks: [.spaceBetweenAddresses]),
        Row(wire: "()", read: "[]", quirks: [.listForNIL]),
        Row(wire: "(())", read: "[]", quirks: [.listForNIL]),
        Row(wire: "(NIL)", read: "[]", quirks: [.nilForList]),
        Row(
            wire: #"(NIL (NIL NIL "bob" "b.example"))"#, read: "[bob@b.example]",
            quirks: [.nilForList, .spaceBetweenAddresses]),
        Row(wire: #"("Bob" NIL "bob" "b.example")"#, read: "[Bob <bob@b.example>]", quirks: [.nilForList, .wordForList]),
        Row(wire: #""bob@b.example""#, read: "[bob@b.example]", quirks: [.wordForList]),
        Row(wire: "bob", read: "[bob]", quirks: [.atomForString, .wordForList, .incompleteAddress]),
        Row(wire: #"( (NIL NIL "bob" "b.example") )"#, read: "[bob@b.example]", quirks: [.extraSpace]),
        // Fields of an address.
        Row(wire: #"((NIL "bob" "b.example"))"#, read: "[bob@b.example]", quirks: [.addressFieldCount]),
        Row(wire: #"(("bob" "b.example"))"#, read: "[bob@b.example]", quirks: [.addressFieldCount]),
        Row(wire: #"(("bob@b.example"))"#, read: "[bob@b.example]", quirks: [.addressFieldCount]),
        Row(wire: #"((NIL NIL "bob" "b.example" "x"))"#, read: "[bob@b.example]", quirks: [.addressFieldCount]),
        Row(wire: #"(("Bob" NIL NIL NIL))"#, read: "[Bob <>]", quirks: [.incompleteAddress]),
        Row(wire: #"(("Bob" NIL "bob" NIL))"#, read: "[Bob <bob>]", quirks: [.incompleteAddress]),
        Row(wire: #"((NIL NIL "" "localhost"))"#, read: "[localhost]", quirks: [.incompleteAddress]),
        Row(wire: #"((NIL NIL (bob) "b.example"))"#, read: "[b.example]", quirks: [.listForString, .incompleteAddress]),
        Row(wire: #"((NIL NIL 4711 b.example))"#, read: "[4711@b.example]", quirks: [.atomForString]),
        // Dovecot, Exchange and Cyrus write words where something is missing.
        Row(wire: #"((NIL NIL "bob" "MISSING_DOMAIN"))"#, read: "[bob@MISSING_DOMAIN]", quirks: [.incompleteAddress]),
        Row(
            wire: #"(("Exchange" NIL NIL ".MISSING-HOST-NAME."))"#, read: "[Exchange <.MISSING-HOST-NAME.>]",
            quirks: [.incompleteAddress]),
        Row(wire: #"((NIL NIL "bob" "unspecified-domain"))"#, read: "[bob@unspecified-domain]", quirks: [.incompleteAddress]),
        // Gmail.
        Row(wire: #"((NIL NIL "<bob" "b.example>"))"#, read: "[bob@b.example]", quirks: [.bracketInAddress]),
        Row(wire: #"(("<bob@b.example>" NIL "Bob" NIL))"#, read: "[Bob <bob@b.example>]", quirks: [.bracketInAddress]),
        Row(wire: #"(("Cal <bob@b.example>" NIL "Bob" NIL))"#, read: "[Bob <bob@b.example>]", quirks: [.bracketInAddress]),
        Row(
            wire: #"(("=?utf-8?q?"B=C3=B6b"?=" NIL "bob" "b.example"))"#, read: #"["Böb" <bob@b.example>]"#,
            quirks: [.quoteInQuoted]),
    ]) func `addresses are read`(row: Row) {
        var reader = DeepWire.reader(Self.envelope(to: row.wire))
        let envelope = Envelope.read(&reader)
        #expect(described(envelope?.to as Any) == row.read)
        #expect(Array(reader.quirks) == row.quirks)
        #expect(envelope?.messageID.map(\.description) == "<1@a>")
        #expect(reader.isAtEnd)
    }

    @Test(arguments: [
        // qq.com leaves the bcc out; the Message-ID comes last all the same.
        Row(
            wire: #"(NIL "s" NIL NIL NIL NIL ((NIL NIL "a" "b.example")) "<0@a>" "<1@a>")"#,
            read: "Envelope(subject: s, cc: [a@b.example], inReplyTo: <0@a>, messageID: <1@a>)", quirks: [.envelopeFieldMissing]),
        Row(
            wire: #"(NIL "s" NIL NIL NIL NIL NIL NIL "<1@a>")"#, read: "Envelope(subject: s, messageID: <1@a>)",
            quirks: [.envelopeFieldMissing]),
        Row(
            wire: #"(NIL "s" NIL NIL NIL NIL NIL ((NIL NIL "a" "b.example")) "<0@a>")"#,
            read: "Envelope(subject: s, bcc: [a@b.example], inReplyTo: <0@a>)", quirks: [.envelopeFieldMissing]),
        Row(
            wire: #"(NIL "s" NIL NIL NIL NIL NIL "<1@a>")"#, read: "Envelope(subject: s, messageID: <1@a>)",
            quirks: [.envelopeFieldMissing]),
        Row(wire: #"(NIL "s")"#, read: "Envelope(subject: s)", quirks: [.envelopeFieldMissing]),
        Row(wire: "()", read: "Envelope()", quirks: [.envelopeFieldMissing]),
        Row(
            wire: #"(NIL "s" NIL NIL NIL NIL NIL NIL NIL "<1@a>" (x "y") z)"#, read: "Envelope(subject: s, messageID: <1@a>)",
            quirks: [.extraField]),
        // Mail.ru and Proton write () for NIL, and "" for no in-reply-to.
        Row(
            wire: #"("" "s" () () () () () () "" "<1@a>")"#, read: "Envelope(subject: s, messageID: <1@a>)",
            quirks: [.listForNIL]),
        Row(
            wire: "(NIL 12 NIL NIL NIL NIL NIL NIL NIL x)", read: "Envelope(subject: 12, messageID: x)", quirks: [.atomForString]),
        Row(wire: "(NIL (s) NIL NIL NIL NIL NIL NIL NIL NIL)", read: "Envelope()", quirks: [.listForString]),
        Row(
            wire: "(NIL {6}\r\na\r\nb\u{E9} NIL NIL NIL NIL NIL NIL NIL {5}\r\n<1@a>)",
            read: "Envelope(subject: a\r\nb\u{E9}, messageID: <1@a>)"),
        Row(
            wire: #"(NIL"s"NIL NIL NIL NIL NIL NIL NIL "<1@a>" )"#, read: "Envelope(subject: s, messageID: <1@a>)",
            quirks: [.extraSpace, .missingSpace]),
        Row(
            wire: #"(NIL "caf\#u{E9}" NIL NIL NIL NIL NIL NIL NIL NIL)"#, read: "Envelope(subject: café)",
            quirks: [.eightBitInQuoted]),
        Row(
            wire: #"(NIL "cut off"#, read: "Envelope(subject: cut off)",
            quirks: [.quoteNotClosed, .parenthesisNotClosed, .envelopeFieldMissing]),
        Row(wire: "NIL", read: "nil", quirks: [.nilForList]),
        Row(wire: "abc", read: "nil", quirks: [.wordForList]),
    ]) func `fields of an envelope are read`(row: Row) {
        let (read, quirks) = DeepWire.envelope(row.wire)
        #expect(read == row.read)
        #expect(quirks == row.quirks)
    }

    /// Two readers of one text must not differ.
    @Test(arguments: 0..<500) func `the identity is the same as in the whole envelope`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let fields = [
            "NIL", #""s""#, "x", "()", "(())", #"((NIL NIL "a" "b"))"#, #"((NIL NIL "a" "b") (c))"#, #""<1@a>""#, "(a", "12",
        ]
        let count = Int.random(in: 0...12, using: &random)
        let wire = "(" + (0..<count).map { _ in fields.randomElement(using: &random) ?? "" }.joined(separator: " ") + ") UID 1"
        var whole = DeepWire.reader(wire)
        var quick = DeepWire.reader(wire)
        let envelope = Envelope.read(&whole)
        let identity = Envelope.identity(of: &quick)
        #expect(identity.messageID == envelope?.messageID?.bytes)
        #expect(identity.subject == envelope?.subject?.bytes)
        #expect(quick.rest == whole.rest)
    }

    @Test func `the identity stops behind the envelope`() {
        var reader = DeepWire.reader(#"(NIL "s" NIL NIL NIL NIL NIL NIL NIL "<1@a>") UID 7)"#)
        let identity = Envelope.identity(of: &reader)
        #expect(identity.messageID == ByteBuffer(string: "<1@a>"))
        #expect(identity.subject == ByteBuffer(string: "s"))
        #expect(String(buffer: reader.rest) == " UID 7)")
    }

    @Test func `the date of an envelope is a moment`() {
        var reader = DeepWire.reader(#"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" NIL NIL NIL NIL NIL NIL NIL NIL NIL)"#)
        #expect(Envelope.read(&reader)?.sent?.secondsSinceEpoch == 837_595_405)
    }

    @Test func `a subject too long to be kept is not there, and does not shift the rest`() {
        let wire = "(NIL {5000}\r\n" + String(repeating: "x", count: 5000) + #" NIL NIL NIL NIL NIL NIL NIL "<1@a>")"#
        var reader = DeepWire.reader(wire)
        let identity = Envelope.identity(of: &reader)
        #expect(identity.subject == nil)
        #expect(identity.messageID == ByteBuffer(string: "<1@a>"))
        #expect(DeepWire.envelope(wire).read == "Envelope(subject: [5000 octets], messageID: <1@a>)")
    }
}
