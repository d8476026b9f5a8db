package import InterpostCore

/// The clients' halves of the sessions of a capture, in the order in which they began.
public struct ClientScripts: Sendable {
    package let scripts: [(session: Int, script: ClientScript)]

    /// - Parameter mailProtocol: The protocol of the server that they are for; sessions of the other protocol are not taken.
    package init(_ place: CapturePlace, for mailProtocol: MailProtocol, _ normalisation: Normalisation = .all) throws {
        let all: [SessionRecords]
        var room = SessionRecords.maximumOctets
        do {
            all = try SessionRecords.read(place, into: &room)
        } catch {
            throw CaptureReader.Failure(description: "\(place.path) \(error)")
        }
        let sessions = all.filter { $0.mailProtocol == mailProtocol }
        guard !sessions.isEmpty else {
            throw CaptureReader.Failure(description: "\(place) has no session of \(mailProtocol.title) to play to such a server")
        }
        scripts = sessions.map { session in
            let script = ClientScript(
                session.mailProtocol, records: session.records, isRedacted: session.isRedacted, normalisation)
            return (session.number, script)
        }
    }

    /// The commands that change what is in the account, once each.
    public var changes: [String] {
        var found: [String] = []
        for change in scripts.flatMap(\.script.changes) where !found.contains(change) { found.append(change) }
        return found
    }
}
