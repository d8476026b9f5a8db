extension CorpusSummary {
    /// The summary as people read it.
    package var text: String {
        var text = head
        text += Self.section("Events", events.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.value, $0.key) })
        for (title, category) in [("Not understood", CorpusFinding.Category.unknown), ("Anomalies", .anomaly)] {
            text += list(title, category, places: 3)
        }
        let quirks = findings.count(of: .quirk)
        if quirks > 0 {
            let kinds = findings.sorted(.quirk).count
            text += "\nQuirks: \(quirks) of \(kinds == 1 ? "1 kind" : "\(kinds) kinds"); --quirks shows them\n"
        }
        if !failures.isEmpty { text += "\nNot read\n" + failures.map { "  \($0.description)\n" }.joined() }
        return text
    }

    /// The leniencies that reading needed: a lint for those who write servers and clients.
    package var lint: String {
        guard findings.count(of: .quirk) > 0 else { return "No quirks in \(Self.count(sessionCount, "session")).\n" }
        return "Quirks in \(Self.count(sessionCount, "session"))\n" + lines(of: .quirk, places: 1)
    }

    private var sessionCount: Int { sessions.values.reduce(0, +) }

    private var head: String {
        let kinds = MailProtocol.allCases.compactMap { kind in sessions[kind].map { "\($0) \(kind.title)" } }
        return "\(Self.count(files, "file")), \(Self.count(sessionCount, "session"))"
            + (kinds.isEmpty ? "" : " (" + kinds.joined(separator: ", ") + ")")
            + "\n\(traffic.clientOctets) octets of clients with \(Self.count(traffic.commands, "command")), "
            + "\(traffic.serverOctets) octets of servers with \(Self.count(traffic.responses, "response"))\n"
            + (unreadOctets > 0
                ? "\(unreadOctets) octets at the ends of sessions are no whole line, or wait for an answer\n" : "")
    }

    private func list(_ title: String, _ category: CorpusFinding.Category, places: Int) -> String {
        let count = findings.count(of: category)
        return count == 0 ? "" : "\n\(title): \(count)\n" + lines(of: category, places: places)
    }

    private func lines(of category: CorpusFinding.Category, places: Int) -> String {
        findings.sorted(category).map { finding, found in
            var locations = found.places.prefix(places).map(\.description).joined(separator: ", ")
            if found.count > places { locations += ", …" }
            let rule = finding.rule.map { "\(Self.margin)  \($0)\n" } ?? ""
            return Self.line(found.count, finding.title.padded(to: 42) + "  " + locations) + rule
        }
        .joined()
    }

    private static func section(_ title: String, _ rows: [(Int, String)]) -> String {
        rows.isEmpty ? "" : "\n\(title)\n" + rows.map { line($0.0, $0.1) }.joined()
    }

    private static let margin = String(repeating: " ", count: 10)

    private static func line(_ count: Int, _ text: String) -> String {
        let digits = "\(count)"
        return String(repeating: " ", count: max(0, margin.count - digits.count)) + digits + "  " + text + "\n"
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
