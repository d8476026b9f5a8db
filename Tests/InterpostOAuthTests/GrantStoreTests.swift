// Strategy: files as they are on the disk, and what is done to them by others: cut at every octet, changed, exchanged, of another key.

import Foundation
import InterpostCore
import TestSupport
import Testing

@testable import InterpostOAuth

@Suite struct `Refresh tokens on disk` {
    static func store(_ folder: TemporaryFolder, key: String = "key") throws -> GrantStore {
        try GrantStore(folder: folder.file("accounts"), key: GrantKey(file: folder.file(key)))
    }

    static func token(_ refresh: String = "1//r-sesame", account: String = "anna") -> StoredGrant {
        StoredGrant(
            account: account, refresh: Secret(text: refresh), clientID: "app", tokenURL: "https://login.example.org/token",
            authorised: WireTime(nanoseconds: 1_800_000_000_123_456_000))
    }

    static func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func `are what they were`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder)
        #expect(try store.read("anna") == nil)
        #expect(try store.write(Self.token()) == nil)
        #expect(try store.read("anna")?.token == Self.token())
        #expect(try store.read("anna")?.identity == store.identity(of: "anna"))
        let before = store.identity(of: "anna")
        try store.write(Self.token("r2"))
        #expect(store.identity(of: "anna") != before)
        #expect(try store.read("anna")?.token.refresh.text == "r2")
        #expect(try store.remove("anna"))
        #expect(try !store.remove("anna"))
        #expect(try store.read("anna") == nil)
        #expect(store.identity(of: "anna") == nil)
    }

    @Test func `are read by their owner only, and by nobody without the key`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder)
        try store.write(Self.token())
        #expect(try Self.mode(store.path(of: "anna")) == 0o600)
        #expect(try Self.mode(folder.file("key")) == 0o600)
        #expect(try Self.mode(folder.file("accounts")) == 0o700)
        let bytes = try Data(contentsOf: URL(filePath: store.path(of: "anna")))
        #expect(bytes.range(of: Data("sesame".utf8)) == nil && bytes.range(of: Data("app".utf8)) == nil)
        #expect(throws: GrantStoreError.self) { try Self.store(folder, key: "another").read("anna") }
        #expect(try Self.store(folder).read("anna")?.token == Self.token())
    }

    @Test func `are nobody else's`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder)
        try store.write(Self.token())
        try FileManager.default.copyItem(atPath: store.path(of: "anna"), toPath: store.path(of: "bob"))
        #expect(throws: GrantStoreError.self) { try store.read("bob") }
    }

    @Test func `are whole or nothing`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder)
        try store.write(Self.token())
        let path = URL(filePath: store.path(of: "anna"))
        let whole = try Data(contentsOf: path)
        for length in 0..<whole.count {
            try whole.prefix(length).write(to: path)
            #expect(throws: GrantStoreError.self) { try store.read("anna") }
        }
        for place in 0..<whole.count {
            var changed = whole
            changed[place] ^= 1
            try changed.write(to: path)
            #expect(throws: GrantStoreError.self) { try store.read("anna") }
        }
        try (whole + [0]).write(to: path)
        #expect(throws: GrantStoreError.self) { try store.read("anna") }
        try Data(count: 1 << 20).write(to: path)
        #expect(throws: GrantStoreError.self) { try store.read("anna") }
    }

    @Test func `are never written over where they cannot be read`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder)
        let path = store.path(of: "anna")
        for (number, text) in ["one", "two"].enumerated() {
            try Data(text.utf8).write(to: URL(filePath: path))
            #expect(try store.write(Self.token()) == "\(path).unreadable-\(number + 1)")
            #expect(try String(contentsOfFile: "\(path).unreadable-\(number + 1)", encoding: .utf8) == text)
            #expect(try store.read("anna")?.token == Self.token())
        }
    }

    @Test func `follow no link`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder)
        let path = store.path(of: "anna")
        try Data("mine".utf8).write(to: URL(filePath: folder.file("victim")))
        try FileManager.default.createSymbolicLink(atPath: path + ".new", withDestinationPath: folder.file("victim"))
        #expect(throws: GrantStoreError.self) { try store.write(Self.token()) }
        try FileManager.default.removeItem(atPath: path + ".new")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.file("victim"))
        #expect(throws: GrantStoreError.self) { try store.read("anna") }
        #expect(try String(contentsOfFile: folder.file("victim"), encoding: .utf8) == "mine")
    }

    @Test func `have names of files that are safe, and one each`() {
        #expect(GrantFileName.encode("anna@example.org") == "anna@example.org")
        #expect(GrantFileName.encode("../Anna") == "%2E.%2F%41nna")
        let names = [
            "", ".", "..", "...", "a", "A", "a/b", "a%2Fb", "a\0b", "ä", "a\u{308}", "*", "*@example.org", "key", "a.token",
            "a=b", "-",
            String(repeating: "a", count: 200), String(repeating: "a", count: 201), String(repeating: "ä", count: 200),
        ]
        let encoded = names.map(GrantFileName.encode)
        #expect(Set(encoded.map { $0.lowercased() }).count == names.count)
        for name in encoded {
            #expect(name.utf8.count <= 150 && !name.hasPrefix(".") && !name.contains("/"))
            #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        }
    }

    @Test func `are locked by one at a time`() throws {
        let folder = try TemporaryFolder()
        let (one, other) = (try Self.store(folder), try Self.store(folder))
        var lock = try one.lock("anna")
        #expect(lock != nil)
        #expect(try other.lock("anna") == nil)
        #expect(try other.lock("bob") != nil)
        lock = nil
        #expect(try other.lock("anna") != nil)
        _ = lock
    }

    @Test func `have a key that nobody else may read`() throws {
        let folder = try TemporaryFolder()
        _ = try GrantKey(file: folder.file("key"))
        let first = try Data(contentsOf: URL(filePath: folder.file("key")))
        _ = try GrantKey(file: folder.file("key"))
        #expect(try Data(contentsOf: URL(filePath: folder.file("key"))) == first)
        #expect(first.count == 65)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.file("key"))
        #expect(throws: GrantStoreError.self) { try GrantKey(file: folder.file("key")) }
        #expect(throws: GrantStoreError.self) { try GrantKey(material: Array("too short\n".utf8)) }
        #expect(throws: GrantStoreError.self) { try GrantKey(file: folder.file("missing/key")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["key"])
    }

    @Test func `may have their key from systemd`() throws {
        let folder = try TemporaryFolder()
        try Data("0123456789abcdef\n".utf8).write(to: URL(filePath: folder.file("tokens")))
        let store = try GrantStore(folder: folder.file("accounts"), key: GrantKey(credential: "tokens", directory: folder.path))
        try store.write(Self.token())
        let same = try GrantStore(folder: folder.file("accounts"), key: GrantKey(material: Array("0123456789abcdef".utf8)))
        #expect(try same.read("anna")?.token == Self.token())
        #expect(throws: GrantStoreError.self) { try GrantKey(credential: "tokens", directory: nil) }
        #expect(throws: GrantStoreError.self) { try GrantKey(credential: "others", directory: folder.path) }
    }
}
