// Strategy: very many octets in cuts of random size, TLS on both legs, hashed by whoever sends and whoever receives: the
// hashes must be equal. A client that reads slowly must make the server wait, and the relay must not keep for it
// what it does not take. INTERPOST_FIDELITY_BYTES says how many octets; without it the tests stay quick.

import Foundation
import Testing

@Suite(.serialized) struct `Fidelity` {
    private static let octets =
        ProcessInfo.processInfo.environment["INTERPOST_FIDELITY_BYTES"].flatMap { Int($0) } ?? 256 << 20

    @Test func `of a literal that is downloaded`() async throws {
        let outcome = try await flood("fetch", scheme: "imaps")
        #expect(outcome.received.digest == outcome.sent)
        #expect(outcome.events.contains { $0.event == "session.closed" && $0.serverOctets ?? 0 > Self.octets })
    }

    @Test func `of a literal that is uploaded`() async throws {
        let outcome = try await flood("append", scheme: "imaps")
        #expect(outcome.received.digest == outcome.sent)
        #expect(outcome.events.contains { $0.event == "session.closed" && $0.clientOctets ?? 0 > Self.octets })
    }

    @Test func `of a message of POP3 that is stuffed with dots`() async throws {
        let outcome = try await flood("retr", scheme: "pop3s")
        #expect(outcome.received.digest == outcome.sent)
    }

    @Test func `of a literal that the client takes slowly, without keeping it`() async throws {
        let outcome = try await flood("slow", scheme: "imaps")
        let received = outcome.received
        print(
            "slow client: \(received.ahead >> 10) KiB ahead, \(received.grown >> 10) KiB grown, peak \(received.peak >> 10) KiB")
        #expect(received.digest == outcome.sent)
        #expect(received.ahead < 24 << 20, "octets that the server could send ahead of the client, network buffers included")
        #expect(received.grown < 16 << 20, "octets that the relay's memory grew by while the client paused")
        #expect(received.peak < 16 << 20, "octets that the relay's memory ever grew by")
    }

    private struct Received: Decodable {
        let digest: String
        let ahead: Int
        let grown: Int
        let peak: Int
    }

    private struct ServerFacts: Encodable {
        let octets: Int
        let imap: Bool
        let ready: String
        let blocked: String
        let report: String
        let chain: String
        let key: String
    }

    private struct ClientFacts: Encodable {
        let action: String
        let octets: Int
        let port: Int
        let authority: String
        let blocked: String
        let relay: Int32
    }

    private func flood(
        _ action: String, scheme: String
    ) async throws -> (received: Received, sent: String, events: [Event]) {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        Daemon.stopAllAtExit()
        let room = try Room("flood")
        let credential = try await Credential.of(.right)
        let blocked = room.path("blocked.json")
        let serverFacts = ServerFacts(
            octets: Self.octets, imap: scheme == "imaps", ready: room.path("port.json"), blocked: blocked,
            report: room.path("report.json"), chain: credential.chain, key: credential.key)
        let serverFile = try room.write(json(serverFacts), to: "server.json")
        let server = try Daemon(
            ["python3", Clients.script("flood_server"), serverFile], environment: room.environment,
            log: room.path("server.log"))
        let port = try await server.ready(within: .seconds(30)) {
            FileManager.default.contents(atPath: serverFacts.ready).flatMap { try? JSONDecoder().decode(Int.self, from: $0) }
        }
        let relay = try await RelayProcess([Route(scheme, to: scheme, port: port)])
        let clientFacts = ClientFacts(
            action: action, octets: Self.octets, port: relay.ports[0], authority: relay.authority, blocked: blocked,
            relay: relay.daemon.pid)
        let clientFile = try room.write(json(clientFacts), to: "client.json")
        let said = try await room.run("python3", Clients.script("flood_client"), clientFile, limit: .seconds(300))
        let code = await server.exitCode(within: .seconds(20))
        guard code == 0 else { throw InteropFailure("the server ended with \(code):\n\(server.logText)") }
        let sent = try JSONDecoder().decode(String.self, from: Data(contentsOf: URL(fileURLWithPath: serverFacts.report)))
        return (try JSONDecoder().decode(Received.self, from: Data(said.utf8)), sent, try await relay.stop())
    }

    private func json(_ facts: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(facts), as: UTF8.self)
    }
}
