// Strategy: a token file in a folder of its own, changed by several at once, left half written, made readable to others, and damaged.

import Foundation
import InterpostCore
import TestSupport
import Testing

@testable import InterpostConfiguration

@Suite struct `A store of tokens` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String = "tokens") -> String { folder.file(name) }

    private static func token(_ name: String, policy: String = "read-only") -> Token {
        Token(
            name: name, account: "anna", digest: Array(repeating: 7, count: 32), policy: policy,
            created: WireTime(nanoseconds: 1_764_320_400_000_000_000))
    }

    private static func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private static func failure(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func `is empty before the first token, and makes its folder with it`() throws {
        let store = TokenStore(path("a/b/tokens"))
        #expect(try store.tokens().isEmpty && store.stamp == nil)
        try store.change { $0.append(Self.token("x")) }
        #expect(try store.tokens().map(\.name) == ["x"])
        #expect(try Self.mode(of: store.path) == 0o600)
        #expect(try Self.mode(of: path("a/b")) == 0o700)
    }

    @Test func `is in the state directory unless a path is given`() {
        #expect(TokenStore(nil).path == StateDirectory.standard.appending(path: "tokens").path)
    }

    @Test func `loses no change, whoever makes it at the same time`() async throws {
        let path = path()
        try TokenStore(path).change { $0.append(Self.token("t")) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let store = TokenStore(path)
                    for number in 0..<10 { try store.change { $0.append(Self.token("t-\(writer)-\(number)")) } }
                    var usage = TokenUsage()
                    usage.noteSession(of: "t", at: WireTime(nanoseconds: 0))
                    try store.flush(usage)
                }
            }
            try await group.waitForAll()
        }
        let store = TokenStore(path)
        #expect(try store.tokens().count == 81)
        #expect(try store.usage()["t"]?.sessions == 8)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(left.sorted() == ["tokens", "tokens.lock", "tokens.usage"])
    }

    @Test func `writes nothing where a change fails or changes nothing`() throws {
        let store = TokenStore(path())
        try store.change { $0.append(Self.token("x")) }
        let stamp = store.stamp
        struct No: Error {}
        #expect(throws: No.self) {
            try store.change { tokens in
                tokens = []
                throw No()
            }
        }
        try store.change { _ in }
        #expect(store.stamp == stamp && stamp != nil)
        try store.change { $0[0].revoked = WireTime(nanoseconds: 1_764_320_400_000_000_000) }
        #expect(store.stamp != stamp)
    }

    @Test func `waits for another who changes it, and not for ever`() throws {
        let store = TokenStore(path(), patience: 0)
        try store.change { $0.append(Self.token("x")) }
        let descriptor = open(store.path + ".lock", O_RDWR)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX) == 0)
        #expect(
            Self.failure { try store.change { $0 = [] } }.contains(
                "is locked by another program, for 0 s now: nothing was changed"))
        #expect(try store.tokens().count == 1)
        #expect(flock(descriptor, LOCK_UN) == 0)
        try store.change { $0 = [] }
        #expect(try store.tokens().isEmpty)
    }

    @Test func `does not mind what a program left that was killed while it wrote`() throws {
        let store = TokenStore(path())
        try store.change { $0.append(Self.token("x")) }
        try Data("{\"v\":1,\"tok".utf8).write(to: URL(filePath: store.path + ".new"))
        #expect(try store.tokens().map(\.name) == ["x"])
        try store.change { $0.append(Self.token("y")) }
        #expect(try store.tokens().map(\.name) == ["x", "y"])
        #expect(!FileManager.default.fileExists(atPath: store.path + ".new"))
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o620, 0o602])
    func `lets nobody in where others may change or read it`(mode: Int) throws {
        let store = TokenStore(path())
        try store.change { $0.append(Self.token("x")) }
        chmod(store.path, mode_t(mode))
        for failure in [Self.failure { _ = try store.records() }, Self.failure { try store.change { $0 = [] } }] {
            #expect(
                failure.contains("may be read or written by others (mode \(String(mode, radix: 8))); run: chmod 600"),
                "\(failure)")
        }
    }

    @Test func `lets nobody in where it is damaged, and is not overwritten then`() throws {
        let store = TokenStore(path())
        let damaged = Data(#"{"v":1,"tokens":[{"name":"x"}]}"#.utf8)
        try damaged.write(to: URL(filePath: store.path))
        chmod(store.path, 0o600)
        let words = "the token file \(store.path) cannot be used: token 'x' has no 'account'"
        #expect(Self.failure { _ = try store.tokens() } == words && Self.failure { _ = try store.records() } == words)
        #expect(Self.failure { try store.change { $0 = [] } } == words)
        #expect(try Data(contentsOf: URL(filePath: store.path)) == damaged)
        unlink(store.path)
        mkdir(store.path, 0o700)
        #expect(Self.failure { _ = try store.tokens() }.contains("is not a file"))
    }

    @Test func `gives the directory of clients what it needs`() throws {
        let store = TokenStore(path())
        let policy = path("policy.yml")
        try Data("preset: no-delete\nrules:\n  - {command: STORE, action: allow}\n".utf8).write(to: URL(filePath: policy))
        var revoked = Self.token("revoked", policy: "/no/such/policy.yml")
        revoked.revoked = revoked.created
        let tokens = [`A token file`.everything, Self.token("file", policy: policy), revoked]
        try store.change { list in
            list = tokens
            (list[0].policy, list[0].revoked) = ("organise", nil)
        }
        let records = try store.records()
        #expect(records.map(\.name) == ["agent-7", "file", "revoked"] && records.allSatisfy(\.isToken))
        #expect(records[0].policy?.preset == .organise && records[1].policy?.rules.count == 1)
        #expect(records[2].revoked == revoked.created && records[2].policy?.preset == .readOnly)
        let token = `A token file`.everything
        var expected = ClientRecord(name: token.name, proof: .token(sha256: token.digest), account: token.account)
        (expected.policy, expected.expires) = (Policy(.organise), token.expires)
        (expected.addresses, expected.protocols, expected.sessions) = (token.from, token.protocols, token.sessions)
        #expect(records[0] == expected)
    }

    @Test(arguments: [
        ("/no/such/policy.yml", "there is no such file"), ("readonly", "did you mean 'read-only'?"),
        ("dry", "a dry run refuses nothing"),
    ])
    func `lets nobody in where a policy cannot be read`(policy: String, words: String) throws {
        let store = TokenStore(path())
        let file = path("dry.yml")
        try Data("{preset: read-only, dry-run: true}".utf8).write(to: URL(filePath: file))
        try store.change { $0 = [Self.token("x"), Self.token("y", policy: policy == "dry" ? file : policy)] }
        let failure = Self.failure { _ = try store.records() }
        #expect(failure.hasPrefix("token 'y': the policy") && failure.contains(words), "\(failure)")
        // It can be taken back all the same.
        #expect(try store.tokens().count == 2)
    }

    // MARK: - Usage

    @Test func `adds up how tokens are used`() throws {
        let store = TokenStore(path())
        #expect(try store.usage().isEmpty)
        try store.change { $0 = [Self.token("a"), Self.token("b")] }
        let start = WireTime(nanoseconds: 1_764_320_400_000_000_000)
        func seconds(_ count: Int64) -> WireTime { start.later(by: count * 1_000_000_000) }
        var usage = TokenUsage()
        let nothing = usage.takeIfDue(at: start)
        #expect(nothing == nil)
        usage.noteSession(of: "a", at: start)
        usage.noteSession(of: "a", at: seconds(5))
        usage.noteRefusal(of: "b")
        usage.noteRefusal(of: "gone")
        let first = usage.takeIfDue(at: start)
        #expect(usage.isEmpty)
        usage.noteSession(of: "b", at: start)
        let tooEarly = usage.takeIfDue(at: seconds(10).later(by: -1))
        #expect(tooEarly == nil && !usage.isEmpty)
        let second = usage.takeIfDue(at: seconds(10))
        try store.flush(try #require(first))
        try store.flush(try #require(second))
        try store.flush(TokenUsage())
        let all = try store.usage()
        #expect(all.keys.sorted() == ["a", "b"])
        #expect(all["a"]?.sessions == 2 && all["a"]?.last == seconds(5) && all["a"]?.refusals == 0)
        #expect(all["b"]?.sessions == 1 && all["b"]?.refusals == 1)
        #expect(try Self.mode(of: store.path + ".usage") == 0o600)
        // What could not be written is counted again.
        usage.noteRefusal(of: "a")
        let failed = usage.take()
        usage.noteRefusal(of: "a")
        usage.add(try #require(failed))
        let again = usage.take()
        try store.flush(try #require(again))
        #expect(try store.usage()["a"]?.refusals == 2)
    }

    @Test func `says what to do where what was counted is damaged`() throws {
        let store = TokenStore(path())
        try store.change { $0 = [Self.token("a")] }
        for text in ["{", "{\"v\":2,\"usage\":{}}", "{\"v\":1,\"usage\":{\"a\":{\"sessions\":\"many\",\"refusals\":0}}}"] {
            try Data(text.utf8).write(to: URL(filePath: store.path + ".usage"))
            chmod(store.path + ".usage", 0o600)
            #expect(Self.failure { _ = try store.usage() }.contains("Remove it, and counting begins anew"), "\(text)")
        }
        // Who may log in does not depend on it.
        #expect(try store.records().count == 1)
    }
}
