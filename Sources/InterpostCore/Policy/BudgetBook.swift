import NIOCore

/// The ledgers of all clients, by their names, and as a text that is kept over a restart.
///
///     anna-7 messages-read/h=17@491520 octets/day=5000000@20480␊
///
/// A line for each client. In the name octets that are not visible ASCII, and `%`, are written as `%20`; the number after `@` says
/// which minute, hour or day was counted, from 1970.
package struct BudgetBook: Sendable, Equatable {
    private var ledgers: [String: BudgetLedger] = [:]

    /// No client has done anything.
    package init() {}

    /// The ledger of a client.
    package func ledger(of client: String) -> BudgetLedger { ledgers[client] ?? BudgetLedger() }

    package mutating func spend(_ request: BudgetRequest, of client: String, at time: WireTime) -> BudgetVerdict {
        ledgers[client, default: BudgetLedger()].spend(request, at: time)
    }

    package mutating func settle(_ settlement: BudgetSettlement, of client: String, at time: WireTime) {
        ledgers[client, default: BudgetLedger()].settle(settlement, at: time)
    }

    /// Forgets clients that have done nothing in the present day.
    package mutating func forgetOld(at time: WireTime) {
        ledgers = ledgers.filter { client in Budget.Matter.allCases.contains { client.value.spent($0, .day, at: time) > 0 } }
    }

    // MARK: - As text

    package var text: String {
        ledgers.sorted { $0.key < $1.key }.map { name, ledger in "\(Self.escaped(name))\(ledger.text)\n" }.joined()
    }

    /// Reads what ``text`` returns; `nil` where a line is anything else.
    package init?(text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard let name = words.first.flatMap(Self.unescaped), let ledger = BudgetLedger(words: words.dropFirst()),
                ledgers.updateValue(ledger, forKey: name) == nil
            else { return nil }
        }
    }

    private static func escaped(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for octet in name.utf8 {
            if octet > 0x20, octet < 0x7F, octet != UInt8(ascii: "%") {
                text.append(octet)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unescaped(_ text: Substring) -> String? {
        var octets: [UInt8] = []
        var rest = text.utf8[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                octets.append(octet)
                continue
            }
            guard rest.count >= 2, rest.prefix(2).allSatisfy(\.isHexDigit),
                let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16)
            else { return nil }
            octets.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: octets, as: UTF8.self)
    }
}

extension BudgetLedger {
    /// ` messages-read/h=17@491520`, for each count.
    fileprivate var text: String {
        counts.map { " \($0.matter.rawValue)/\($0.span.rawValue)=\($1.amount)@\($1.window)" }.sorted().joined()
    }

    fileprivate init?(words: ArraySlice<Substring>) {
        self.init()
        for word in words {
            let parts = word.split(omittingEmptySubsequences: false) { "/=@".contains($0) }
            guard parts.count == 4, let matter = Budget.Matter(rawValue: String(parts[0])),
                let span = Budget.Span(rawValue: String(parts[1])), span != .session, let amount = UInt64(parts[2]),
                let window = Int64(parts[3])
            else { return nil }
            set(Count(window: window, amount: amount), for: Slot(matter: matter, span: span))
        }
    }
}
