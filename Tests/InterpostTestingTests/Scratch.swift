// Strategy: what a test records or replays lies in a folder of this test run, removed when the process ends. Captures are written
// as transcripts, so that a test shows what is in its own.

import Foundation
import InterpostCore
import NIOCore
import NIOPosix
import Synchronization

@testable import InterpostFiles
@testable import InterpostProxy
@testable import InterpostTesting

enum Scratch {
    private static let root: String = {
        let path = FileManager.default.temporaryDirectory.appending(path: "interpost-testing-tests-\(getpid())").path
        atexit { Scratch.remove() }
        return path
    }()

    private static let counter = Atomic<Int>(0)

    private static func remove() { try? FileManager.default.removeItem(atPath: root) }

    static func folder() throws -> String {
        let path = "\(root)/\(counter.add(1, ordering: .relaxed).newValue)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// A capture with a session for each transcript.
    static func capture(_ transcripts: String..., in path: String? = nil) throws -> String {
        let path = try path ?? "\(folder())/test.interpost"
        let header = CaptureHeader(started: WireTime(nanoseconds: 0), keepsSecrets: false, redaction: .none)
        let file = try CaptureFile(path, header: header)
        for (index, transcript) in transcripts.enumerated() {
            for (time, line) in transcript.split(separator: "\n").enumerated() {
                let kind: CaptureRecord.Kind = line.hasPrefix("C") ? .client : .server
                try file.append(
                    CaptureRecord(
                        kind, session: index + 1, nanoseconds: Int64(time),
                        bytes: ByteBuffer(string: line.dropFirst(3) + "\r\n")))
            }
        }
        try file.flush()
        return path
    }

    static let tour = """
        S: * OK ready
        C: a LOGIN anna xxxxxxxx
        S: a OK welcome
        C: b SELECT INBOX
        S: * 3 EXISTS
        S: b OK [READ-WRITE] selected
        C: c UID SEARCH UNSEEN
        S: * SEARCH 102
        S: c OK found
        C: d LOGOUT
        S: * BYE see you
        S: d OK bye
        """

    static let maildrop = """
        S: +OK ready
        C: USER anna
        S: +OK
        C: PASS xxxxxxxx
        S: +OK in
        C: STAT
        S: +OK 2 640
        C: QUIT
        S: +OK bye
        """
}

extension MailServer {
    /// Plays a client: lines are sent, and each is answered before the next one; its answer's beginning stands behind `=`.
    ///
    ///     "* OK", "a LOGIN me it = a OK"
    func play(_ lines: String...) async throws { try await play(lines) }

    func play(_ lines: [String], on port: Int? = nil) async throws {
        var steps: [DemoClient.Step] = []
        for line in lines {
            let parts = line.components(separatedBy: " = ")
            if parts.count == 2 { steps.append(.send(parts[0])) }
            steps.append(.expect(parts[parts.count - 1]))
            if line.uppercased().contains("STARTTLS =") || line.hasPrefix("STLS =") { steps.append(.startTLS) }
        }
        try await DemoClient.run(
            steps, port: port ?? self.port, isImplicit: security == .implicitTLS, trusting: certificateAuthority,
            group: .singleton)
    }

    /// A client that asks what is in ``Scratch/tour``.
    func playTour() async throws {
        let start = security == .startTLS ? ["* OK", "s STARTTLS = s OK"] : ["* OK"]
        try await play(
            start + [
                "1 LOGIN \(user) \"\(password)\" = 1 OK", "2 SELECT INBOX = 2 OK", "3 UID SEARCH UNSEEN = 3 OK",
                "4 LOGOUT = 4 OK",
            ])
    }
}
