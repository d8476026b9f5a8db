import Foundation
import NIOCore
import Testing

@testable import InterpostCore

/// What a report shows of the conversation before a difference.
@Suite struct ReplayLogTests {
    /// Says something that is not in the capture, and gives the conversation up to it.
    private static func conversation(
        _ mailProtocol: MailProtocol = .imap, recorded: String, live: [String], options: ReplayOptions = ReplayOptions()
    ) throws -> [String] {
        var player = try ReplayPlayer(mailProtocol, recorded, options)
        for line in live { player.says(line) }
        return player.server.report.conversation
    }

    @Test func `literals and messages are told by their size`() throws {
        let conversation = try Self.conversation(
            recorded: """
                S: * PREAUTH hi
                C: a APPEND Sent (\\Seen) {5}
                S: + go
                C: hello
                S: a OK [APPENDUID 1 9] done
                C: b FETCH 1 BODY[]
                S: * 1 FETCH (BODY[] {5}
                S: hello)
                S: b OK done
                """,
            live: ["x APPEND Sent (\\Seen) {5}|", "hello|", "y FETCH 1 BODY[]|", "z EXPUNGE|"])
        #expect(
            conversation == [
                "S: * PREAUTH hi", "C: x APPEND Sent (\\Seen) {5}", "S: + …", "S: x OK [APPENDUID 1 9] done",
                "C: y FETCH 1 BODY[]", "S: * 1 FETCH [24 octets]", "S: y OK done", "C: z EXPUNGE",
            ])
    }

    @Test func `what is edited for the leg is shown as it was recorded`() throws {
        let conversation = try Self.conversation(
            recorded: "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\nC: a LOGIN b c\nS: a OK done\n", live: ["x EXPUNGE|"])
        #expect(conversation == ["S: * OK ready", "C: x EXPUNGE"])
    }

    @Test func `a literal that was not wanted is told, too`() throws {
        let conversation = try Self.conversation(
            recorded: "S: * PREAUTH hi\nC: a APPEND Sent {9}\nS: a NO [TOOBIG] no\n",
            live: ["x APPEND Sent {9}|", "y EXPUNGE|"])
        #expect(conversation == ["S: * PREAUTH hi", "C: x APPEND … {9}", "S: x NO [TOOBIG] [2 octets]", "C: y EXPUNGE"])
    }

    @Test func `no secret is shown, wherever it stands`() throws {
        let recording = """
            S: * OK ready
            C: a AUTHENTICATE PLAIN
            S: +
            C: AGFubmEAc2VzYW1lc2VzYW1l
            S: a OK [CAPABILITY IMAP4rev1] done
            """
        for live in [
            ["x AUTHENTICATE PLAIN|", "AGFubmEAaHVudGVyMjI=|", "y hunter22|"],
            ["x AUTHENTICATE PLAIN AGFubmEAaHVudGVyMjI=|", "hunter22|"],
            ["x LOGIN anna {8}|", "hunter22|", "y CREATE hunter22|"], ["x LOGIN anna \"hunter22\" hunter22|"],
        ] {
            let text = try Self.conversation(recorded: recording, live: live).joined(separator: "\n")
            #expect(text.contains("C: x "))
            #expect(!text.contains("hunter22") && !text.contains("AGFub"), "\(text)")
        }
        let pop3 = try Self.conversation(
            .pop3, recorded: "S: +OK hi\nC: USER a\nS: +OK\nC: PASS sesame12\nS: +OK in\nC: LIST\nS: +OK 1\nS: 1 20\nS: .\n",
            live: ["USER bob|", "PASS hunter22|", "LIST|", "RETR 1|"])
        #expect(
            pop3 == [
                "S: +OK hi", "C: USER bob", "S: +OK", "C: PASS [redacted]", "S: +OK in", "C: LIST",
                "S: +OK 1  (and 6 octets)", "C: RETR 1",
            ])
    }

    @Test func `what is pushed and ended stands in its place`() throws {
        let conversation = try Self.conversation(
            recorded: "S: * PREAUTH hi\nC: a IDLE\nS: + idling\nS: * 4 EXISTS\nC: DONE\nS: a OK done\n",
            live: ["x IDLE|", "DONE|", "y EXPUNGE|"])
        #expect(
            conversation == [
                "S: * PREAUTH hi", "C: x IDLE", "S: + …", "S: * 4 EXISTS", "C: DONE", "S: x OK done", "C: y EXPUNGE",
            ])
    }

    @Test func `the last lines are kept, and the beginnings of long ones`() throws {
        func conversation(_ count: Int) throws -> [String] {
            let polls = (1...count).map { "C: a\($0) NOOP\nS: a\($0) OK done\n" }.joined()
            return try Self.conversation(
                recorded: "S: * PREAUTH hi\n" + polls, live: (1...count).map { "x\($0) NOOP|" } + ["y EXPUNGE|"])
        }
        // With the greeting and the last command.
        #expect(try conversation(9).count == ReplayLog.maximumLines)
        #expect(try conversation(9).first == "S: * PREAUTH hi")
        #expect(try conversation(10).count == ReplayLog.maximumLines)
        #expect(try conversation(10).first == "S: x1 OK done")
        for length in [ReplayLog.maximumLength, ReplayLog.maximumLength + 1] {
            let name = String(repeating: "b", count: length - "x CREATE ".count)
            let line = try #require(try Self.conversation(recorded: "S: * PREAUTH hi\n", live: ["x CREATE \(name)|"]).last)
            #expect(line.count == 3 + ReplayLog.maximumLength + (length > ReplayLog.maximumLength ? 1 : 0))
            #expect(line.hasSuffix("…") == (length > ReplayLog.maximumLength))
        }
    }

    @Test func `nothing is shown of a replay without a difference, and all of it where something was left out`() throws {
        let recording = "S: * PREAUTH hi\nC: a EXPUNGE\nS: a OK done\nC: b CLOSE\nS: b OK done\n"
        #expect(try Self.conversation(recorded: recording, live: ["x EXPUNGE|", "y CLOSE|"]) == [])
        var player = try ReplayPlayer(recording)
        player.says("x EXPUNGE|")
        #expect(player.server.report.conversation == ["S: * PREAUTH hi", "C: x EXPUNGE", "S: x OK done"])
        #expect(player.server.report.recordedAround.map(\.isExpected) == [false, true])
    }

    @Test func `a wrong password has a conversation before it`() throws {
        var options = ReplayOptions()
        (options.user, options.password) = ("anna", "sesame12")
        let conversation = try Self.conversation(
            recorded: "S: * OK ready\nC: a LOGIN anna x\nS: a OK done\n",
            live: ["x LOGIN anna hunter22|", "y LOGIN anna sesame12|"],
            options: options)
        #expect(conversation == ["S: * OK ready", "C: x LOGIN anna [redacted]"])
    }

    @Test func `programs get it as JSON`() throws {
        var player = try ReplayPlayer("S: * PREAUTH hi\nC: a CLOSE\nS: a OK done\n")
        player.says("x EXPUNGE|")
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(player.server.report), as: UTF8.self)
        #expect(json.contains(#""conversation":["S: * PREAUTH hi","C: x EXPUNGE"]"#), "\(json)")
        #expect(json.contains(#""recorded_around":[{"command":"CLOSE","expected":true,"number":1}]"#), "\(json)")
    }
}
