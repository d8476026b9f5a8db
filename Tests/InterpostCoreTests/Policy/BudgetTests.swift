// Strategy: the pure ledger with times in seconds, at each border of a minute, an hour and a day, and its text there and back. What
// gates make of it is in BudgetGateTests.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A budget` {
    private static func time(_ seconds: Int64) -> WireTime { WireTime(nanoseconds: seconds * 1_000_000_000) }

    private static func request(
        _ matter: Budget.Matter, _ amount: UInt64, _ allowance: String, rule: String = "r"
    ) -> BudgetRequest {
        let allowance = Budget.Allowance(allowance) ?? Budget.Allowance(0, .day)
        return BudgetRequest(
            charges: [matter: amount], limits: [BudgetLimit(rule: rule, matter: matter, allowance: allowance)])
    }

    @Test(arguments: [
        ("200/h", 200, Budget.Span.hour), ("50M/day", 50_000_000, .day), ("30/min", 30, .minute), ("100/session", 100, .session),
        ("1K/h", 1000, .hour), ("2g/day", 2_000_000_000, .day), ("0/day", 0, .day), ("18446744073709551615/h", UInt64.max, .hour),
    ])
    func `is a number for a time`(text: String, amount: UInt64, span: Budget.Span) {
        #expect(Budget.Allowance(text) == Budget.Allowance(amount, span))
        #expect(Budget.Allowance(Budget.Allowance(amount, span).description) == Budget.Allowance(amount, span))
    }

    @Test(arguments: [
        "", "200", "/h", "200/hour", "M/day", "-1/h", "+1/h", "1.5M/day", "200/h/h", "18446744073709551616/h",
        "18446744073709552K/h", "5T/day", "５/h", "200 /h",
    ])
    func `is nothing else`(text: String) { #expect(Budget.Allowance(text) == nil) }

    @Test func `is spent up to its last piece, and not beyond`() {
        var ledger = BudgetLedger()
        #expect(ledger.spend(Self.request(.moves, 29, "30/min"), at: Self.time(5)) == .granted(at: Self.time(5)))
        #expect(ledger.spend(Self.request(.moves, 1, "30/min"), at: Self.time(6)) == .granted(at: Self.time(6)))
        guard case .exceeded(let excess) = ledger.spend(Self.request(.moves, 1, "30/min"), at: Self.time(59)) else {
            Issue.record("31 moves")
            return
        }
        #expect(
            excess.denial(.imap)
                == Denial(
                    code: "LIMIT",
                    text: "0 of 30 messages that may be moved or copied a minute are left, and this asks for up to 1"))
        #expect(excess.denial(.pop3).code == "SYS/TEMP")
        // A refusal costs nothing, and other matters have their own count.
        #expect(ledger.spent(.moves, .minute, at: Self.time(59)) == 30 && ledger.spent(.flags, .minute, at: Self.time(59)) == 0)
        #expect(ledger.spend(Self.request(.moves, 30, "30/min"), at: Self.time(60)) == .granted(at: Self.time(60)))
    }

    @Test(arguments: [("min", 60), ("h", 3600), ("day", 86_400)]) func `begins anew with each window of the clock`(
        span: String, length: Int64
    ) {
        var ledger = BudgetLedger()
        let start = 20_000 * length
        #expect(
            ledger.spend(Self.request(.flags, 5, "5/\(span)"), at: Self.time(start + length - 1)) != .granted(at: Self.time(0)))
        let late = ledger.spend(
            Self.request(.flags, 1, "5/\(span)"), at: WireTime(nanoseconds: (start + length) * 1_000_000_000 - 1))
        guard case .exceeded = late else {
            Issue.record("more than there was")
            return
        }
        #expect(
            ledger.spend(Self.request(.flags, 5, "5/\(span)"), at: Self.time(start + length))
                == .granted(at: Self.time(start + length)))
    }

    @Test func `needs one octet to be left, and may be overdrawn by what one command brings`() {
        var ledger = BudgetLedger()
        let request = Self.request(.octets, Budget.deposit, "100/day")
        #expect(ledger.spend(request, at: Self.time(1)) == .granted(at: Self.time(1)))
        let settlement = BudgetSettlement(granted: [.octets: Budget.deposit], grantedAt: Self.time(1), used: [.octets: 99])
        ledger.settle(settlement, at: Self.time(2))
        #expect(ledger.spend(request, at: Self.time(3)) == .granted(at: Self.time(3)))
        ledger.settle(settlement, at: Self.time(4))
        #expect(ledger.spent(.octets, .day, at: Self.time(4)) == 198)
        guard case .exceeded(let excess) = ledger.spend(request, at: Self.time(5)) else {
            Issue.record("198 of 100 octets")
            return
        }
        #expect(excess.denial(.imap).text == "0 of 100 octets that may be read a day are left")
    }

    @Test func `gets back what was granted and not used, in the same window`() {
        var ledger = BudgetLedger()
        #expect(ledger.spend(Self.request(.messagesRead, 50, "60/h"), at: Self.time(3590)) == .granted(at: Self.time(3590)))
        ledger.settle(
            BudgetSettlement(granted: [.messagesRead: 50], grantedAt: Self.time(3590), used: [.messagesRead: 3]),
            at: Self.time(3599))
        #expect(ledger.spent(.messagesRead, .hour, at: Self.time(3599)) == 3)
        #expect(ledger.spend(Self.request(.messagesRead, 57, "60/h"), at: Self.time(3599)) == .granted(at: Self.time(3599)))
        #expect(ledger.spend(Self.request(.messagesRead, 10, "60/h"), at: Self.time(3601)) == .granted(at: Self.time(3601)))
        // The hour in which 57 were granted is over.
        ledger.settle(BudgetSettlement(granted: [.messagesRead: 57], grantedAt: Self.time(3599), used: [:]), at: Self.time(3602))
        #expect(ledger.spent(.messagesRead, .hour, at: Self.time(3602)) == 10)
        #expect(ledger.spent(.messagesRead, .day, at: Self.time(3602)) == 13)
    }

    @Test func `does not come back when the clock is put back, and survives any number`() {
        var ledger = BudgetLedger()
        #expect(ledger.spend(Self.request(.moves, 30, "30/min"), at: Self.time(600)) == .granted(at: Self.time(600)))
        for seconds in [599, 0, -100] as [Int64] {
            guard case .exceeded = ledger.spend(Self.request(.moves, 1, "30/min"), at: Self.time(seconds)) else {
                Issue.record("spent again at \(seconds)")
                continue
            }
        }
        // What is done then counts for the minute that the clock shows, so that the future is not lost.
        #expect(
            ledger.spend(Self.request(.moves, .max, "18446744073709551615/h"), at: Self.time(0)) != .granted(at: Self.time(0)))
        #expect(ledger.spend(Self.request(.moves, 1, "40/h"), at: Self.time(0)) == .granted(at: Self.time(0)))
        #expect(ledger.spent(.moves, .minute, at: Self.time(0)) == 31 && ledger.spent(.moves, .minute, at: Self.time(60)) == 0)
        ledger.settle(BudgetSettlement(granted: [:], grantedAt: Self.time(0), used: [.moves: .max]), at: Self.time(0))
        #expect(ledger.spent(.moves, .day, at: Self.time(0)) == .max)
        #expect(Budget.Span.hour.window(at: WireTime(nanoseconds: .min)) == -2_562_048)
        #expect(Budget.Span.minute.window(at: WireTime(nanoseconds: -1)) == -1)
    }

    @Test func `is that of each policy that holds`() {
        var relay = Policy(.observe)
        relay.budget = Budget([.octets: Budget.Allowance(5, .day)])
        var client = Policy(.organise)
        client.budget = Budget([.moves: Budget.Allowance(30, .minute), .octets: Budget.Allowance(9, .day)])
        let both = relay.narrowed(by: [("client", client)])
        #expect(relay.isEnforcing)
        #expect(
            both.limits.map(\.rule) == [
                "relay: budget octets 5/day", "client: budget moves 30/min", "client: budget octets 9/day",
            ])
        #expect(client.limits.map(\.rule) == ["budget moves 30/min", "budget octets 9/day"])
    }

    // MARK: - Over a restart

    @Test func `is kept as a text, a line for each client`() throws {
        var book = BudgetBook()
        for (client, amount) in [("anna-7", 17), ("*@example.org", 1), ("B\u{fc}ro 5%\n", 2)] as [(String, UInt64)] {
            let verdict = book.spend(Self.request(.messagesRead, amount, "20/h"), of: client, at: Self.time(491_520 * 3600))
            #expect(verdict == .granted(at: Self.time(491_520 * 3600)))
        }
        let text = book.text
        #expect(text.split(separator: "\n").count == 3)
        #expect(
            text.contains("anna-7 messages-read/day=17@20480 messages-read/h=17@491520 messages-read/min=17@29491200\n"),
            "\(text)")
        #expect(text.contains("B%C3%BCro%205%25%0A messages-read/day=2"))
        var again = try #require(BudgetBook(text: text))
        #expect(again == book && again.text == text)
        #expect(again.ledger(of: "B\u{fc}ro 5%\n").spent(.messagesRead, .hour, at: Self.time(491_520 * 3600)) == 2)
        again.forgetOld(at: Self.time(491_520 * 3600 + 86_399))
        #expect(again == book)
        again.forgetOld(at: Self.time(491_520 * 3600 + 86_400))
        #expect(again == BudgetBook())
    }

    @Test(arguments: [
        "anna moves/h=1", "anna moves/h=1@x", "anna moves/session=1@0", "anna x/h=1@1", "anna moves/h=-1@1", "anna  moves/h=1@1",
        "a%2 moves/h=1@1", "a%zz", "a%FF", "anna\nanna", "anna moves/h=18446744073709551616@1", "anna moves/h=1@1@1",
    ])
    func `is not read from anything else`(text: String) { #expect(BudgetBook(text: text) == nil) }

    @Test func `is read from an empty text`() { #expect(BudgetBook(text: "") == BudgetBook()) }
}
