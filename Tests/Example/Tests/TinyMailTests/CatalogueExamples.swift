// What programs outside do with the core, held against the article UsingTheCore.md by a test of the package above: each function
// between the marks is in the article, letter by letter.

import InterpostCore
import InterpostFiles
import NIOCore
import Testing

@Suite struct `The examples of the catalogue` {
    // example: one line
    @Test func `One line`() throws {
        let command = try #require(IMAPCommand(reading: ByteBuffer(string: "a1 UID FETCH 7:9 (FLAGS BODY.PEEK[])\r\n")))
        #expect(command.name == "FETCH" && command.usesUIDs)
        if case .fetch(let messages, let items, _) = command.body {
            #expect(messages.description == "7:9" && items.count == 2)
        }

        let response = IMAPResponse(reading: ByteBuffer(string: "* 12 FETCH (FLAGS (\\Seen) UID 7)\r\n"))
        if case .fetch(let answer) = response.data { #expect(response.number == 12 && answer.uid == 7) }

        let status = try #require(IMAPStatus(reading: ByteBuffer(string: "a1 NO [TRYCREATE] no such mailbox\r\n")))
        #expect(status.result == .no && status.codeName == "TRYCREATE")

        if case .top(let message, let lines) = POP3Command(reading: ByteBuffer(string: "TOP 3 0\r\n")) {
            #expect(message == 3 && lines == 0)
        }
        let reply = try #require(POP3Reply(reading: ByteBuffer(string: "-ERR [IN-USE] locked\r\n")))
        #expect(reply.result == .err)
    }
    // end

    // example: a conversation
    @Test func `A conversation`() {
        var conversation = Conversation(.imap)
        var unread: [String] = []
        func hear(_ text: String, from side: Side) {
            conversation.receive(ByteBuffer(string: text), from: side, at: WireTime(nanoseconds: 0))
            while let event = conversation.next() {
                if case .completion(let status, let record?) = event.meaning, status.result != .ok {
                    unread.append("\(record.name): \(String(buffer: status.text))")
                }
            }
        }
        hear("* OK ready\r\n", from: .server)
        hear("a LOGIN anna {2}\r\n", from: .client)
        hear("a NO not without TLS\r\n", from: .server)  // The literal does not come.
        hear("b NOOP\r\n", from: .client)
        #expect(unread == ["LOGIN: not without TLS"])
        #expect(!conversation.standing.isLoggedIn)
    }
    // end

    // example: a tap
    @Test func `A tap`() {
        var tap = Tap(SessionSettings(mailProtocol: .pop3, listener: .offered, upstream: .implicit))
        var heard: [String] = []
        tap.receive(ByteBuffer(string: "+OK ready\r\n"), from: .server, at: WireTime(nanoseconds: 0))
        tap.receive(ByteBuffer(string: "STLS\r\n"), from: .client, at: WireTime(nanoseconds: 0))
        while let action = tap.next() {
            switch action {
            case .send(let bytes, to: .client), .say(let bytes, to: .client): heard.append(String(buffer: bytes))
            case .startTLS(let side): heard.append("TLS to the \(side)")
            default: break
            }
        }
        #expect(heard == ["+OK ready\r\n", "+OK begin TLS now\r\n", "TLS to the client"])
    }
    // end

    // example: a policy
    @Test func `A policy`() throws {
        let context = PolicyContext(.imap, state: .selected)
        let command = ByteBuffer(string: "a STORE 1 +FLAGS (\\Deleted)")
        let explanation = try #require(PolicyExplanation(of: command, Policy(.readOnly), in: context))
        #expect(explanation.verdict == .refuse && explanation.rule == "preset read-only")
        #expect(explanation.sent.isEmpty)
    }
    // end

    // example: an observer
    @Test func `An observer`() {
        var conversation = Conversation(.pop3)
        var observer = SessionObserver(detail: .acts)
        var lines: [UInt8] = []
        let said: [(Side, String)] = [
            (.server, "+OK ready\r\n"), (.client, "APOP anna c4c9\r\n"), (.server, "+OK\r\n"), (.client, "DELE 1\r\n"),
            (.server, "+OK\r\n"),
        ]
        for (side, text) in said {
            conversation.receive(ByteBuffer(string: text), from: side, at: WireTime(nanoseconds: 0))
            while let event = conversation.next() {
                observer.observe(event) { $0.writeJSON(session: 1, at: event.time, to: &lines) }
            }
        }
        let log = String(decoding: lines, as: UTF8.self)
        #expect(log.contains(#""event":"login","user":"anna","method":"APOP""#))
        #expect(log.contains(#""event":"message.deleted","number":1"#))
    }
    // end

    // example: a capture
    @Test func `A capture`() throws {
        let capture = try Capture(Self.path)
        for session in capture.sessions {
            for event in session.events {
                if case .command(let command) = event.meaning { print(session.number, command.title) }
            }
        }
        #expect(capture.sessions[0].events.count > 3)
    }
    // end

    private static var path: String {
        #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Captures/imap-tour.interpost"
    }
}
