import NIOCore
import Testing

@testable import InterpostCore

/// When a recorded server says what it says.
@Suite struct ReplayTimesTests {
    private static let idle = """
        S: * PREAUTH hi
        C: a IDLE
        S: + idling
        S: * 4 EXISTS
        S: * 5 EXISTS
        C: DONE
        S: a OK done
        C: b IDLE
        S: + idling
        C: DONE
        S: b OK done
        S: * BYE enough
        """

    private static func player(_ times: ReplayOptions.Times, _ recording: String = idle) throws -> ReplayPlayer {
        var options = ReplayOptions()
        options.times = times
        return try ReplayPlayer(recording, options)
    }

    @Test func `without times pushes come behind the plus, and none before its time`() throws {
        var player = try Self.player(.none)
        #expect(player.says("x IDLE|") == "+ idling|* 4 EXISTS|* 5 EXISTS|")
        #expect(player.says("DONE|") == "x OK done|")
        #expect(player.says("y IDLE|") == "+ idling|")
        #expect(player.says("DONE|") == "y OK done|* BYE enough|")
        #expect(player.actions == ["close by server: the recorded server closes the connection here"])
        #expect(player.server.report.isClean)
    }

    @Test(arguments: [(ReplayOptions.Times.recorded, Int64(1000)), (.factor(2), 2000), (.factor(0.5), 500), (.factor(0), 0)])
    func `with times pushes wait for theirs`(times: ReplayOptions.Times, step: Int64) throws {
        var player = try Self.player(times)
        guard step > 0 else {
            #expect(player.says("x IDLE|") == "+ idling|* 4 EXISTS|* 5 EXISTS|")
            return
        }
        #expect(player.says("x IDLE|") == "")
        #expect(player.wait?.nanoseconds == step)
        #expect(player.pass(until: step - 1) == "")
        #expect(player.pass(until: step) == "+ idling|")
        #expect(player.wait?.nanoseconds == 2 * step)
        #expect(player.pass(until: 2 * step) == "* 4 EXISTS|")
        // DONE comes early: what would still have come comes first, and then the completion takes its time.
        #expect(player.says("DONE|") == "* 5 EXISTS|")
        #expect(player.wait?.nanoseconds == 3 * step)
        #expect(player.pass(until: 3 * step) == "x OK done|")
    }

    @Test func `answers keep their order, however long they take`() throws {
        var player = try Self.player(
            .recorded, "S: * PREAUTH hi\nC: a LIST \"\" *\nC: b CHECK\nS: a OK slow\nS: b OK quick\nC: c LOGOUT\nS: c OK bye\n")
        #expect(player.says("1 LIST \"\" *|2 CHECK|3 LOGOUT|") == "")
        #expect(player.pass(until: 2000) == "1 OK slow|2 OK quick|3 OK bye|")
        #expect(player.actions.count == 1)
    }

    @Test func `a recording that ends within IDLE leaves the client in peace`() throws {
        var player = try Self.player(.none, "S: * PREAUTH hi\nC: a IDLE\nS: + idling\nS: * 1 EXISTS\n")
        #expect(player.says("x IDLE|") == "+ idling|* 1 EXISTS|")
        #expect(player.says("DONE|") == "x OK IDLE is over|")
    }

    @Test func `a recording that ends within a command ends the session there`() throws {
        var player = try Self.player(.none, "S: * PREAUTH hi\nC: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {10}\nS: abc\\\n")
        #expect(player.says("x FETCH 1 BODY[]|") == "* 1 FETCH (BODY[] {10}|abc")
        #expect(player.actions.count == 1)
    }

    @Test func `a server may end IDLE by itself, and DONE behind it is nothing`() throws {
        var player = try Self.player(.none, "S: * PREAUTH hi\nC: a IDLE\nS: + idling\nS: a NO down\nC: b NOOP\nS: b OK done\n")
        #expect(player.says("x IDLE|") == "+ idling|x NO down|")
        #expect(player.says("y NOOP|") == "y OK done|")
    }

    @Test func `a client that says nothing more hears the rest`() throws {
        var player = try Self.player(.recorded, "S: * PREAUTH hi\nC: a NOOP\nS: a OK done\n")
        #expect(player.says("x NOOP|") == "")
        player.server.inputEnded()
        player.pump()
        #expect(player.pass(until: 1000) == "x OK done|")
        #expect(player.actions == ["close by client: the client closed its connection"])
    }
}
