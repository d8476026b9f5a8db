import Foundation
import InterpostCore
import NIOCore
import TestSupport
import Testing

@testable import InterpostFiles

@Suite struct `Copying and verifying captures` {
    private static let password = "Hunter2&Co"

    /// Two sessions at the same time, with their secrets, and a third one that was never closed.
    private static func capture(_ folder: TemporaryFolder) throws -> String {
        let path = folder.file("kept.interpost")
        let file = try CaptureFile(
            path,
            header: CaptureHeader(
                started: WireTime(nanoseconds: 1_795_575_600_000_000_000), keepsSecrets: true, redaction: .none))
        func say(_ kind: CaptureRecord.Kind, _ session: Int, _ text: String) throws {
            try file.append(
                CaptureRecord(kind, session: session, nanoseconds: Int64(session), bytes: ByteBuffer(string: text)))
        }
        try say(.event, 1, #"{"v":1,"session":1,"event":"session.opened","protocol":"imap"}"#)
        try say(.event, 2, #"{"v":1,"session":2,"event":"session.opened","protocol":"pop3"}"#)
        try say(.server, 1, "* OK ready\r\n")
        try say(.server, 2, "+OK ready\r\n")
        try say(.client, 1, "a LOGIN anna \"\(password)\"\r\n")
        try say(.client, 2, "USER anna\r\nPASS \(password)\r\n")
        try say(.server, 1, "a OK in\r\n")
        try say(.server, 2, "+OK\r\n+OK in\r\n")
        try say(.client, 1, "b FETCH 1 BODY[]\r\n")
        try say(.server, 1, "* 1 FETCH (BODY[] {23}\r\nSubject: Ann\r\n\r\nHi Bea)\r\nb OK done\r\n")
        try say(.event, 1, #"{"v":1,"session":1,"event":"session.closed"}"#)
        try say(.event, 2, #"{"v":1,"session":2,"event":"session.closed"}"#)
        try say(.server, 3, "+OK ready\r\n")
        try file.flush()
        return path
    }

    private static let secrets = [Secret(ByteBuffer(string: password))]

    @Test func `a copy has the same sessions without secrets and texts, and is good`() throws {
        let folder = try TemporaryFolder()
        let copy = folder.file("copy.interpost")
        let original = CapturePlace(path: try Self.capture(folder))
        let redaction = try CaptureRedaction(of: original, to: copy, .bodies, key: PseudonymHMAC())
        #expect(redaction.sessions == 3 && !redaction.isCutOff)
        let attributes = try FileManager.default.attributesOfItem(atPath: copy)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let verification = try CaptureVerification(of: CapturePlace(path: copy), secrets: Self.secrets)
        #expect(verification.problems.map(\.description) == [])
        #expect(verification.sessions == 3 && verification.redaction == .bodies)
        let reader = try CaptureReader(copy)
        var text = ""
        while let record = try reader.next() { text += String(buffer: record.bytes) }
        for word in ["Ann\r", "Hi", "Bea", "anna"] { #expect(!text.contains(word)) }
        #expect(text.contains(#""secrets":"removed","redaction":"bodies""#) && text.contains("{23}\r\nSubject: "))
    }

    @Test(arguments: [
        ("PASS ********\r\n", []), ("RETR 1\r\npass ********\r\n", []),
        ("PASS pass\r\n", ["the client says secret 1, as it is"]), ("NOOP\r\npass", []),
        ("NOOP\r\nXpass", ["the client says secret 1, as it is"]),
    ])
    func `a secret with the name of a verb is not found in verbs`(said: String, problems: [String]) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("verbs.interpost")
        let file = try CaptureFile(
            path, header: CaptureHeader(started: WireTime(nanoseconds: 0), keepsSecrets: false, redaction: .none))
        let opened = #"{"v":1,"session":1,"event":"session.opened","protocol":"pop3"}"#
        for (kind, text) in [(CaptureRecord.Kind.event, opened), (.server, "+OK ready\r\n")] + said.map({ (.client, "\($0)") }) {
            try file.append(CaptureRecord(kind, session: 1, nanoseconds: 0, bytes: ByteBuffer(string: text)))
        }
        try file.flush()
        let found = try CaptureVerification(of: CapturePlace(path: path), secrets: [Secret(ByteBuffer(string: "pass"))])
        let texts = found.problems.map(\.text).filter { $0.contains("secret") }
        #expect(texts.map { String($0.prefix { $0 != "," }) + ", as it is" } == problems, "\(texts)")
    }

    @Test func `a copy of a copy keeps the higher level`() throws {
        let folder = try TemporaryFolder()
        let (first, second) = (folder.file("first.interpost"), folder.file("second.interpost"))
        _ = try CaptureRedaction(of: CapturePlace(path: try Self.capture(folder)), to: first, .all, key: PseudonymHMAC())
        _ = try CaptureRedaction(of: CapturePlace(path: first, session: 1), to: second, .headers, key: PseudonymHMAC())
        let verification = try CaptureVerification(of: CapturePlace(path: second))
        #expect(verification.isGood && verification.redaction == .all && verification.sessions == 1)
    }

    @Test func `the same key gives the same pseudonyms, and is only its owner's`() throws {
        let folder = try TemporaryFolder()
        let original = CapturePlace(path: try Self.capture(folder))
        let key = folder.file("key")
        let users = try ["a", "b"].map { name in
            let copy = folder.file(name)
            _ = try CaptureRedaction(of: original, to: copy, .none, key: PseudonymHMAC(file: key))
            let reader = try CaptureReader(copy)
            var text = ""
            while let record = try reader.next() { text += String(buffer: record.bytes) }
            return text.split(separator: " ").filter { $0.hasPrefix("user-") }
        }
        #expect(users[0] == users[1] && !users[0].isEmpty)
        #expect(try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int == 0o600)
        chmod(key, 0o644)
        #expect(throws: PseudonymHMAC.Failure.self) { _ = try PseudonymHMAC(file: key) }
        chmod(key, 0o600)
        try Data("short".utf8).write(to: URL(filePath: key))
        #expect(throws: PseudonymHMAC.Failure.self) { _ = try PseudonymHMAC(file: key) }
    }

    @Test func `secrets are found, and named by their number`() throws {
        let folder = try TemporaryFolder()
        let verification = try CaptureVerification(of: CapturePlace(path: try Self.capture(folder)), secrets: Self.secrets)
        let problems = verification.problems.map(\.text)
        #expect(problems.contains { $0.contains("secrets of its logins were kept") })
        #expect(problems.contains { $0.hasPrefix("the client says secret 1, as it is") })
        #expect(!problems.contains { $0.contains(Self.password) })
    }

    @Test func `a secret in two records is found`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("split.interpost")
        let file = try CaptureFile(path, header: `Capture files`.header)
        for piece in ["* OK Hunt", "er2&Co\r\n"] {
            try file.append(CaptureRecord(.server, session: 1, nanoseconds: 0, bytes: ByteBuffer(string: piece)))
        }
        try file.flush()
        let verification = try CaptureVerification(of: CapturePlace(path: path), secrets: Self.secrets)
        #expect(verification.problems.map(\.place.description) == ["\(path)#1"])
    }

    @Test func `a copy is never written over something, and nothing is left of one that fails`() throws {
        let folder = try TemporaryFolder()
        let original = try Self.capture(folder)
        #expect(throws: CaptureFile.Failure.self) {
            _ = try CaptureRedaction(of: CapturePlace(path: original), to: original, .all, key: PseudonymHMAC())
        }
        var damaged = try Data(contentsOf: URL(filePath: original))
        damaged[damaged.count - 5] ^= 1
        let (broken, copy) = (folder.file("broken.interpost"), folder.file("copy.interpost"))
        try damaged.write(to: URL(filePath: broken))
        #expect(throws: CaptureError.self) {
            _ = try CaptureRedaction(of: CapturePlace(path: broken), to: copy, .all, key: PseudonymHMAC())
        }
        #expect(!FileManager.default.fileExists(atPath: copy))
        let verification = try CaptureVerification(of: CapturePlace(path: broken))
        #expect(verification.problems.contains { $0.text.contains("is damaged at octet") })
    }

    @Test func `a recording that does not answer itself is told`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("mixed.interpost")
        let file = try CaptureFile(path, header: `Capture files`.header)
        // The greeting is that of a server that turns everybody away, and yet the client goes on.
        for (kind, text) in [(CaptureRecord.Kind.server, "220 smtp.example.org\r\n"), (.client, "EHLO here\r\n")] {
            try file.append(CaptureRecord(kind, session: 1, nanoseconds: 0, bytes: ByteBuffer(string: text)))
        }
        try file.flush()
        let verification = try CaptureVerification(of: CapturePlace(path: path))
        #expect(verification.problems.map(\.text) == ["neither side speaks IMAP or POP3"])
    }
}
