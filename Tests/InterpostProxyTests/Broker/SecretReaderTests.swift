// Strategy: each source of a secret, and each way in which it gives none, with the words of the error. Programs are those of a shell; one
// that blocks waits for a pipe that nobody writes to, and whether it is gone is seen by the end of another pipe.

import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import TestSupport
import Testing

@testable import InterpostProxy

@Suite struct `Reading a secret` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ text: String, _ name: String = "secret", mode: mode_t = 0o600) throws -> String {
        let path = folder.file(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
        return path
    }

    private func pipe(_ name: String) -> String {
        mkfifo(folder.file(name), 0o600)
        return folder.file(name)
    }

    private static func read(_ source: SecretSource, _ reader: SecretReader = SecretReader()) async throws -> String {
        try await reader.read(source, of: "anna").withExposedBytes { String(buffer: $0) }
    }

    /// The words of the failure.
    private static func failure(_ source: SecretSource, _ reader: SecretReader = SecretReader()) async -> String {
        do {
            return "no error but \(try await read(source, reader))"
        } catch {
            return "\(error)"
        }
    }

    // MARK: - Files

    @Test(arguments: ["abracadabra", "abracadabra\n", "abracadabra\r\n", "abracadabra\nmore\n", "abracadabra\r\nmore"])
    func `takes the first line of a file`(text: String) async throws {
        #expect(try await Self.read(.file(file(text))) == "abracadabra")
    }

    @Test(arguments: [" abra cadabra ", "\t\"ü\"", "a\rb", "\r"])
    func `leaves all else in the line as it is`(text: String) async throws {
        #expect(try await Self.read(.file(file(text))) == text)
    }

    @Test(arguments: ["", "\n", "\r\n", "\nabracadabra"]) func `does not take an empty line`(text: String) async throws {
        let path = try file(text)
        #expect(await Self.failure(.file(path)) == "account 'anna': \(path) has nothing in its first line")
    }

    @Test func `takes a line that is so long and no longer`() async throws {
        let longest = String(repeating: "x", count: SecretReader.maximumSize)
        #expect(try await Self.read(.file(file(longest + "\nmore"))) == longest)
        let path = try file(longest + "x\n")
        #expect(await Self.failure(.file(path)) == "account 'anna': \(path) has more than 64 KiB in its first line")
    }

    @Test(arguments: [0o644, 0o640, 0o660, 0o604, 0o602] as [mode_t])
    func `does not take a file that others may read`(mode: mode_t) async throws {
        let path = try file("abracadabra", mode: mode)
        let words = "\(path) may be read by others (mode \(String(mode, radix: 8))); run: chmod 600 \(path)"
        #expect(await Self.failure(.file(path)) == "account 'anna': \(words)")
    }

    @Test func `does not wait for what is no file`() async throws {
        let missing = folder.file("missing")
        #expect(await Self.failure(.file(missing)) == "account 'anna': \(missing) cannot be read: No such file or directory")
        #expect(await Self.failure(.file(folder.path)) == "account 'anna': \(folder.path) is not a file")
        let pipe = pipe("pipe")
        #expect(await Self.failure(.file(pipe)) == "account 'anna': \(pipe) is not a file")
    }

    // MARK: - Environment and credentials

    @Test func `takes a variable, and a credential whatever its mode`() async throws {
        _ = try file("open sesame\n", "anna", mode: 0o440)
        let reader = SecretReader(environment: ["ANNA": "abracadabra", "EMPTY": "", "CREDENTIALS_DIRECTORY": folder.path])
        #expect(try await Self.read(.environment("ANNA"), reader) == "abracadabra")
        #expect(try await Self.read(.credential("anna"), reader) == "open sesame")
        #expect(
            await Self.failure(.environment("EMPTY"), reader)
                == "account 'anna': the variable EMPTY of the environment has nothing in its first line")
        #expect(
            await Self.failure(.environment("BOB"), reader) == "account 'anna': the variable BOB of the environment is not set")
        #expect(
            await Self.failure(.credential("bob"), reader)
                == "account 'anna': \(folder.file("bob")) cannot be read: No such file or directory")
        #expect(
            await Self.failure(.credential("bob"), SecretReader(environment: [:]))
                == "account 'anna': there is no credential 'bob': $CREDENTIALS_DIRECTORY is not set. systemd sets it for a service with LoadCredential=bob:PATH"
        )
    }

    // MARK: - Programs

    private static func shell(_ script: String, _ arguments: String...) -> SecretSource {
        .command(["/bin/sh", "-c", script, "sh"] + arguments)
    }

    @Test func `takes the first line that a program writes`() async throws {
        #expect(try await Self.read(.command(["/bin/echo", "abra  cadabra", "$HOME; exit 1"])) == "abra  cadabra $HOME; exit 1")
        #expect(try await Self.read(Self.shell("echo noise >&2; printf 'one\\r\\ntwo'")) == "one")
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        #expect(try await Self.read(Self.shell("echo \"<$PATH>\"")) == "<\(path)>")
        // It reads nothing from this program.
        #expect(try await Self.read(Self.shell("read x || echo nothing")) == "nothing")
    }

    @Test(arguments: [
        ("exit 3", "failed with status 3"), ("echo abracadabra; exit 1", "failed with status 1"),
        ("kill -USR1 $$", "was ended by signal 10"), ("true", "wrote has nothing in its first line"),
        ("exec /bin/cat /dev/zero", "wrote more than 64 KiB"), ("echo abracadabra >&2", "has nothing in its first line"),
    ])
    func `says how a program failed, and nothing that it wrote`(script: String, words: String) async throws {
        let failure = await Self.failure(Self.shell(script))
        #expect(failure.hasPrefix("account 'anna': ") && failure.contains("/bin/sh") && failure.hasSuffix(words), "\(failure)")
        #expect(!failure.contains("abracadabra"))
    }

    @Test func `says that a program cannot be run`() async throws {
        let missing = await Self.failure(.command(["/no/such/program", "abracadabra"]))
        let words = "cannot be run: there is no such program, or it may not be run"
        #expect(missing == "account 'anna': /no/such/program \(words)")
        let path = try file("#!/bin/sh\n", "script")
        #expect(await Self.failure(.command([path])) == "account 'anna': \(path) \(words)")
    }

    @Test func `takes so much of a program and no more`() async throws {
        let size = SecretReader.maximumSize
        #expect(try await Self.read(Self.shell("head -c \(size) /dev/zero | tr '\\0' x")).utf8.count == size)
        #expect(await Self.failure(Self.shell("head -c \(size + 1) /dev/zero")).hasSuffix("wrote more than 64 KiB"))
    }

    @Test func `kills a program that takes too long, with all that it has started`() async throws {
        let (never, held) = (pipe("never"), pipe("held"))
        let end = open(held, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(end) }
        // Both have the second pipe open until they are gone.
        let source = Self.shell("exec 3> \"$2\"; echo abracadabra; cat < \"$1\" & wait", never, held)
        let failure = await Self.failure(source, SecretReader(timeout: .milliseconds(500)))
        #expect(failure == "account 'anna': /bin/sh has not ended within 0.5 seconds, and was killed")
        var events = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
        #expect(poll(&events, 1, 60_000) == 1 && Int32(events.revents) & Int32(POLLHUP) != 0)
    }

    @Test func `does not wait for what a program leaves running`() async throws {
        let never = pipe("never")
        let number = folder.file("number")
        // It has the program's output open.
        let source = Self.shell("cat < \"$1\" & echo $! > \"$2\"; echo abracadabra", never, number)
        #expect(try await Self.read(source) == "abracadabra")
        let left = try #require(pid_t(String(contentsOfFile: number, encoding: .utf8).dropLast()))
        #expect(kill(left, SIGKILL) == 0)
    }

    @Test func `gives a program no descriptor of this one`() async throws {
        let descriptor = dup(STDIN_FILENO)
        defer { close(descriptor) }
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0 && descriptor > 2)
        let script = "if [ -e /proc/self/fd/\(descriptor) ]; then echo leaked; else echo closed; fi"
        #expect(try await Self.read(Self.shell(script)) == "closed")
    }
}
