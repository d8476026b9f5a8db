import Foundation
import NIOCore
import Testing

@testable import InterpostCore

/// A recorded server and a live client that does not say quite the same.
@Suite struct ReplayServerTests {
    private static let mailbox = """
        S: * OK ready
        C: a LOGIN anna sesame
        S: a OK Logged in
        C: b SELECT INBOX
        S: * 3 EXISTS
        S: b OK [READ-WRITE] done
        C: c STATUS "other box" (MESSAGES UNSEEN)
        S: * STATUS "other box" (MESSAGES 4 UNSEEN 1)
        S: c OK done
        C: d NOOP
        S: * 4 EXISTS
        S: d OK done
        C: e FETCH 1 (FLAGS UID)
        S: * 1 FETCH (FLAGS (\\Seen) UID 9)
        S: e OK done
        C: f LOGOUT
        S: * BYE bye
        S: f OK done
        """

    // MARK: - Tags and forms

    @Test func `the client's own tags come back`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        #expect(player.hears == "* OK ready|")
        #expect(player.says("A0001 LOGIN bob other|") == "A0001 OK Logged in|")
        #expect(player.says("A0002 SELECT INBOX|") == "* 3 EXISTS|A0002 OK [READ-WRITE] done|")
    }

    @Test(arguments: [
        "x status {9}|", "x STATUS  {9+}|other box  (messages unseen)|", "x sTaTuS \"other\\ box\" (MESSAGES UNSEEN)|",
    ])
    func `a command is the same in all its spellings`(command: String) throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN {4}|")
        #expect(player.says("anna {6}|") == "+ OK|")
        #expect(player.says("sesame|") == "1 OK Logged in|")
        player.says("2 select \"inBox\"|")
        var heard = player.says(command)
        if command.hasSuffix("{9}|") {
            #expect(heard == "+ OK|")
            heard = player.says("other box (MESSAGES UNSEEN)|")
        }
        #expect(heard == "* STATUS \"other box\" (MESSAGES 4 UNSEEN 1)|x OK done|")
        #expect(player.server.report.unmatched == 0)
    }

    @Test func `strict wants the same octets`() throws {
        var player = try ReplayPlayer(Self.mailbox, ReplayOptions(.strict))
        #expect(player.says("1 LOGIN \"x\" y|") == "1 OK Logged in|")
        #expect(player.says("2 select INBOX|") == "2 NO [CANNOT] this is not in the capture|")
        #expect(player.says("2 SELECT INBOX|") == "* 3 EXISTS|2 OK [READ-WRITE] done|")
        #expect(player.server.report.firstDifference == .init(command: 2, expected: "SELECT INBOX", got: "SELECT INBOX"))
    }

    @Test(arguments: [
        ("a SEARCH RETURN (COUNT) ALL", "* ESEARCH (TAG \"a\") COUNT 5", "* ESEARCH (TAG \"t7\") COUNT 5"),
        ("a SEARCH ALL", "* OK [INPROGRESS (\"a\" 4 9)] working", "* OK [INPROGRESS (\"t7\" 4 9)] working"),
        ("a SEARCH ALL", "* OK [INPROGRESS (NIL 4 9)] working", "* OK [INPROGRESS (NIL 4 9)] working"),
        ("a SEARCH ALL", "* NO [NOUPDATE \"a\"] no", "* NO [NOUPDATE \"t7\"] no"),
        ("a SEARCH ALL", "* OK [ALERT] \"a\"", "* OK [ALERT] \"a\""),
        ("a UID SEARCH ALL", "* esearch (tag a) uid all 1", "* esearch (tag t7) uid all 1"),
    ])
    func `a tag is put in wherever it stands`(command: String, recorded: String, heard: String) throws {
        var player = try ReplayPlayer("S: * PREAUTH hi\nC: \(command)\nS: \(recorded)\nS: a OK a done\n")
        #expect(player.says("t7" + command.dropFirst() + "|") == heard + "|t7 OK a done|")
    }

    @Test func `a message may be another one, but not in strict`() throws {
        let recording = "S: * PREAUTH hi\nC: a APPEND Sent (\\Seen) {3}\nS: + go\nC: abc\nS: a OK done\n"
        for matching in [ReplayOptions.Matching.ordered, .state] {
            var player = try ReplayPlayer(recording, ReplayOptions(matching))
            #expect(player.says("x append \"Sent\" (\\seen) {5+}|hello|") == "x OK done|")
        }
        var player = try ReplayPlayer(recording, ReplayOptions(.strict))
        #expect(player.says("x APPEND Sent (\\Seen) {3}|") == "+ go|")
        #expect(player.says("abd|") == "x NO [CANNOT] this is not in the capture|")
        player.says("y APPEND Sent (\\Seen) {3}|")
        #expect(player.says("abc|") == "y OK done|")
        // What was made unreadable cannot be compared; how long it was, can.
        var session = try RecordedSession(transcript: recording)
        session.isRedacted = true
        player = ReplayPlayer(session, ReplayOptions(.strict))
        player.says("x APPEND Sent (\\Seen) {4}|")
        #expect(player.says("abcd|") == "x NO [CANNOT] this is not in the capture|")
        player.says("y APPEND Sent (\\Seen) {3}|")
        #expect(player.says("abd|") == "y OK done|")
    }

    @Test func `a refused literal is refused again, and without a literal as well`() throws {
        let recording = "S: * PREAUTH hi\nC: a APPEND Sent {9}\nS: a NO [TOOBIG] no\nC: b NOOP\nS: b OK done\n"
        var player = try ReplayPlayer(recording)
        #expect(player.says("x APPEND Sent {9}|") == "x NO [TOOBIG] no|")
        player = try ReplayPlayer(recording)
        #expect(player.says("x APPEND Sent {9+}|a NOOP ab|y NOOP|") == "x NO [TOOBIG] no|y OK done|")
        #expect(player.server.report.isClean)
    }

    // MARK: - What may be otherwise

    @Test func `polls may be left out, and their news come all the same`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN a b|2 SELECT INBOX|3 STATUS \"other box\" (MESSAGES UNSEEN)|")
        #expect(player.says("4 FETCH 1 (FLAGS UID)|") == "* 4 EXISTS|* 1 FETCH (FLAGS (\\Seen) UID 9)|4 OK done|")
        #expect(player.says("5 LOGOUT|") == "* BYE bye|5 OK done|")
        #expect(player.actions == ["close by server: the recorded server closes the connection here"])
        #expect(player.server.report.isClean)
    }

    @Test func `what was skipped can still be asked`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN a b|2 SELECT INBOX|")
        #expect(player.says("3 FETCH 1 (FLAGS UID)|").hasSuffix("3 OK done|"))
        #expect(player.says("4 STATUS \"other box\" (MESSAGES UNSEEN)|").hasSuffix("4 OK done|"))
        #expect(player.says("5 FETCH 1 (FLAGS UID)|") == "* 1 FETCH (FLAGS (\\Seen) UID 9)|5 OK done|")
        player.says("6 LOGOUT|")
        let report = player.server.report
        #expect(report.unmatched == 0 && report.neverAsked.isEmpty)
        #expect(
            report.firstDifference
                == .init(command: 3, expected: "STATUS \"other box\" (MESSAGES UNSEEN)", got: "FETCH 1 (FLAGS UID)"))
        #expect(!report.isClean)
    }

    @Test func `an IDLE that comes too early makes one difference`() throws {
        let commands = (1...50).map { "C: c\($0) FETCH \($0) (FLAGS)\nS: c\($0) OK done\n" }.joined()
        var player = try ReplayPlayer(
            "S: * PREAUTH hi\nC: a SELECT INBOX\nS: a OK done\n\(commands)C: i IDLE\nS: + idling\nC: DONE\nS: i OK done\n")
        player.says("1 SELECT INBOX|2 IDLE|")
        #expect(player.says("DONE|") == "2 OK done|")
        for number in 1...50 { #expect(player.says("x\(number) FETCH \(number) (FLAGS)|") == "x\(number) OK done|") }
        #expect(player.server.report.unmatched == 0 && player.server.report.neverAsked.isEmpty)
        #expect(player.server.report.firstDifference?.got == "IDLE")
    }

    @Test(arguments: [
        ("NAMESPACE", "* NAMESPACE ((\"\" \".\")) NIL NIL|"), ("LIST \"\" \"\"", "* LIST (\\Noselect) \".\" \"\"|"),
        ("ENABLE CONDSTORE", "* ENABLED|"), ("ID NIL", "* ID NIL|"), ("ID (\"name\" \"x\")", "* ID NIL|"),
    ])
    func `what a client asks a server about itself needs no recording`(command: String, heard: String) throws {
        let recording = "S: * PREAUTH hi\nC: a LIST \"\" *\nS: * LIST () \".\" INBOX\nS: a OK done\nC: b CLOSE\nS: b OK done\n"
        for matching in [ReplayOptions.Matching.ordered, .state] {
            var player = try ReplayPlayer(recording, ReplayOptions(matching))
            #expect(player.says("x \(command)|") == heard + "x OK done|")
            #expect(player.says("y LIST \"\" *|") == "* LIST () \".\" INBOX|y OK done|")
            player.says("z CLOSE|")
            let report = player.server.report
            #expect(report.substitutes == [command] && report.unmatched == 0)
            #expect(report.text.contains("Not in the capture, answered by Interpost: 1\n  \(command)"))
            // A server may be asked who it is at any time; what else is new is a difference in the order.
            #expect(report.isClean == (matching == .state || command.hasPrefix("ID")))
        }
        var player = try ReplayPlayer(recording, ReplayOptions(.strict))
        #expect(player.says("x \(command)|") == "x NO [CANNOT] this is not in the capture|")
    }

    @Test func `polls may be repeated`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN a b|")
        #expect(player.says("2 NOOP|3 CHECK|") == "2 OK done|3 OK done|")
        #expect(player.says("4 LOGOUT|") == "* BYE the replay ends|4 OK done|")
        #expect(player.server.report.unmatched == 0)
        #expect(!player.server.report.isClean)
    }

    @Test func `capabilities may be asked at any time, and the place in the recording stays`() throws {
        let recording = """
            S: * OK hi
            C: a LOGIN anna sesame
            S: a OK in
            C: b SELECT INBOX
            S: b OK done
            C: c CAPABILITY
            S: * CAPABILITY IMAP4rev1
            S: c OK done
            """
        var player = try ReplayPlayer(recording)
        player.says("1 LOGIN a b|")
        #expect(player.says("2 CAPABILITY|") == "* CAPABILITY IMAP4rev1|2 OK done|")
        #expect(player.says("3 SELECT INBOX|") == "3 OK done|")
        #expect(player.says("4 CAPABILITY|5 capability|") == "* CAPABILITY IMAP4rev1|4 OK done|* CAPABILITY IMAP4rev1|5 OK done|")
        #expect(player.server.report.isClean)
    }

    @Test func `a client that leaves something out goes on behind it, and the report says so`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN a b|2 SELECT INBOX|")
        #expect(player.says("3 FETCH 1 (FLAGS UID)|") == "* 1 FETCH (FLAGS (\\Seen) UID 9)|3 OK done|")
        player.says("4 LOGOUT|")
        let report = player.server.report
        #expect(report.neverAsked == ["STATUS \"other box\" (MESSAGES UNSEEN)"])
        #expect(report.firstDifference?.got == "FETCH 1 (FLAGS UID)")
        #expect(!report.isClean)
    }

    @Test func `what belongs to another state is not answered ahead`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN a b|")
        #expect(player.says("2 FETCH 1 (FLAGS UID)|") == "2 NO [CANNOT] this is not in the capture|")
    }

    @Test func `in state mode polls repeat and the order is free`() throws {
        let recording = """
            S: * PREAUTH hi
            C: a SELECT one
            S: a OK one
            C: b FETCH 1 FLAGS
            S: * 1 FETCH (FLAGS ())
            S: b OK first
            C: c FETCH 1 FLAGS
            S: * 1 FETCH (FLAGS (\\Seen))
            S: c OK second
            C: d SELECT two
            S: d OK two
            C: e FETCH 1 FLAGS
            S: e OK other
            """
        var player = try ReplayPlayer(recording, ReplayOptions(.state))
        #expect(player.says("1 FETCH 1 FLAGS|") == "1 NO [CANNOT] this is not in the capture|")
        #expect(player.says("2 SELECT two|3 FETCH 1 FLAGS|") == "2 OK two|3 OK other|")
        player = try ReplayPlayer(recording, ReplayOptions(.state))
        #expect(player.says("2 SELECT one|") == "2 OK one|")
        #expect(player.says("3 FETCH 1 FLAGS|") == "* 1 FETCH (FLAGS ())|3 OK first|")
        for tag in ["4", "5", "6"] {
            #expect(player.says("\(tag) FETCH 1 (flags)|") == "* 1 FETCH (FLAGS (\\Seen))|\(tag) OK second|")
        }
        #expect(player.server.report.repeated == 2)
        #expect(player.server.report.isClean)
    }

    @Test func `a patient client gets what a hasty one got`() throws {
        let recording = """
            S: * PREAUTH hi
            C: a LIST "" *
            C: b STATUS Birds (MESSAGES)
            C: c NOOP
            S: * LIST () "/" Birds
            S: a OK listed
            S: * STATUS Birds (MESSAGES 4)
            S: b OK done
            S: c OK done
            """
        var player = try ReplayPlayer(recording)
        #expect(player.says("1 LIST \"\" *|") == "* LIST () \"/\" Birds|1 OK listed|")
        #expect(player.says("2 STATUS Birds (MESSAGES)|") == "* STATUS Birds (MESSAGES 4)|2 OK done|")
        #expect(player.says("3 NOOP|") == "3 OK done|")
    }

    // MARK: - What is not in the capture

    @Test func `an unknown command is refused, or ends the session`() throws {
        var options = ReplayOptions()
        for (policy, hasFailed) in [(ReplayOptions.Unmatched.no, false), (.close, false), (.fail, true)] {
            options.onUnmatched = policy
            var player = try ReplayPlayer(Self.mailbox, options)
            #expect(player.says("1 DELETE everything|") == "1 NO [CANNOT] this is not in the capture|")
            let ends = player.actions.contains("close by interpost: a command is not in the capture")
            #expect(ends == (policy != .no))
            #expect(player.server.report.hasFailed == hasFailed)
            #expect(player.server.report.notInCapture == ["DELETE everything"])
        }
        var pop3 = try ReplayPlayer(.pop3, "S: +OK hi\nC: STAT\nS: +OK 0 0\n")
        #expect(pop3.says("DELE 1|") == "-ERR this is not in the capture|")
        #expect(pop3.says("NOOP|STAT|QUIT|") == "+OK|+OK 0 0|+OK|")
    }

    @Test func `the report shows both sides, and no secret`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN bob hunter22|2 CREATE hunter22|3 LOGIN too many hunter22|")
        let text = player.server.report.text
        #expect(
            text == """
                3 commands, 1 of 6 recorded ones answered

                First difference, at command 2
                  expected  SELECT INBOX
                  got       CREATE [redacted]

                The conversation up to it
                  S: * OK ready
                  C: 1 LOGIN bob [redacted]
                  C: 2 CREATE [redacted]

                Recorded there
                    1  LOGIN anna [redacted]
                  → 2  SELECT INBOX
                    3  STATUS "other box" (MESSAGES UNSEEN)
                    4  NOOP
                    5  FETCH 1 (FLAGS UID)

                Not in the capture: 2
                  CREATE [redacted]
                  LOGIN [17 octets]

                Never asked: 4
                  SELECT INBOX
                  STATUS "other box" (MESSAGES UNSEEN)
                  FETCH 1 (FLAGS UID)
                  LOGOUT

                """)
        player = try ReplayPlayer("S: * PREAUTH hi\nC: a NOOP\nS: a OK done\n")
        player.says("1 NOOP|")
        #expect(player.server.report.text == "1 command, 1 of 1 recorded ones answered\n\nNo differences\n")
    }

    // MARK: - The leg

    @Test func `a client that asks for capabilities hears what the recorded one was told unasked`() throws {
        let recording = """
            S: * OK [CAPABILITY IMAP4rev1 AUTH=LOGIN SASL-IR] hi
            C: a LOGIN anna sesame
            S: a OK [CAPABILITY IMAP4rev1 IDLE] in
            """
        var player = try ReplayPlayer(recording)
        #expect(player.says("1 CAPABILITY|") == "* CAPABILITY IMAP4rev1 AUTH=LOGIN SASL-IR|1 OK done|")
        _ = player.says("2 LOGIN anna x|")
        #expect(player.says("3 CAPABILITY|") == "* CAPABILITY IMAP4rev1 IDLE|3 OK done|")
    }

    @Test func `the live leg does its own STARTTLS, whatever the recorded one did`() throws {
        var options = ReplayOptions()
        options.listener = .required
        var player = try ReplayPlayer("S: * OK [CAPABILITY IMAP4rev1] hi\nC: a LOGIN a b\nS: a OK in\n", options)
        #expect(player.hears == "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi|")
        #expect(player.says("1 LOGIN a b|") == "1 NO [PRIVACYREQUIRED] STARTTLS is required first|")
        #expect(player.says("2 STARTTLS|") == "2 OK begin TLS now|")
        #expect(player.actions == ["TLS"])
        player.server.tlsIsUp()
        player.pump()
        #expect(player.says("3 LOGIN a b|") == "3 OK in|")
        #expect(player.server.report.isClean)
    }

    @Test func `COMPRESS is an exchange, and may be left out`() throws {
        let recording = "S: * PREAUTH hi\nC: a COMPRESS DEFLATE\nS: a OK active\nC: b LIST \"\" x\nS: b OK done\n"
        var player = try ReplayPlayer(recording)
        #expect(player.says("1 COMPRESS DEFLATE|2 LIST \"\" x|") == "1 OK active|2 OK done|")
        #expect(player.actions == ["deflate"])
        player = try ReplayPlayer(recording)
        #expect(player.says("2 LIST \"\" x|") == "2 OK done|")
        #expect(player.server.report.isClean)
        var options = ReplayOptions()
        options.compression = .strip
        player = try ReplayPlayer(recording, options)
        #expect(player.says("1 COMPRESS DEFLATE|") == "1 NO COMPRESS is not offered here|")
    }

    @Test func `an operator may end the session, at once or when nothing is in progress`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.server.drain()
        player.pump()
        #expect(player.actions == ["close by operator: Interpost is ending"])
        player = try ReplayPlayer(Self.mailbox)
        player.server.end(reason: "enough")
        player.pump()
        #expect(player.actions == ["close by operator: enough"])
    }

    @Test func `a limit that is passed ends the session`() throws {
        var options = ReplayOptions()
        options.limits.lineLength = 100
        var player = try ReplayPlayer(Self.mailbox, options)
        player.says("1 NOOP" + String(repeating: " ", count: 200))
        #expect(player.actions == ["close by limit: the client cannot be read any more"])
    }

    @Test func `a line that is no command is told so`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        #expect(player.says("|") == "* BAD this is not in the capture|")
        #expect(player.server.report.commands == 1)
        #expect(player.says("1 LOGIN a b|") == "1 OK Logged in|")
        #expect(player.server.report.notInCapture == ["a line that is no command"])
    }

    @Test func `what waits to be said does not grow with what is said`() throws {
        var options = ReplayOptions(.state)
        options.times = .recorded
        options.limits.pendingCommands = 10
        var player = try ReplayPlayer(Self.mailbox, options)
        player.says("a LOGIN a b|")
        #expect(player.server.wantsInput)
        player.says((0..<20).map { "t\($0) STATUS \"other box\" (MESSAGES UNSEEN)|" }.joined())
        #expect(!player.server.wantsInput)
        #expect(player.server.queue.count == 21)
        _ = player.pass(until: 1_000_000)
        #expect(player.server.wantsInput)
        #expect(player.hears.hasSuffix("|t19 OK done|"))
    }

    @Test func `the report is an object for programs`() throws {
        var player = try ReplayPlayer(Self.mailbox)
        player.says("1 LOGIN bob hunter22|2 CREATE x|")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = String(decoding: try encoder.encode(player.server.report), as: UTF8.self)
        #expect(json.contains(#""difference":{"command":2,"expected":"SELECT INBOX","got":"CREATE x"}"#))
        #expect(json.hasPrefix(#"{"answered":1,"believed_logins":0,"clean":false,"commands":2,"#))
        #expect(!json.contains("hunter22"))
    }
}
