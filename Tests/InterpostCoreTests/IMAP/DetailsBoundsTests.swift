import NIOCore
import Testing

@testable import InterpostCore

/// What hostile bytes must not do to the deep readers: crash them, make them slow, or make what they return large. Where
/// the work grows with the square, these sizes take minutes, and a megabyte takes hours.
@Suite struct DeepBoundsTests {
    private static let size = 1 << 15

    private static func repeated(_ text: String, size: Int = size) -> String {
        String(repeating: text, count: size / text.utf8.count)
    }

    private static func read(_ bytes: ByteBuffer) {
        let text = IMAPText(line: bytes)
        var reader = IMAPReader(text)
        _ = Envelope.read(&reader)
        reader = IMAPReader(text)
        _ = Envelope.identity(of: &reader)
        reader = IMAPReader(text)
        _ = BodyStructure.read(&reader)
    }

    @Test(arguments: ["(", "(\"a\" \"b\" ("]) func `a megabyte is read in a moment`(filler: String) {
        Self.read(ByteBuffer(string: Self.repeated(filler, size: 1 << 20)))
    }

    @Test(arguments: [
        "(", ")", "()", "( ", "(\"", "\"", "\"\" ", "\"a\"b", "\\", "NIL ", "(NIL ", "((NIL NIL \"a\" \"b\")", "(a)", "a ", "{1}",
        "{3}\r\n",
        "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 1 (NIL) ", "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 1 NIL NIL ",
        "(\"a\" (", "(\"a\" NIL ", "(NIL \"a\" ", "(\"text\" \"plain\" (\"a\" ", "((\"a\" \"b\" NIL NIL NIL NIL 1)", "\u{E9}",
        "\t", "1 ", "-1 ",
        "(\"a\" \"b\" NIL NIL NIL \"c\" 1 NIL NIL (",
    ]) func `a long line of anything is read in a moment`(filler: String) {
        for beginning in ["", "(NIL NIL ", "(\"a\" \"b\" ("] {
            Self.read(ByteBuffer(string: beginning + Self.repeated(filler)))
        }
    }

    @Test func `100,000 parentheses are cut off at the depth that was asked for`() {
        let wire = String(repeating: "(", count: 100_000)
        for depth in [-1, 0, 1, 10, BodyStructure.standardDepth, 1_000_000] {
            var reader = DeepWire.reader(wire)
            let body = BodyStructure.read(&reader, maximumDepth: depth)
            #expect(Self.depth(of: body) == min(max(0, depth), BodyStructure.greatestDepth))
            #expect(reader.quirks.contains(.nestedTooDeep))
            #expect(reader.isAtEnd)
        }
    }

    private static func depth(of body: BodyStructure?) -> Int {
        var depth = 0
        var body = body
        while let here = body, here != .basic(.init()) {
            depth += 1
            switch here {
            case .multipart(_, let parts): body = parts.first
            case .message(_, _, let inner, _): body = inner
            case .basic, .text: body = nil
            }
        }
        return depth
    }

    /// `levels` multiparts around each other, and one part inside.
    private static func nested(_ levels: Int) -> String {
        String(repeating: "(", count: levels) + #"("a" "b" NIL NIL NIL "7bit" 1)"#
            + String(repeating: #" "mixed")"#, count: levels)
    }

    @Test func `nesting is read up to the limit, and not beyond`() {
        for (levels, isCut) in [(4, false), (5, true)] {
            var reader = DeepWire.reader(Self.nested(levels) + " UID 1")
            let body = BodyStructure.read(&reader, maximumDepth: 5)
            #expect(reader.quirks.contains(.nestedTooDeep) == isCut)
            #expect(body?.numberedParts.map(\.part.mediaType).last == (isCut ? "?/?" : "a/b"))
            #expect(String(buffer: reader.rest) == " UID 1")
        }
        let messages = Self.messages(30)
        #expect(Self.depth(of: DeepWire.structure(messages, maximumDepth: 31)) == 31)
        #expect(Self.depth(of: DeepWire.structure(messages, maximumDepth: 30)) == 30)
    }

    private static func messages(_ levels: Int) -> String {
        String(repeating: #"("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL) "#, count: levels) + #"("a" "b" NIL NIL NIL "7bit" 1)"#
            + String(repeating: " 1)", count: levels)
    }

    @Test func `parts are read up to the limit, and not beyond`() {
        for count in [BodyStructure.maximumParts - 1, BodyStructure.maximumParts] {
            var reader = DeepWire.reader("(" + String(repeating: "(a b)", count: count) + " mixed) UID 1")
            let body = BodyStructure.read(&reader)
            #expect(body?.numberedParts.reduce(0) { count, _ in count + 1 } == BodyStructure.maximumParts - 1)
            #expect(reader.quirks.contains(.listTooLong) == (count == BodyStructure.maximumParts))
            #expect(String(buffer: reader.rest) == " UID 1")
        }
    }

    @Test func `addresses are read up to the limit, and not beyond`() {
        for count in [Address.maximumCount, Address.maximumCount + 1] {
            var reader = DeepWire.reader("(NIL NIL (" + String(repeating: "(NIL NIL a b)", count: count) + ") NIL) UID 1")
            let envelope = Envelope.read(&reader)
            #expect(envelope?.from.count == Address.maximumCount)
            #expect(reader.quirks.contains(.listTooLong) == (count > Address.maximumCount))
            #expect(String(buffer: reader.rest) == " UID 1")
        }
    }

    @Test func `a long sequence set costs no memory`() {
        let set = SequenceSet(Self.repeated("1,"))
        #expect(set.count == Self.size / 2)
        #expect(!set.contains(2))
        #expect(set.ranges().reduce(0) { count, _ in count + 1 } == Self.size / 2)
        #expect(set.runs(besides: set).reduce(0) { count, _ in count + 1 } == Self.size / 2)
        for filler in [",", ":", "1", "*,", "$", "1:4294967295,", "x", "0,"] {
            let set = SequenceSet(Self.repeated(filler))
            #expect(set.count <= Int(UInt32.max))
            _ = set.quirks
        }
    }

    @Test(arguments: ["&", "&A", "&AAA", "&AAA-", "A", "-", "&-", "\u{E9}", "&2D3eCQ-", "&2D0-", "&,,,,"])
    func `a long mailbox name is decoded in a moment`(filler: String) {
        let name = ByteBuffer(string: Self.repeated(filler))
        let (text, _) = ModifiedUTF7.decode(name)
        // Each octet of the text comes from one of the name, but for replacement characters, three for 2.67 octets.
        #expect(text.readableBytes <= name.readableBytes * 2)
        _ = ModifiedUTF7.encode(String(buffer: text))
    }

    @Test(arguments: ["a:b\r\n", ":", "a:\r\n ", "\r\n ", "a", "a ", " ", "\n", "a:b\n\t", "\r"])
    func `a long header is read in a moment`(filler: String) {
        let header = HeaderFields(ByteBuffer(string: Self.repeated(filler)))
        var octets = 0
        for field in header { octets += field.value.readableBytes }
        #expect(octets <= Self.size)
        #expect(header["X-MISSING"] == nil)
    }

    @Test(arguments: ["=?", "=?utf-8?q?", "=?utf-8?q?a?=", "=?utf-8?b?YQ==?= ", "=", "?", "=?x?", "=?utf-8?q?=", "\u{E9}"])
    func `a long text of encoded words is cut`(filler: String) {
        let text = ByteBuffer(string: Self.repeated(filler))
        #expect(EncodedWords.decode(text).utf8.count <= EncodedWords.standardLimit * 3 + 3)
        _ = EncodedWords.decode(text, limit: .max)
    }

    @Test(arguments: ["(", "1", " ", "-", "Jan ", "1 ", ":", ",", "()", "\\("])
    func `a long date is none`(filler: String) {
        let text = ByteBuffer(string: Self.repeated(filler))
        #expect(MessageDate(text) == nil)
        #expect(IMAPDate.read(text).date == nil)
    }

    /// Noise made of the words that the readers look for.
    @Test(arguments: 0..<400) func `noise is read to its end`(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "(", ")", "(", ")", " ", " ", "\"", "NIL", "nil", "\"text\"", "\"message\"", "\"rfc822\"", "\"multipart\"", "\"a\"",
            "12", "-1", "\\",
            "{3}", "\"7bit\"", "a", "()", "\t", "\u{E9}", "(NIL NIL \"a\" \"b\")", "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)",
            "\"12\"", "<a@b>", ",",
        ]
        let count = Int.random(in: 0...120, using: &random)
        let wire = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined()
        for beginning in ["", "(", "((", "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 1 ", "(NIL NIL "] {
            let text = IMAPText(line: ByteBuffer(string: beginning + wire))
            var reader = IMAPReader(text)
            let body = BodyStructure.read(&reader)
            #expect(Self.depth(of: body) <= BodyStructure.standardDepth)
            if let body {
                for (number, part) in body.numberedParts { #expect(body.part(number) == part) }
            }
            var whole = IMAPReader(text)
            let envelope = Envelope.read(&whole)
            var quick = IMAPReader(text)
            let identity = Envelope.identity(of: &quick)
            // A quote that nobody escaped may hide a parenthesis from the one that skips.
            guard !whole.quirks.contains(.quoteInQuoted) else { continue }
            #expect(identity.subject == envelope?.subject?.bytes)
            #expect(identity.messageID == envelope?.messageID?.bytes)
        }
    }

    /// They stand in arrays and enums of what passes.
    @Test func `what is stored is small`() {
        #expect(MemoryLayout<BodyStructure?>.size == 8)
        #expect(MemoryLayout<Address>.size <= 160)
        #expect(MemoryLayout<Envelope>.size <= 208)
        #expect(MemoryLayout<IMAPDate>.size <= 16)
    }
}
