// Python's imaplib and poplib, which many programs read mail with, on the same bytes: a peer in the same round. They cut
// lines and keep them; what the lines say is left to their callers.

import Foundation
import InterpostCore
import NIOCore

struct PythonPeer {
    static let name = "python"

    let program: String
    let version: String?

    init(program: String) {
        self.program = program
        version = try? Self.output(of: program, ["-c", "import platform; print(platform.python_version())"])
    }

    /// CPU seconds for reading the listing; `nil` where there is none, or no Python.
    func seconds(for scene: Scene, _ script: Script) throws -> Double? {
        guard version != nil, !scene.isBulk, script.listing.readableBytes > 0 else { return nil }
        let file = FileManager.default.temporaryDirectory.appending(
            path: "interpost-core-bench-\(ProcessInfo.processInfo.processIdentifier)")
        try Data(script.listing.readableBytesView).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let source = script.mailProtocol == .imap ? Self.imap : Self.pop3
        let answer = try Self.output(of: program, ["-c", source, file.path])
        guard let seconds = Double(answer) else { throw Failure(program: program, answer: answer) }
        return seconds
    }

    private static func output(of program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard process.terminationStatus == 0 else { throw Failure(program: program, answer: text) }
        return text
    }

    private struct Failure: Error, CustomStringConvertible {
        let program: String
        let answer: String
        var description: String { "\(program) failed as a peer (--python - leaves it out): \(answer)" }
    }

    /// A server that answers from the file, and imaplib's FETCH of it.
    private static let imap = """
        import imaplib, io, sys, time

        listing = open(sys.argv[1], 'rb').read()

        class Replay(imaplib.IMAP4):
            def open(self, *arguments, **more):
                self.answers = io.BytesIO(b'* OK ready\\r\\n')
            def read(self, size): return self.answers.read(size)
            def readline(self): return self.answers.readline()
            def shutdown(self): pass
            def send(self, data):
                tag, verb = data.split()[:2]
                said = {b'CAPABILITY': b'* CAPABILITY IMAP4rev1\\r\\n', b'UID': listing}.get(verb, b'')
                self.answers = io.BytesIO(said + tag + b' OK done\\r\\n')

        session = Replay()
        session.login('anna', 'sesame-open')
        session.select()
        start = time.process_time()
        result, lines = session.uid('FETCH', '1:*', '(UID)')
        used = time.process_time() - start
        assert result == 'OK' and len(lines) == listing.count(b'\\r\\n')
        print(used)
        """

    /// A server that answers from the file, and poplib's LIST and UIDL, which are read alike.
    private static let pop3 = """
        import io, poplib, sys, time

        listing = open(sys.argv[1], 'rb').read()

        class Replay(poplib.POP3):
            def __init__(self):
                self._debugging = 0
                self.sock = self
                self.file = io.BytesIO(b'+OK\\r\\n' + listing + b'.\\r\\n')
            def sendall(self, data): pass

        session = Replay()
        start = time.process_time()
        answer, lines, octets = session.list()
        used = time.process_time() - start
        assert len(lines) == listing.count(b'\\r\\n')
        print(used)
        """
}
