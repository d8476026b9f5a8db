// Strategy: a scene is one play with the real relay between the played client and the played server, and what is
// left of it: what both heard, and the event log after the relay has ended in order.

import Foundation
import Testing

struct Scene: Sendable {
    let client: PeerReport
    /// One report per connection that reached the server.
    let server: [PeerReport]
    let events: [Event]
    let errors: String

    /// Plays the scene; `server` is `nil` where nobody listens.
    static func play(
        _ listen: String, to upstream: String, _ further: String = "timeouts: {drain: 2}", relay: String = "",
        credential: Credential.Kind = .right, server: [Step]?, client: [Step]
    ) async throws -> Scene {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let credential = try await Credential.of(credential)
        var played: PlayedServer?
        if let server { played = try await PlayedServer(server, credential: credential) }
        let port = if let played { played.port } else { try Port.free(1)[0] }
        let process = try await RelayProcess([Route(listen, to: upstream, port: port, relay)], further)
        let heard = try await PlayedClient.play(client, port: process.ports[0], authority: process.authority)
        let events = try await process.stop()
        return Scene(
            client: heard, server: try await played?.stop() ?? [], events: events, errors: process.errorText)
    }

    /// Everything that reached the server, of all connections.
    var serverHeard: String { server.map(\.heard).joined() }

    func has(_ name: String, where isWanted: (Event) -> Bool = { _ in true }) -> Bool {
        events.contains { $0.event == name && isWanted($0) }
    }

    func hasAnomaly(_ kind: String, of side: String) -> Bool {
        has("anomaly") { $0.kind == kind && $0.side == side }
    }

    /// The last event of the only session.
    var closing: Event? { events.last { $0.event == "session.closed" } }

    /// All that is known, for a test that fails.
    var account: Comment {
        let told = events.map {
            "\($0.event) \($0.side ?? "") \($0.by ?? "") \($0.reason ?? $0.kind ?? $0.limit ?? $0.text ?? "")"
        }
        return """
            the client heard \(client.heard.debugDescription), \(client.ended) \(client.failure)
            the server heard \(server.map { "\($0.heard.debugDescription), \($0.ended) \($0.failure)" })
            events: \(told.joined(separator: "; "))
            \(errors)
            """
    }
}

/// Commands that carry a password; none of them may reach a server that cannot be trusted.
enum Secrets {
    static let login = "a LOGIN fred abracadabra"
    static let user = "USER fred"
    static let password = "abracadabra"
}
