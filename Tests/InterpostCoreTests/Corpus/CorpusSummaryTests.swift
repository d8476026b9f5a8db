import Foundation
import NIOCore
import Testing

@testable import InterpostCore

/// Recorded sessions, counted.
@Suite struct `A summary of recorded sessions` {
    private static func reading(
        transcript text: String, _ mailProtocol: MailProtocol = .imap, file: String = "a.imap"
    ) throws -> SessionReading {
        var reading = SessionReading(mailProtocol, detail: .responses, files: (file, file))
        for line in try Transcript(reading: ByteBuffer(string: text)).lines {
            if let turn = SessionTurn(line) { reading.receive(turn) { _ in } }
        }
        reading.finish { _ in }
        return reading
    }

    private static let odd = """
        # What is odd here is said in the lines' order.
        S: * OK ready
        C: a login fred abracadabra
        S: a OK in
        C: b PLUGH
        S: * X-FOO bar
        S: * x-foo abracadabra
        S: b BAD what
        = completion
        C: abracadabra
        S: z OK who
        S: y OK who

        """.replacing("\n\n", with: "\n")

    @Test func `says what was not understood, and in which line`() throws {
        var corpus = CorpusSummary()
        corpus.add(try Self.reading(transcript: Self.odd))
        #expect(corpus.findings[.response("X-FOO")]?.count == 2)
        #expect(corpus.findings[.response("X-FOO")]?.places.map(\.description) == ["a.imap:6", "a.imap:7"])
        #expect(corpus.findings[.line(.client)]?.places.map(\.description) == ["a.imap:10"])
        #expect(corpus.findings.count(of: .unknown) == 4)
        #expect(corpus.findings[.command(nil)]?.places.map(\.description) == ["a.imap:5"])
    }

    @Test func `says which rules were broken, and where`() throws {
        var corpus = CorpusSummary()
        corpus.add(try Self.reading(transcript: Self.odd))
        let found = try #require(corpus.findings[.anomaly(.unexpectedTag, .server)])
        #expect(found.count == 2)
        #expect(found.places.map(\.description) == ["a.imap:11", "a.imap:12"])
        #expect(found.places.first?.origin.offset == Self.odd.utf8.count - "S: z OK who\nS: y OK who\n".utf8.count)
        #expect(corpus.findings[.anomaly(.notACommand, .client)]?.count == 1)
    }

    @Test func `counts every quirk, also those behind the ones that are told`() throws {
        let noops = (1...9).map { "C: a\($0) noop\nS: a\($0) OK done\n" }.joined()
        var corpus = CorpusSummary()
        for name in ["a.imap", "b.imap"] { corpus.add(try Self.reading(transcript: "S: * OK ready\n" + noops, file: name)) }
        #expect(corpus.findings[.quirk(.lowerCaseKeyword, .client)]?.count == 18)
        #expect(corpus.findings[.quirk(.lowerCaseKeyword, .client)]?.places.first?.description == "a.imap:2")
        #expect(corpus.lint.contains("18  lower-case-keyword of the client"))
        #expect(corpus.lint.contains(Quirk.lowerCaseKeyword.rule))
        #expect(corpus.lint.contains("a.imap:2, …"))
        #expect(corpus.text.contains("Quirks: 18 of 1 kind"))
    }

    @Test func `counts files, sessions, octets and events`() throws {
        var corpus = CorpusSummary()
        corpus.add(try Self.reading(transcript: "S: * OK hi\nC: a NOOP\nS: a OK hi\n"), files: 2)
        corpus.add(try Self.reading(transcript: "S: +OK\nC: NOOP\nS: +OK\n", .pop3))
        #expect(corpus.files == 3)
        #expect(corpus.sessions == [.imap: 1, .pop3: 1])
        #expect(corpus.traffic.clientOctets == 14)
        #expect(corpus.traffic.serverOctets == 28)
        #expect(corpus.events == ["greeting": 2, "command": 2, "completion": 2])
        #expect(corpus.text.hasPrefix("3 files, 2 sessions (1 IMAP, 1 POP3)\n14 octets of clients with 2 commands, "))
    }

    @Test func `says how many octets at the end were not read`() throws {
        let reading = try Self.reading(transcript: "S: * OK\nC: a LOGIN {5}\nC: b NOOP\nS: * 1 EX\\\n")
        #expect(reading.unreadOctets == "b NOOP\r\n".utf8.count + "* 1 EX".utf8.count)
    }

    @Test func `has a verdict by what is unwanted, and by what was not read`() throws {
        var corpus = CorpusSummary()
        #expect(corpus.verdict(unwanted: Set(CorpusFinding.Category.allCases)) == .init(status: 0, reasons: []))
        corpus.add(try Self.reading(transcript: Self.odd))
        #expect(corpus.verdict(unwanted: []).status == 0)
        let anomaly = corpus.verdict(unwanted: [.anomaly])
        #expect(anomaly.status == 1)
        #expect(
            anomaly.reasons == ["--fail-on anomaly: 3 anomalies; most often unexpected-tag of the server, the first at a.imap:11"]
        )
        #expect(corpus.verdict(unwanted: [.quirk, .unknown]).reasons.count == 2)
        corpus.add(CorpusSummary.Failure(file: "b.bin", problem: "is empty"))
        #expect(corpus.verdict(unwanted: []) == .init(status: 2, reasons: ["1 file was not read, or not to the end"]))
        #expect(corpus.verdict(unwanted: [.anomaly]).reasons.last == "1 file was not read, or not to the end")
    }

    @Test func `holds no secret, neither as text nor as JSON`() throws {
        var corpus = CorpusSummary()
        corpus.add(try Self.reading(transcript: Self.odd))
        let json = String(decoding: try JSONEncoder().encode(corpus), as: UTF8.self)
        for text in [
            corpus.text, corpus.lint, json, corpus.verdict(unwanted: Set(CorpusFinding.Category.allCases)).reasons.joined(),
        ] {
            #expect(!text.lowercased().contains("abracadabra"))
        }
    }

    @Test func `as JSON has the same numbers`() throws {
        var corpus = CorpusSummary()
        corpus.add(try Self.reading(transcript: Self.odd))
        corpus.add(CorpusSummary.Failure(file: "b.bin", problem: "is empty", advice: "leave it out"))
        let object = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(corpus)) as? [String: Any]
        let anomalies = try #require(object?["anomalies"] as? [[String: Any]])
        #expect(anomalies.first?["kind"] as? String == "unexpected-tag")
        #expect(anomalies.first?["count"] as? Int == 2)
        let place = (anomalies.first?["places"] as? [[String: Any]])?.first
        #expect(place?["file"] as? String == "a.imap")
        #expect(place?["line"] as? Int == 11)
        #expect((object?["unknown"] as? [[String: Any]])?.contains { $0["name"] as? String == "X-FOO" } == true)
        #expect((object?["sessions"] as? [String: Int]) == ["imap": 1, "pop3": 0])
        #expect((object?["unreadable"] as? [[String: String]])?.first?["advice"] == "leave it out")
    }

    @Test func `does not grow with what a peer thinks of`() throws {
        let responses = (0..<1100).map { "S: * X\($0)\n" }.joined()
        let reading = try Self.reading(transcript: "S: * OK ready\n" + responses)
        #expect(reading.findings.sorted(.unknown).count <= CorpusFindings.maximumNames)
        #expect(reading.findings.count(of: .unknown) == 1100)
        #expect(reading.findings[.response("X0")]?.places.count == 1)
        let same = try Self.reading(transcript: "S: * OK\n" + String(repeating: "S: * X\n", count: 50))
        #expect(same.findings[.response("X")]?.places.count == 10)
    }

    @Test func `shows names of files without what a terminal would obey`() {
        let place = CorpusPlace(file: "a\u{1B}[31m.bin", origin: .init(offset: 12))
        #expect(place.description == "a\u{FFFD}[31m.bin@12")
    }
}
