import Foundation
package import InterpostConfiguration
package import InterpostCore
import NIOCore
import NIOPosix
import Subprocess
import SystemPackage

/// Reads the secret of an account where the configuration says that it is. It blocks no event loop: files are read on a thread pool, and
/// a program is waited for without a thread.
///
///     file:/etc/interpost/anna.secret       the first line, without its end
package struct SecretReader: Sendable {
    /// Why there is no secret, and what to do. Nothing of a secret is in it, nor of what a program wrote.
    ///
    ///     account 'anna': /etc/interpost/anna.secret may be read by others (mode 644); run: chmod 600 /etc/interpost/anna.secret
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// The most octets of a first line, or of all that a program writes.
    package static let maximumSize = 64 << 10

    /// How long a program may run.
    private let timeout: Duration
    private let environment: [String: String]

    /// - Parameter environment: Where variables and `$CREDENTIALS_DIRECTORY` are looked up.
    package init(timeout: Duration = .seconds(10), environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.timeout = timeout
        self.environment = environment
    }

    /// - Parameter account: The name that errors begin with.
    package func read(_ source: SecretSource, of account: String) async throws(Failure) -> Secret {
        do {
            return try await read(source)
        } catch {
            throw Failure(description: "account '\(account)': \(error)")
        }
    }

    private func read(_ source: SecretSource) async throws(Failure) -> Secret {
        switch source {
        case .environment(let name):
            guard let value = environment[name] else {
                throw Failure(description: "the variable \(name) of the environment is not set")
            }
            return try Self.firstLine(of: Data(value.utf8), in: "the variable \(name) of the environment")
        case .file(let path): return try await read(path, isPrivate: true)
        case .credential(let name):
            guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else {
                throw Failure(
                    description: "there is no credential '\(name)': $CREDENTIALS_DIRECTORY is not set. "
                        + "systemd sets it for a service with LoadCredential=\(name):PATH")
            }
            // systemd shows a credential to its service alone, whatever the mode of its file says.
            return try await read("\(folder)/\(name)", isPrivate: false)
        case .command(let words): return try await output(of: words)
        }
    }

    /// Looks whether the secret can be had, as far as that is the same for all who ask: variables and credentials are those of a service.
    /// Blocks, and runs nothing.
    static func check(_ source: SecretSource) throws {
        switch source {
        case .file(let path): _ = try firstLine(ofFile: path, isPrivate: true)
        case .command(let words):
            guard let program = words.first, access(program, X_OK) != 0 else { return }
            throw Failure(description: "\(program) cannot be run: \(String(cString: strerror(errno)))")
        case .environment, .credential: break
        }
    }

    // MARK: - Files

    private func read(_ path: String, isPrivate: Bool) async throws(Failure) -> Secret {
        do {
            return try await NIOThreadPool.singleton.runIfActive { try Self.firstLine(ofFile: path, isPrivate: isPrivate) }
        } catch {
            throw error as? Failure ?? Failure(description: "\(path) cannot be read: \(ErrorWords.of(error))")
        }
    }

    private static func firstLine(ofFile path: String, isPrivate: Bool) throws -> Secret {
        // What is no file, such as a pipe that nobody writes to, is not waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Failure(description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(description: "\(path) is not a file")
        }
        if isPrivate, status.st_mode & 0o077 != 0 {
            throw Failure(
                description: "\(path) may be read by others (mode \(String(status.st_mode & 0o777, radix: 8))); "
                    + "run: chmod 600 \(path)")
        }
        return try firstLine(of: file.read(upToCount: maximumSize + 2) ?? Data(), in: path)
    }

    /// The line without its end, LF or CR LF.
    private static func firstLine(of data: Data, in place: String) throws(Failure) -> Secret {
        var line = data.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r"), line.count < data.count { line.removeLast() }
        guard !line.isEmpty else { throw Failure(description: "\(place) has nothing in its first line") }
        guard line.count <= maximumSize else {
            throw Failure(description: "\(place) has more than \(maximumSize >> 10) KiB in its first line")
        }
        return Secret(ByteBuffer(bytes: line))
    }

    // MARK: - Programs

    private enum Outcome: Sendable {
        case ended(TerminationStatus, [UInt8])
        case timedOut
    }

    private func output(of words: [String]) async throws(Failure) -> Secret {
        guard let program = words.first else { throw Failure(description: "no program is named") }
        let outcome: Outcome
        do {
            outcome = try await run(program, Array(words.dropFirst()))
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            throw Failure(description: "\(program) wrote more than \(Self.maximumSize >> 10) KiB")
        } catch {
            throw Failure(description: "\(program) cannot be run: \(Self.reason(error))")
        }
        switch outcome {
        case .timedOut: throw Failure(description: "\(program) has not ended within \(timeout), and was killed")
        case .ended(.exited(0), let output): return try Self.firstLine(of: Data(output), in: "what \(program) wrote")
        case .ended(.exited(let status), _): throw Failure(description: "\(program) failed with status \(status)")
        case .ended(.signaled(let signal), _): throw Failure(description: "\(program) was ended by signal \(signal)")
        }
    }

    /// Runs a program with this program's environment and no descriptors but the standard three, in a process group of its own. When the
    /// time is over, the whole group is killed.
    private func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        let timeout = timeout
        return try await withThrowingTaskGroup(of: Outcome.self) { [options] group in
            group.addTask {
                let result = try await Subprocess.run(
                    .path(FilePath(program)), arguments: Arguments(arguments), platformOptions: options, input: .none,
                    output: .bytes(limit: Self.maximumSize), error: .discarded)
                return .ended(result.terminationStatus, result.standardOutput)
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                return .timedOut
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .timedOut
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? SubprocessError else { return "\(type(of: error))" }
        // The library says that no file was found, for one that may not be run, too.
        if error.code == .executableNotFound { return "there is no such program, or it may not be run" }
        return error.underlyingError.map { "\($0)" } ?? "\(error)"
    }
}
