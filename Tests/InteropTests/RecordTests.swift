// Strategy: real clients before a real server, recorded. A reader in another language, written from the specification of the
// format, must find what ours finds; what is recorded must be what went by; and a relay that is killed must leave a file that is
// whole but for its last member.

import Foundation
import InterpostCore
import InterpostFiles
import InterpostProxy
import NIOCore
import Testing

@Suite struct `Recording sessions` {
    private struct Recorded {
        let records: [CaptureRecord]
        let account: Account
        let eventLog: Data

        func octets(arrivedFrom side: Side) -> Int {
            records.filter { $0.kind.hasArrived && $0.kind.side == side }.reduce(0) { $0 + $1.bytes.readableBytes }
        }
    }

    /// Python's clients walk through IMAP and POP3 before Dovecot, with everything recorded.
    private static func record(into path: String, _ arguments: [String] = []) async throws -> Recorded {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let dovecot = try await Dovecot.shared()
        let relay = try await Relay(before: dovecot.door, arguments: ["--record", path] + arguments)
        let visit = Visit(
            door: relay.door, account: try dovecot.account(awkward: false), room: try Room("recorded"),
            largeLetter: dovecot.largeLetter)
        try visit.account.fill(Letter.assortment())
        _ = try await visit.python("imap_tour", port: visit.door.imapPort(.startTLS), .startTLS)
        _ = try await visit.python("pop_tour", port: visit.door.pop3Port(.implicit), .implicit)
        _ = try await visit.python("compressed", port: visit.door.imapPort(.implicit), .implicit)
        let eventLog = try await relay.stop().eventLog
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return Recorded(records: isFolder.boolValue ? [] : try read(path), account: visit.account, eventLog: eventLog)
    }

    private static func read(_ path: String) throws -> [CaptureRecord] {
        let reader = try CaptureReader(path)
        var records: [CaptureRecord] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    @Test func `keeps all octets of both sides, for every reader`() async throws {
        let room = try Room("record")
        let path = room.path("all.interpost")
        let recorded = try await Self.record(into: path, ["--dangerously-keep-secrets"])
        #expect(try Program.mode(of: path) == 0o600)
        let ends = try recorded.eventLog.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Event.self, from: $0)
        }.filter { $0.event == "session.closed" }
        #expect(ends.count >= 3)
        for side in Side.allCases {
            let octets = ends.reduce(0) { $0 + ((side == .client ? $1.clientOctets : $1.serverOctets) ?? 0) }
            #expect(recorded.octets(arrivedFrom: side) == octets)
        }
        let theirs = try await room.run("python3", Clients.script("capture"), path)
        let ours = recorded.records.map { record in
            let checksum = crc(record.bytes)
            return "\(record.kind.rawValue) \(record.session) \(record.nanoseconds) \(record.bytes.readableBytes) \(checksum)\n"
        }
        #expect(theirs == ours.joined())
        #expect(String(buffer: recorded.records[0].bytes).contains(#""secrets":"kept""#))
        // And what was told while it was recorded is told again.
        func names(_ log: Data) throws -> [String] {
            // A capture knows nothing of the program.
            try log.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Event.self, from: $0) }
                .filter { $0.session > 0 }
                .map { "\($0.session) \($0.event) \($0.name ?? "") \($0.result ?? "")" }.sorted()
        }
        let told = try await Program.run("events", path)
        #expect(told.code == 0, "\(told.errors)")
        #expect(try names(told.output) == names(recorded.eventLog))
    }

    @Test(arguments: ["none", "headers", "bodies", "all"])
    func `keeps no password, whatever else is kept`(level: String) async throws {
        let path = try Room("record").path("all.interpost")
        let recorded = try await Self.record(into: path, ["--redact", level])
        let text = recorded.records.map { String(buffer: $0.bytes) }.joined(separator: "\n")
        for secret in recorded.account.secrets {
            #expect(!text.contains(secret))
            #expect(!text.contains(Data(secret.utf8).base64EncodedString()))
        }
        #expect(text.contains("xxxxxxxx"))
        // And it is the same session: read again, the same was done.
        func acts(_ lines: some Sequence<Substring>) -> [String] {
            lines.compactMap { line in
                ["login", "mailbox.selected", "messages.read", "message.retrieved", "message.appended", "flags.changed"]
                    .first { line.contains("\"event\":\"\($0)\"") }
            }
        }
        let again = try await Program.run("read", path, "--detail", "acts")
        #expect(again.code == 0, "\(again.errors)")
        #expect(
            acts(again.text.split(separator: "\n")).sorted()
                == acts(String(decoding: recorded.eventLog, as: UTF8.self).split(separator: "\n")).sorted())
    }

    @Test func `gives each session a file in a folder, and goes on with a file`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let room = try Room("record")
        let folder = try room.directory("captures")
        let server: [Step] = [.say("+OK ready"), .hear("QUIT\r\n"), .say("+OK"), .close]
        func visit(_ path: String, _ arguments: [String] = []) async throws {
            let upstream = try await PlayedServer(server, credential: nil)
            let relay = try await RelayProcess(
                [Route("pop3", to: "pop3?starttls=off", port: upstream.port)], arguments: ["--record", path] + arguments)
            for _ in 0..<2 {
                try await PlayedClient.play(
                    [.hear("ready\r\n"), .say("QUIT"), .hear("+OK"), .end], port: relay.ports[0], authority: relay.authority)
            }
            _ = try await relay.stop()
            _ = try await upstream.stop()
        }
        try await visit(folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names.count == 2 && names.allSatisfy { $0.contains("-pop3-") && $0.hasSuffix(".interpost") }, "\(names)")
        for name in names { #expect(try Set(Self.read("\(folder)/\(name)").map(\.session)) == [0, 1]) }
        let file = room.path("one.interpost")
        try await visit(file)
        try await visit(file)
        let records = try Self.read(file)
        #expect(Set(records.map(\.session)) == [0, 1, 2, 3, 4])
        #expect(records.filter { $0.kind == .header }.count == 2)
    }

    /// The relay dies in the middle of a download, 20 times at another place.
    @Test func `leaves a capture that is read up to where it ends`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let dovecot = try await Dovecot.shared()
        let account = try dovecot.account(awkward: false)
        try account.fill([Letter(bytes: Letter.assortment(1)[0].bytes + Self.noise(octets: 24 << 20))])
        for number in 1...20 {
            let room = try Room("killed")
            let path = room.path("all.interpost")
            let relay = try await Relay(before: dovecot.door, arguments: ["--record", path])
            let facts = [
                "host": "localhost", "port": "\(relay.door.imapPort(.clear))", "user": account.name, "password": account.password,
                "heard": room.path("heard"),
            ]
            let file = try room.write(String(decoding: try JSONEncoder().encode(facts), as: UTF8.self), to: "facts.json")
            let download = Task { try await room.run("python3", Clients.script("download"), file) }
            // From its beginning to its end; base64 takes three quarters of its room.
            let octets = (number * 7919 % 20) * (17 << 20) / 20
            try await relay.wait(within: .seconds(60)) {
                let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
                return size >= octets ? () : nil
            }
            kill(relay.pid, SIGKILL)
            _ = try await download.value
            let records = try Self.read(path)
            #expect(records.first?.kind == .header)
            let recorded = records.filter { $0.session == 1 && $0.kind.isCarried(onLegTo: .client) && $0.kind.side == .server }
                .reduce(into: Data()) { $0.append(contentsOf: $1.bytes.readableBytesView) }
            let heard = try Data(contentsOf: URL(fileURLWithPath: room.path("heard")))
            // What the client heard is what was recorded, as far as both go.
            let common = min(recorded.count, heard.count)
            #expect(recorded.prefix(common) == heard.prefix(common))
            // What may wait to be written, a member, and what is in the sockets.
            #expect(heard.count - recorded.count <= (8 << 20) + (1 << 20), "\(heard.count) heard, \(recorded.count) recorded")
        }
    }

    /// Base64 of what looks like chance, the same each time, in lines.
    private static func noise(octets: Int) -> Data {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        var bytes = [UInt8]()
        bytes.reserveCapacity(octets)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        while bytes.count < octets {
            for _ in 0..<9 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                for shift in stride(from: 0, to: 48, by: 6) { bytes.append(alphabet[Int(state >> UInt64(shift) & 63)]) }
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return Data(bytes)
    }

    @Test func `a full disk ends the session, and leaves what was whole`() async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let room = try Room("record")
        let (path, mark) = (room.path("full.interpost"), room.path("mark"))
        let upstream = try await PlayedServer(
            [.say("+OK ready"), .hear("RETR 1\r\n"), .say("+OK"), .noise(octets: 1 << 20, seed: 1), .finish], credential: nil)
        // The limit, 128 KiB, stands for the end of the disk.
        let relay = try await RelayProcess(
            [Route("pop3", to: "pop3?starttls=off", port: upstream.port)], arguments: ["--record", path],
            prologue: "trap '' XFSZ; ulimit -f 256")
        let client = Task {
            try await PlayedClient.play(
                [.hear("ready\r\n"), .await(mark), .say("RETR 1"), .end], port: relay.ports[0], authority: relay.authority)
        }
        func isRecorded() throws -> Bool {
            try Self.read(path).contains { $0.kind == .server && String(buffer: $0.bytes).hasPrefix("+OK ready") }
        }
        try await relay.daemon.ready(within: .seconds(20)) { try isRecorded() ? () : nil }
        try room.write("", to: "mark")
        _ = try await client.value
        try await relay.complaint("cannot be written")
        #expect(try isRecorded())
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0 <= 256 * 512)
        relay.signal(SIGKILL)
        _ = try? await upstream.stop()
    }

    /// CRC-32 as gzip has it, in eight digits.
    private func crc(_ bytes: ByteBuffer) -> String {
        var crc: UInt32 = .max
        for byte in bytes.readableBytesView {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        let text = String(~crc, radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }
}
