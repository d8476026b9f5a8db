/// The summary for programs, as one object.
extension CorpusSummary: Encodable {
    private enum Key: String, CodingKey {
        case v, files, sessions, octets, commands, responses, events, unknown, anomalies, quirks, unreadable
        case unreadOctets = "unread_octets"
    }

    private enum SideKey: String, CodingKey { case client, server }
    private enum ProtocolKey: String, CodingKey { case imap, pop3 }

    package func encode(to encoder: any Encoder) throws {
        var summary = encoder.container(keyedBy: Key.self)
        try summary.encode(1, forKey: .v)
        try summary.encode(files, forKey: .files)
        var kinds = summary.nestedContainer(keyedBy: ProtocolKey.self, forKey: .sessions)
        try kinds.encode(sessions[.imap] ?? 0, forKey: .imap)
        try kinds.encode(sessions[.pop3] ?? 0, forKey: .pop3)
        var octets = summary.nestedContainer(keyedBy: SideKey.self, forKey: .octets)
        try octets.encode(traffic.clientOctets, forKey: .client)
        try octets.encode(traffic.serverOctets, forKey: .server)
        try summary.encode(traffic.commands, forKey: .commands)
        try summary.encode(traffic.responses, forKey: .responses)
        try summary.encode(unreadOctets, forKey: .unreadOctets)
        try summary.encode(events, forKey: .events)
        for (key, category) in [(Key.unknown, CorpusFinding.Category.unknown), (.anomalies, .anomaly), (.quirks, .quirk)] {
            try summary.encode(findings.sorted(category).map(FindingRow.init), forKey: key)
        }
        try summary.encode(failures, forKey: .unreadable)
    }
}

private struct FindingRow: Encodable {
    var kind: String
    var name: String?
    var side: String
    var count: Int
    var rule: String?
    var places: [PlaceRow]

    init(_ finding: CorpusFinding, _ found: CorpusFindings.Found) {
        kind = finding.kind
        name = finding.name
        side = finding.side.rawValue
        count = found.count
        rule = finding.rule
        places = found.places.map { PlaceRow(file: $0.file, offset: $0.origin.offset, line: $0.origin.line) }
    }
}

private struct PlaceRow: Encodable {
    var file: String
    var offset: Int
    var line: Int?
}
