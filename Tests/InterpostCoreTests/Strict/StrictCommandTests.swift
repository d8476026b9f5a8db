import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `What the gate reads strictly` {
    private func written(_ text: String, literals: CommandWriter.Literals = .none, awaitingMessage: Bool = false) throws
        -> String?
    {
        let command = try StrictCommand(reading: strictText(text, awaitingMessage: awaitingMessage))
        return CommandWriter(literals: literals).write(command).map { $0.segments.map { String(buffer: $0) }.joined() }
    }

    @Test(arguments: StrictTable.accepted) func `is written in one spelling`(_ sent: String, _ expected: String?) throws {
        #expect(try written(sent) == (expected ?? sent) + "\r\n")
    }

    @Test(arguments: StrictTable.messageCommands)
    func `ends with the announcement of a message`(_ sent: String, _ expected: String?) throws {
        #expect(try written(sent, awaitingMessage: true) == expected ?? sent)
    }

    @Test(arguments: StrictTable.unwritten) func `and only looks at the form of is never written`(_ sent: String) throws {
        #expect(try written(sent) == nil)
    }

    private func kind(_ text: String) -> StrictRefusal.Kind? {
        do {
            _ = try StrictCommand(reading: strictText(text, awaitingMessage: true))
            return nil
        } catch { return error.kind }
    }

    @Test(arguments: StrictTable.malformed) func `is refused where the grammar has something else`(_ sent: String) {
        #expect(kind(sent) == .malformed)
    }

    @Test(arguments: StrictTable.unknown) func `is refused where no such verb is known`(_ sent: String) {
        #expect(kind(sent) == .unknown)
    }

    @Test(arguments: StrictTable.unsupported) func `is refused where an option is not known`(_ sent: String) {
        #expect(kind(sent) == .unsupported)
    }

    @Test func `and refuses has its tag and name, and quotes nothing`() {
        #expect(
            throws: StrictRefusal(
                .malformed, tag: ByteBuffer(string: "a1"), name: CommandName(keyword: Keyword("FETCH"), usesUIDs: true),
                reason: "two spaces")
        ) {
            try StrictCommand(reading: strictText("a1 UID FETCH  1 FLAGS"))
        }
    }

    @Test func `read again says the same`() throws {
        for (sent, _) in StrictTable.accepted {
            let once = try #require(try written(sent))
            #expect(try written(String(once.utf8.dropLast(2)) ?? "") == once)
        }
        for (sent, _) in StrictTable.messageCommands {
            let once = try #require(try written(sent, awaitingMessage: true))
            #expect(try written(once, awaitingMessage: true) == once)
        }
    }

    @Test func `is one command, whatever was mutated`() throws {
        var generator = SeededGenerator(seed: 5)
        let alphabet = Array("\r\n\0\t \"\\(){}[]<>*%$+~,:;.-=019aZ\u{FC}".utf8)
        var accepted = 0
        for (sent, _) in StrictTable.accepted {
            for _ in 0..<60 {
                var bytes = Array(sent.utf8)
                for _ in 0..<Int.random(in: 1...2, using: &generator) {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[index] = alphabet.randomElement(using: &generator) ?? 0
                    case 1: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                    default: if bytes.count > 1 { bytes.remove(at: index) }
                    }
                }
                guard let command = try? StrictCommand(reading: strictText(bytes: ByteBuffer(bytes: bytes))) else { continue }
                for literals in [CommandWriter.Literals.none, .minus, .plus] {
                    guard let once = CommandWriter(literals: literals).write(command) else { continue }
                    accepted += 1
                    try expectOneCommand(once, like: command, literals: literals)
                }
            }
        }
        #expect(accepted > 1000)
    }

    /// Reads what was written back, and looks at the lines themselves.
    private func expectOneCommand(_ written: WrittenCommand, like command: StrictCommand, literals: CommandWriter.Literals) throws
    {
        var whole = ByteBuffer()
        for (index, segment) in written.segments.enumerated() {
            whole.writeImmutableBuffer(segment)
            if index < written.segments.count - 1 { #expect(String(buffer: segment).utf8.suffix(3).elementsEqual("}\r\n".utf8)) }
        }
        whole.moveWriterIndex(to: whole.writerIndex - (written.messageLiteral == nil ? 2 : 0))
        let text = strictText(bytes: whole, awaitingMessage: written.messageLiteral != nil)
        var lines = text.bytes
        for literal in text.literals {
            let line = lines.readSlice(length: literal.position - lines.readerIndex)
            #expect(line?.readableBytesView.dropLast(2).contains { $0 < 0x20 || $0 >= 0x7F } == false)
        }
        #expect(!lines.readableBytesView.contains { $0 < 0x20 || $0 >= 0x7F })
        let again = try StrictCommand(reading: text)
        #expect(CommandWriter(literals: literals).write(again) == written)
        #expect(again.name == command.name)
    }

    // MARK: Limits

    @Test func `has as many octets, elements and lists as the limits say, and one more is refused`() {
        func limit(_ make: (Int) -> String, _ count: Int) {
            #expect(kind(make(count)) == nil)
            #expect(kind(make(count + 1)) == .malformed)
        }
        limit({ String(repeating: "t", count: $0) + " NOOP" }, StrictCommand.maximumTag)
        limit({ "a DELETE " + String(repeating: "x", count: $0 - 9) }, StrictReader.maximumLine)
        limit({ "a FETCH 1 (" + Array(repeating: "UID", count: $0).joined(separator: " ") + ")" }, StrictReader.maximumElements)
        limit(
            { "a SEARCH " + String(repeating: "(", count: $0) + "ALL" + String(repeating: ")", count: $0) },
            StrictReader.maximumDepth)
        limit({ "a SEARCH " + String(repeating: "NOT ", count: $0) + "ALL" }, StrictReader.maximumOperators)
        limit({ "a XFER " + String(repeating: "(", count: $0) + String(repeating: ")", count: $0) }, StrictReader.maximumDepth)
        limit({ "a LOGIN u {\($0)}\r\n" + String(repeating: "x", count: $0) }, StrictReader.maximumLiterals)
        limit(
            {
                "a FETCH 1" + String(repeating: ",1", count: ($0 - 15) / 2) + String(repeating: "0", count: ($0 - 15) % 2)
                    + " FLAGS"
            }, StrictReader.maximumText)
    }

    @Test func `is written with literals where quotes will not do, as the server takes them`() throws {
        let long = "a LOGIN u {1001}\r\n" + String(repeating: "x", count: 1001)
        #expect(
            try written("a LOGIN u \"" + String(repeating: " ", count: 1000) + "\"") == "a LOGIN u \""
                + String(repeating: " ", count: 1000) + "\"\r\n")
        #expect(try written(long) == long + "\r\n")
        #expect(try written(long, literals: .minus)?.contains("{1001+}") == true)
        for (count, marker) in [(4096, "{4096+}"), (4097, "{4097}")] {
            let sent = "a LOGIN u {\(count)}\r\n" + String(repeating: "x", count: count)
            #expect(try written(sent, literals: .minus)?.contains(marker) == true)
            #expect(try written(sent, literals: .plus)?.contains("{\(count)+}") == true)
        }
        let command = try StrictCommand(reading: strictText(long))
        #expect(CommandWriter(literals: .none).write(command)?.segments.count == 2)
        #expect(CommandWriter(literals: .plus).write(command)?.segments.count == 1)
    }

    @Test func `is not read from a text that was cut short, or whose literal did not come`() {
        var text = strictText("a NOOP")
        text.isCutShort = true
        #expect(throws: StrictRefusal.self) { try StrictCommand(reading: text) }
        var literal = strictText("a DELETE {3}\r\nabc")
        literal.literals[0].octets = nil
        #expect(throws: StrictRefusal.self) { try StrictCommand(reading: literal) }
    }
}

@Suite struct `A raw line of a client` {
    @Test(arguments: [
        "a NOOP\r\n", "a LOGIN \"{3}\"\r\n", "a LOGIN \"{3+}\" x\r\n", "a LOGIN \"\\\"{3}\"\r\n", "a LOGIN x}\r\n",
    ]) func `announces nothing where no brace stands outside quotes`(_ line: String) {
        #expect(StrictLiteral.announcement(endOf: ByteBuffer(string: line), isFirst: true) == .none)
    }

    @Test(arguments: [
        "{3}\r\n", "a {3}\r\n", "a UID {3}\r\n", "a LOGIN {}\r\n", "a LOGIN {+}\r\n", "a LOGIN {03}\r\n", "a LOGIN {3 }\r\n",
        "a LOGIN { 3}\r\n",
        "a LOGIN {3}\n", "a LOGIN {3} \r\n", "a LOGIN {3}\r\r\n", "a LOGIN {3-}\r\n", "a LOGIN {+3}\r\n", "a LOGIN {3++}\r\n",
        "a LOGIN {4294967296}\r\n",
        "a LOGIN {18446744073709551634+}\r\n", "a LOGIN x{3}\r\n", "a LOGIN \"\"{3}\r\n", "a LOGIN \"{3}\r\n",
        "a LOGIN {3} {3}\r\n", "a LOGIN {3\r\n",
    ]) func `is malformed where a server could see an announcement`(_ line: String) {
        #expect(StrictLiteral.announcement(endOf: ByteBuffer(string: line), isFirst: true) == .malformed)
    }

    @Test func `announces a literal in one of four forms`() {
        func read(_ line: String, isFirst: Bool = true) -> StrictLiteral.Reading {
            StrictLiteral.announcement(endOf: ByteBuffer(string: line), isFirst: isFirst)
        }
        #expect(read("a LOGIN {3}\r\n") == .announced(.init(length: 3)))
        #expect(read("a ID ({3+}\r\n") == .announced(.init(length: 3, isNonSynchronising: true)))
        #expect(read("a APPEND x ~{0}\r\n") == .announced(.init(length: 0, isBinary: true)))
        #expect(
            read(" ~{4294967295+}\r\n", isFirst: false)
                == .announced(.init(length: 4_294_967_295, isNonSynchronising: true, isBinary: true)))
        #expect(read(" {3}\r\n") == .malformed)
    }

    @Test func `has a tag and a verb that can be judged before the rest comes`() {
        let head = StrictCommand.head(of: ByteBuffer(string: "a uid store 1 {3}\r\n"))
        #expect(head?.name == Keyword("STORE"))
        #expect(head?.usesUIDs == true)
        #expect(StrictCommand.head(of: ByteBuffer(string: "a  NOOP\r\n")) == nil)
        #expect(StrictCommand.tag(of: ByteBuffer(string: "a1  NOOP\r\n")) == ByteBuffer(string: "a1"))
        #expect(StrictCommand.tag(of: ByteBuffer(string: "a+ NOOP\r\n")) == nil)
    }
}
