import NIOCore
import Testing

@testable import InterpostCore

/// Logging in to a recorded server: secrets are nobody's, and the way is the client's choice.
@Suite struct ReplayLoginTests {
    private static let login =
        "S: * OK hi\nC: a LOGIN anna sesame\nS: a OK [CAPABILITY IMAP4rev1 IDLE] in\nC: b NOOP\nS: b OK done\n"
    private static let plain = "S: * OK hi\nC: a AUTHENTICATE PLAIN\nS: + \nC: AGFubmEAc2VzYW1l\nS: a OK in\n"
    private static let cram = """
        S: * OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5 LOGINDISABLED] hi
        C: a AUTHENTICATE CRAM-MD5
        S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
        C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
        S: a OK in

        """

    /// What the client says, and what it hears, in turns.
    private static let ways: [[(String, String)]] = [
        [("1 LOGIN bob whatever|", "1 OK")],
        [("1 LOGIN {3+}|bob {8+}|whatever|", "1 OK")],
        [("1 AUTHENTICATE PLAIN|", "+ |"), ("AGJvYgB3aGF0ZXZlcg==|", "1 OK")],
        [("1 AUTHENTICATE PLAIN AGJvYgB3aGF0ZXZlcg==|", "1 OK")],
        [("1 AUTHENTICATE LOGIN|", "+ VXNlcm5hbWU6|"), ("Ym9i|", "+ UGFzc3dvcmQ6|"), ("d2hhdGV2ZXI=|", "1 OK")],
        [("1 AUTHENTICATE LOGIN Ym9i|", "+ UGFzc3dvcmQ6|"), ("d2hhdGV2ZXI=|", "1 OK")],
        [("1 authenticate xoauth2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgd2hhdGV2ZXIBAQ==|", "1 OK")],
    ]

    @Test(arguments: [login, plain, cram], ways.indices)
    func `any way in is as good as the recorded one`(recording: String, way: Int) throws {
        for matching in [ReplayOptions.Matching.ordered, .state] {
            for password in [nil, "whatever"] {
                var options = ReplayOptions(matching)
                options.user = password.map { _ in "bob" }
                options.password = password
                var player = try ReplayPlayer(recording, options)
                for (line, answer) in Self.ways[way] { #expect(player.says(line).hasPrefix(answer)) }
                #expect(player.server.report.answered == 1)
            }
        }
    }

    @Test(arguments: [login, plain, cram], ways.indices)
    func `a wrong password is refused, and a right one behind it is not`(recording: String, way: Int) throws {
        var options = ReplayOptions()
        options.user = "bob"
        options.password = "Whatever"
        var player = try ReplayPlayer(recording, options)
        for (line, answer) in Self.ways[way].dropLast() { #expect(player.says(line) == answer) }
        let refusal = "1 NO [AUTHENTICATIONFAILED] another user or password is expected|"
        #expect(player.says(Self.ways[way][Self.ways[way].count - 1].0) == refusal)
        #expect(player.says("2 LOGIN anna Whatever|") == "2" + refusal.dropFirst())
        #expect(player.says("3 LOGIN bob Whatever|").hasPrefix("3 OK"))
        let report = player.server.report
        #expect(report.refusedLogins == 2)
        #expect(!report.isClean)
        #expect(report.text.contains("2 logins with a wrong user or password"))
    }

    @Test func `a proof that cannot be computed is believed`() throws {
        for matching in ReplayOptions.Matching.allCases {
            var options = ReplayOptions(matching)
            options.password = "anything"
            var player = try ReplayPlayer(Self.cram, options)
            #expect(player.says("1 AUTHENTICATE CRAM-MD5|") == "+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+|")
            #expect(player.says("Ym9iIDAwMDA=|") == "1 OK in|")
            #expect(player.server.report.believedLogins == 1)
            #expect(player.server.report.isClean)
        }
    }

    @Test func `a mechanism whose challenges were not recorded is refused`() throws {
        var player = try ReplayPlayer(Self.login)
        #expect(player.says("1 AUTHENTICATE SCRAM-SHA-256 biwsbj1ib2Iscj1h|") == "1 NO [CANNOT] this is not in the capture|")
        #expect(player.says("2 LOGIN bob x|").hasPrefix("2 OK"))
    }

    @Test func `the capabilities offer what can be checked, if that is asked for`() throws {
        var options = ReplayOptions(.strict)
        options.auth = .plain
        var player = try ReplayPlayer(Self.cram, options)
        #expect(player.hears == "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] hi|")
        #expect(player.says("1 LOGIN bob x|") == "1 OK in|")
        let capa = "S: +OK hi\nC: CAPA\nS: +OK\nS: SASL CRAM-MD5\nS: USER\nS: .\nC: AUTH\nS: +OK\nS: NTLM\nS: X\nS: .\n"
        var pop3 = try ReplayPlayer(.pop3, capa, options)
        #expect(pop3.says("CAPA|AUTH|") == "+OK|SASL PLAIN LOGIN|USER|.|+OK|PLAIN|LOGIN|.|")
    }

    @Test func `a broken off exchange is told`() throws {
        var player = try ReplayPlayer(Self.plain)
        player.says("1 AUTHENTICATE PLAIN|")
        #expect(player.says("*|") == "1 BAD the exchange went otherwise|")
        #expect(player.server.report.firstDifference?.got == "an exchange that is broken off")
        #expect(player.says("2 LOGIN a b|") == "2 OK in|")
    }

    @Test(arguments: [
        "C: USER anna\nS: +OK\nC: PASS sesame\nS: +OK in", "C: APOP anna c4c9334bac560ecc979e58001b3e22fb\nS: +OK in",
        "C: AUTH PLAIN\nS: + \nC: AGFubmEAc2VzYW1l\nS: +OK in",
        "C: AUTH CRAM-MD5\nS: + YQ==\nC: dGltIGI5\nS: -ERR no\nC: USER x\nS: +OK\nC: PASS y\nS: +OK in",
    ])
    func `POP3 has its ways, too`(recording: String) throws {
        let recording = "S: +OK hi <1@x>\n" + recording + "\nC: STAT\nS: +OK 0 0\n"
        let ways: [[(String, String)]] = [
            [("USER bob|", "+OK|"), ("PASS x y|", "+OK in|")], [("APOP bob 00|", "+OK in|")],
            [("AUTH PLAIN|", "+ |"), ("AGJvYgB4IHk=|", "+OK in|")], [("AUTH PLAIN AGJvYgB4IHk=|", "+OK in|")],
        ]
        for way in ways {
            for password in [nil, "x y", "y"] {
                var options = ReplayOptions()
                options.password = password
                options.user = "bob"
                var player = try ReplayPlayer(.pop3, recording, options)
                for (line, answer) in way.dropLast() { #expect(player.says(line) == answer) }
                let isChecked = password == "y" && !way[0].0.hasPrefix("APOP")
                let answer = isChecked ? "-ERR [AUTH] another user or password is expected|" : "+OK in|"
                #expect(player.says(way[way.count - 1].0) == answer)
                guard !isChecked else { continue }
                #expect(player.says("STAT|") == "+OK 0 0|")
                #expect(player.server.report.isClean)
            }
        }
    }
}
