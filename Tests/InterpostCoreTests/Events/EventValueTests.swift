import NIOCore
import TestSupport
import Testing

@testable import InterpostCore

/// What stands in `values` is what the line says, as much of it as fits, and nothing that the line does not show.
@Suite struct `The values of events` {
    @Test(arguments: ValueExample.all) func `are those of the schema's example`(example: ValueExample) throws {
        let schema = try EventSchema()
        let line = try example.line()
        let found = try JSON(reading: line)
        #expect(schema.problems(of: found) == [])
        let expected = schema.definition(example.testDescription)?["examples"]?.elements ?? []
        #expect(expected == [found], "it should be \(String(decoding: line, as: UTF8.self))")
    }

    @Test func `have an example of each kind`() throws {
        let schema = try EventSchema()
        let kinds = ["commandValues", "answerValues"].flatMap { schema.choices($0) }
        #expect(Set(kinds) == Set(ValueExample.all.map(\.testDescription)))
        #expect(kinds.count == ValueExample.all.count)
    }

    // MARK: - Levels

    /// The lines of a session at a detail.
    private static func log(of fixture: WireFixture, _ detail: LogEvent.Detail, singly: Bool = false) -> [LogEvent] {
        var reading = Reading(fixture.mailProtocol, detail: detail)
        for (side, bytes) in fixture.said {
            if singly {
                for byte in bytes.readableBytesView { reading.receive(ByteBuffer(bytes: [byte]), from: side) }
            } else {
                reading.receive(bytes, from: side)
            }
        }
        return reading.log
    }

    @Test(arguments: WireFixture.all) func `are beside what the detail responses tells, and change nothing of it`(
        fixture: WireFixture
    ) {
        let less = Self.log(of: fixture, .responses)
        let bare = Self.log(of: fixture, .values).map { event in if case .valued(let event, _) = event { event } else { event } }
        #expect(less.map(\.json) == bare.map(\.json))
        for event in less { if case .valued = event { Issue.record("values at the detail responses: \(event.summary)") } }
    }

    @Test(arguments: WireFixture.all) func `are the same when octets come one at a time`(fixture: WireFixture) {
        #expect(Self.log(of: fixture, .values, singly: true).map(\.json) == Self.log(of: fixture, .values).map(\.json))
    }

    @Test func `are told of most of what is known to have any`() {
        let kinds = WireFixture.all.flatMap { Self.log(of: $0, .values) }.compactMap { event -> String? in
            guard case .valued = event else { return nil }
            return (try? JSON(reading: event.json))?["values"]?["kind"]?.text
        }
        #expect(kinds.count > 300)
        #expect(Set(kinds).count > 25, "\(Set(kinds).sorted())")
    }

    // MARK: - Against the text

    @Test(arguments: WireFixture.all) func `agree with the line`(fixture: WireFixture) throws {
        let wire = Side.allCases.map { String(decoding: fixture.bytes(of: $0), as: UTF8.self) }.joined()
        for event in Self.log(of: fixture, .values) {
            guard case .valued = event else { continue }
            let line = try JSON(reading: event.json)
            let shown = ["arguments", "text", "code"].compactMap { line[$0]?.text }.joined(separator: " ")
            // Octets of literals, and what is told by its size only, are elsewhere in the session.
            let isAllThere = !shown.contains("{") && !shown.contains(" octets]") && !shown.contains("[redacted]")
            ValueCheck(text: isAllThere ? shown : wire, place: event.summary).check(try #require(line["values"]))
        }
    }

    // MARK: - Bounds

    private static let long: String = [
        #"* 1 FETCH (UID 7 FLAGS (\Seen $a) ENVELOPE ("d" "s" (("n" NIL "m" "h")(NIL NIL "o" "i")) NIL NIL NIL NIL NIL NIL "<x>")"#,
        #"BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 12 1)("IMAGE" "PNG" NIL NIL NIL "BASE64" 40) "MIXED"))"#,
    ].joined(separator: " ")

    private static func values(of line: String, limit: Int) -> EventValues? {
        let response = IMAPResponse(reading: IMAPText(line: ByteBuffer(string: line)))
        let (data, quirks) = response.read()
        return EventValues(
            response, data, isStrict: quirks.isEmpty, without: LogRedactor(), namesAreUTF8: false, limit: limit)
    }

    @Test(arguments: [
        long, "* LIST (\\A \\B) \"/\" x (CHILDINFO (\"SUBSCRIBED\")) ", "* THREAD (3 6 (4 23)(44 7 96))",
        "* ESEARCH (TAG \"a\") UID PARTIAL (1:2 5:6) ALL 1,2,3 ", "* QUOTA \"\" (STORAGE 10 512 MESSAGE 3 4)",
        "* NAMESPACE ((\"\" \"/\")) NIL ((\"#s/\" \"/\")(\"#t/\" NIL))",
    ])
    func `are whole at their own length, and cut to what fits below it`(line: String) throws {
        let schema = try EventSchema()
        let whole = try #require(Self.values(of: line, limit: .max))
        let length = whole.json.readableBytes
        #expect(!whole.isTruncated)
        #expect(Self.values(of: line, limit: length) == whole)
        // What says which mailbox it is about fits into the real limit whatever its name is.
        let least = line.contains("LIST") ? 80 : line.contains("ESEARCH") ? 40 : line.contains("QUOTA") ? 30 : 20
        for limit in 0..<length {
            guard let values = Self.values(of: line, limit: limit) else { continue }
            #expect(values.isTruncated)
            #expect(values.json.readableBytes <= limit, "\(limit)")
            guard limit >= least else { continue }
            let event = LogEvent.response(name: "X", number: nil, text: ByteBuffer()).with(values)
            #expect(schema.problems(of: event.json) == [], "\(limit): \(String(buffer: values.json))")
        }
    }

    @Test func `stop at the limit, and say so`() throws {
        let numbers = (1...20_000).map(\.description).joined(separator: " ")
        let values = try #require(Self.values(of: "* SEARCH \(numbers) ", limit: EventValues.maximumOctets))
        #expect(values.isTruncated)
        let length = values.json.readableBytes
        #expect(length <= EventValues.maximumOctets && length > EventValues.maximumOctets - 8)
        let told = try JSON(reading: LogEvent.idleBegan.with(values).json)
        #expect(told["truncated"] == .boolean(true))
        #expect(try JSON(reading: LogEvent.idleBegan.with(Self.values(of: "* SEARCH 1 ", limit: 1000)).json)["truncated"] == nil)
    }

    @Test(arguments: [1, 17, 18, 19, 20, 38, 39, 63, 64, 65, 200]) func `are nested no deeper than is said`(depth: Int) throws {
        let line = "* THREAD " + String(repeating: "(1 ", count: depth) + "2" + String(repeating: ")", count: depth) + ""
        let values = try #require(Self.values(of: line, limit: .max))
        let deepest = String(buffer: values.json).reduce(into: (now: 0, most: 0)) { depth, character in
            if "{[".contains(character) { depth.now += 1 }
            if "}]".contains(character) { depth.now -= 1 }
            depth.most = max(depth.most, depth.now)
        }
        #expect(deepest.most <= EventValues.maximumDepth && deepest.now == 0)
        // A thread is an object in a list with a list in it.
        #expect(values.isTruncated == (2 * depth + 2 > EventValues.maximumDepth))
    }

    // MARK: - What is not told

    /// Behind a login with the password `sesame`.
    private static func lines(of transcript: String) throws -> [JSON] {
        let text = "S: * OK hi\nC: z LOGIN anna sesame\nS: z OK\n" + transcript
        var reading = Reading(.imap, detail: .values)
        for line in try Transcript(reading: ByteBuffer(string: text)).lines {
            if case .say(let side, let bytes) = line.step { reading.receive(bytes, from: side) }
        }
        return try reading.log.suffix(1).map { try JSON(reading: $0.json) }
    }

    @Test(arguments: [
        "C: a SETMETADATA INBOX (/private/comment mine)", "C: a XPROXY anna x", "C: a NOOP more", "C: a FETCH x", "C: sesame a",
        "C: a SETANNOTATION INBOX /comment (value.priv mine)", "C: a GENURLAUTH imap://x INTERNAL",
        "C: a URLFETCH imap://x;URLAUTH=anonymous:internal:00", "C: a SELECT sesame", "C: a SEARCH TEXT sesame FROM anna",
        "C: a STORE 1 ANNOTATION (/comment (value.priv mine))",
        "S: * GENURLAUTH imap://x", "S: * XSTATS a b", "S: * URLFETCH imap://x {1}\nS: a", "S: * WHATEVER 1 2",
        "S: * OK [UNKNOWN-CODE sesame] x", "S: * OK [REFERRAL imap://anna;AUTH=*@x/] x", "S: * BAD [ALERT] x",
        "S: * OK [ALERT] your password is sesame", "S: * LIST () \"/\" sesame", "S: * FLAGS (a sesame b)",
        "S: * 1 FETCH (FLAGS (a) BODY[TEXT] \"x\" FLAGS (b))", "S: * METADATA INBOX (/private/comment mine",
        "S: * 1 FETCH (UID 3 ENVELOPE (NIL \"sesame\" NIL NIL NIL NIL NIL NIL NIL NIL))",
    ])
    func `are not there where the line is not shown`(transcript: String) throws {
        for line in try Self.lines(of: transcript) { #expect(line["values"] == nil, "\(line)") }
    }

    /// RFC 9755: from then on names are UTF-8, and `&` is a letter like others.
    @Test(arguments: [
        ("", "Entw&APw-rfe", "Entwürfe"), (enabling, "Entwürfe", "Entwürfe"), (enabling, "Entw&APw-rfe", "Entw&APw-rfe"),
    ])
    func `name mailboxes in UTF-8 once that is enabled`(before: String, raw: String, name: String) throws {
        let line = try #require(try Self.lines(of: before + "C: b LIST \"\" *\nS: * LIST () \"/\" \"\(raw)\"").first)
        let mailbox = try #require(line["values"]?["mailbox"])
        #expect(mailbox["name"]?.text == name && mailbox["raw"]?.text == raw, "\(line)")
    }

    private static let enabling = "C: a ENABLE UTF8=ACCEPT\nS: * ENABLED UTF8=ACCEPT\nS: a OK\n"

    @Test func `are not those of a listing that is over`() throws {
        let transcript = "S: +OK\nC: UIDL\nS: +OK\nS: 1 a\nS: .\nC: HELP\nS: +OK\nS: 2 b\nS: ."
        var reading = Reading(.pop3, detail: .values)
        for line in try Transcript(reading: ByteBuffer(string: transcript)).lines {
            if case .say(let side, let bytes) = line.step { reading.receive(bytes, from: side) }
        }
        let values = try reading.log.compactMap { try JSON(reading: $0.json)["values"]?["id"]?.text }
        #expect(values == ["a"])
    }

    /// The log searches lines for a secret as it was typed; values have texts that are decoded.
    @Test(arguments: [
        ("S: * LIST () \"/\" &AHMAZQBzAGEAbQBl-", #""name":"[redacted]""#),
        ("S: * 1 FETCH (ENVELOPE (NIL \"=?utf-8?q?s=65same?=\" NIL NIL NIL NIL NIL NIL NIL NIL))", #""text":"[redacted]""#),
    ])
    func `hide a secret that is only there when it is decoded`(transcript: String, expected: String) throws {
        for line in try Self.lines(of: transcript) {
            #expect(line.description.contains(expected))
            #expect(!line.description.contains("sesame"))
        }
    }

    @Test func `tell of a message's text its size, and of an annotation the same`() throws {
        for transcript in [
            "S: * 1 FETCH (UID 3 BODY[] {9}\nS: plaintext PREVIEW \"plaintext\")",
            "S: * METADATA INBOX (/private/comment \"plaintext\")",
            "C: a APPEND Sent {9+}\nC: plaintext",
        ] {
            for line in try Self.lines(of: transcript) {
                let values = try #require(line["values"]).description
                #expect(values.contains("9") && !values.contains("plaintext"), "\(values)")
            }
        }
    }
}

/// Holds values against the text that they were read from.
private struct ValueCheck {
    let text: String
    let place: String
    private let plain: String
    private let words: [Substring]

    /// A date that is read, or a word of Interpost's.
    private static let made: Set = [
        "kind", "internal_date", "save_date", "sent", "date", "content", "role", "key", "date_of", "comparison", "operation",
    ]
    /// Counted, and not in the line as a number.
    private static let counted: Set = ["size", "octets"]

    init(text: String, place: String) {
        self.text = text
        self.place = place
        plain = text.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\").lowercased()
        words = text.split { " ()[]\r\n\"".contains($0) }
    }

    func check(_ value: JSON, _ key: String = "") {
        switch value {
        case .object(let members):
            // What is decoded need not be in the line, but then it is there as it came, too.
            let isDecoded = members.contains { $0.name == "raw" }
            for member in members where !isDecoded || member.name == "raw" { check(member.value, member.name) }
        case .array(let elements):
            if let set = set(elements) {
                let isThere = words.contains { SequenceSet(String($0)).elements.map(\.description) == set }
                #expect(isThere, "\(key) is no set of \(place)")
            } else {
                for element in elements { check(element, key) }
            }
        case .string(let string):
            if Self.made.contains(key) || string.hasSuffix(" octets]") || string == "[redacted]" || string == "multipart" {
                return
            }
            // A backslash before an ordinary character is passed over.
            let isThere = plain.contains(string.lowercased()) || plain.replacing("\\", with: "").contains(string.lowercased())
            #expect(isThere, "\(key): \(string) is not in \(place)")
        case .integer(let number):
            if Self.counted.contains(key) { return }
            #expect(plain.contains("\(number)"), "\(key): \(number) is not in \(place)")
        case .null, .number: Issue.record("\(key) is \(value)")
        case .boolean: break
        }
    }

    /// The elements of a sequence set, written again.
    private func set(_ elements: [JSON]) -> [String]? {
        guard !elements.isEmpty else { return nil }
        var written: [String] = []
        for case .object(let members) in elements {
            guard members.allSatisfy({ ["first", "last", "saved"].contains($0.name) }) else { return nil }
            let bounds = ["first", "last"].map { name in members.first { $0.name == name }?.value.description ?? "*" }
            let isSaved = members.contains { $0.name == "saved" }
            written.append(isSaved ? "$" : bounds[0] == bounds[1] ? bounds[0] : bounds.joined(separator: ":"))
        }
        return written.count == elements.count ? written : nil
    }
}
