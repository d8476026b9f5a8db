import ArgumentParser
import InterpostCore
import InterpostFiles
import NIOCore

/// `interpost import`: a capture of sessions that somebody else wrote down.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a capture, or a fixture, of transcripts, Dovecot rawlogs and captures of tcpdump.",
        discussion: """
            What a file is shows in its beginning and its name, as for interpost read: a pcap or pcapng file with IMAP or POP3 in clear \
            text, a transcript with C: and S: in front of the lines, half of a rawlog (.in, .out; the other half is found beside it). \
            Folders are read with all that is in them.

            Passwords, tokens and the like are replaced as interpost run --record does it. The exit status is 2 when something was not \
            imported, or not to its end.

            With --as-fixture a session becomes a transcript with the events that Interpost tells of it, in the form of the tests in \
            Fixtures/Wire: one session in a new file, or each in one of its own in a folder, --to FOLDER/.

            Examples:
              interpost import dump.pcap --to mail.interpost
              interpost import 20261123-100000-1234-1.in --to mail.interpost --redact bodies
              interpost import transcripts/ --to mail.interpost --append
              interpost import dump.pcap --as-fixture --to Fixtures/Wire/my-case.imap
            """)

    @Argument(help: "Files and folders; - is standard input.")
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "The capture, a new file with mode 0600; with --as-fixture also a folder, or - for standard output.",
            valueName: "file"))
    var to: String

    @Flag(help: "Append to an existing capture.")
    var append = false

    @Flag(help: "Write what was said and the events of it as a fixture of Interpost's tests.")
    var asFixture = false

    @Option(name: .customLong("protocol"), help: "imap or pop3, for files that do not show it.")
    var mailProtocol: MailProtocol?

    @Option(help: "What is replaced, beside secrets: none, headers, bodies or all.")
    var redact = RedactionLevel.none

    @Flag(help: "Write passwords as they were said.")
    var dangerouslyKeepSecrets = false

    func validate() throws {
        if asFixture, append { throw ValidationError("--append is for captures, and --as-fixture makes none") }
    }

    func run() throws {
        let (files, failures) = SessionFiles.files(at: paths)
        for failure in failures { StandardError.note("\(failure)") }
        var failed = !failures.isEmpty
        do {
            let importer = try importer()
            for file in files {
                do {
                    if try read(file, into: importer) == false { failed = true }
                } catch let failure as CorpusSummary.Failure {
                    StandardError.note("\(failure)")
                    failed = true
                }
            }
            try importer.finish()
            StandardError.note("\(importer.count) \(importer.count == 1 ? "session" : "sessions") in \(to)")
        } catch {
            throw UserError(error)
        }
        if failed { throw ExitCode(2) }
    }

    private func importer() throws -> any SessionImporter {
        guard asFixture else {
            return try CaptureImporter(into: to, appends: append, level: redact, keepsSecrets: dangerouslyKeepSecrets)
        }
        return try FixtureImporter(into: to, level: redact, keepsSecrets: dangerouslyKeepSecrets)
    }

    /// Says whether all of it was imported.
    private func read(_ file: String, into importer: any SessionImporter) throws -> Bool {
        guard !CaptureReader.isCapture(file) else {
            throw CorpusSummary.Failure(
                file: file, problem: "is a capture already, or compressed",
                advice: "gunzip what is no capture; captures are for read, replay and export")
        }
        let bytes = try FilePieces(file)
        let progress = ProgressLine(total: bytes.size, label: file)
        defer { progress.finish() }
        if PcapReader.looksLike(bytes.head) { return try PacketImport(file, importer).read(bytes, progress) }
        let source = try SessionSource(file, bytes, side: nil, mailProtocol: mailProtocol)
        guard let kind = source.form.importSource else {
            throw CorpusSummary.Failure(
                file: file, problem: "holds only what one side said",
                advice: "a capture needs both: give a transcript or a rawlog")
        }
        return try read(source, kind, of: file, into: importer) { progress.advance(to: bytes.octetsRead) }
    }

    private func read(
        _ source: SessionSource, _ kind: SessionImport.Source, of file: String, into importer: any SessionImporter,
        _ hasRead: () -> Void
    ) throws -> Bool {
        let name = source.form.mailProtocol
        let url = "\(name.rawValue)://unknown"
        let facts = SessionFacts(mailProtocol: name, listener: url, client: "unknown", upstream: url)
        var session: Int?
        var failure: (any Error)?
        var end: CorpusSummary.Failure?
        do {
            try source.turns { turn in
                guard failure == nil else { return }
                do {
                    if session == nil {
                        try importer.begin(at: turn.time)
                        session = try importer.open(facts, from: kind)
                    }
                    if let session { try importer.take(turn, of: session) }
                    hasRead()
                } catch {
                    failure = error
                }
            }
        } catch {
            end = error
        }
        if let failure { throw failure }
        let problem = try session.flatMap { try importer.close($0) }
        if let end { throw end }
        guard let problem else { return true }
        StandardError.note("\(file) is not imported to its end: \(problem)")
        return false
    }
}

/// The sessions in a capture of packets.
struct PacketImport {
    private let file: String
    private let importer: any SessionImporter

    init(_ file: String, _ importer: any SessionImporter) {
        self.file = file
        self.importer = importer
    }

    func read(_ bytes: FilePieces, _ progress: ProgressLine) throws -> Bool {
        var (reader, streams) = (PcapReader(), MailStreams())
        var sessions: [Int: Int] = [:]
        var (count, hasBegun, isWhole) = (0, false, true)
        var end: PcapError?
        func follow() throws {
            for event in streams.take() {
                switch event {
                case .opened(let stream, let facts):
                    sessions[stream] = try importer.open(facts, from: .packets)
                    count += 1
                case .said(let stream, let turn): if let session = sessions[stream] { try importer.take(turn, of: session) }
                case .ended(let stream, let reason):
                    guard let session = sessions.removeValue(forKey: stream) else { continue }
                    let problem = try importer.close(session, reason: reason) ?? reason
                    guard let problem else { continue }
                    isWhole = false
                    StandardError.note("\(file), session \(session), is not imported to its end: \(problem)")
                }
            }
        }
        do {
            while let piece = try bytes.next() {
                reader.receive(piece)
                while let packet = try reader.next() {
                    if !hasBegun { try importer.begin(at: packet.time) }
                    hasBegun = true
                    streams.receive(packet)
                    try follow()
                }
                progress.advance(to: bytes.octetsRead)
            }
            try reader.finish()
        } catch let error as PcapError {
            end = error
        }
        streams.finish()
        try follow()
        if let end { throw CorpusSummary.Failure(file: file, problem: end.description) }
        try tell(streams, count)
        return isWhole && streams.fragments == 0 && streams.refused == 0
    }

    private func tell(_ streams: MailStreams, _ count: Int) throws {
        if streams.cutShort > 0 {
            StandardError.note("\(file): of \(streams.cutShort) packets only the beginning was kept; tcpdump -s 0 keeps all")
        }
        let encrypted = streams.encrypted == 1 ? "1 connection is" : "\(streams.encrypted) connections are"
        let advice = "record them with interpost run --record, which reads behind TLS"
        guard count > 0 else {
            throw CorpusSummary.Failure(
                file: file,
                problem: "holds no IMAP or POP3 in clear text" + (streams.encrypted > 0 ? "; \(encrypted) encrypted (TLS)" : ""),
                advice: streams.encrypted > 0 ? advice : nil)
        }
        if streams.encrypted > 0 { StandardError.note("\(file): \(encrypted) encrypted (TLS) and left out: \(advice)") }
        if streams.fragments > 0 { StandardError.note("\(file): \(streams.fragments) fragments of IP packets are not read") }
        if streams.refused > 0 {
            StandardError.note("\(file): \(streams.refused) packets of too many connections at once are not read")
        }
    }
}

extension SessionForm {
    /// `nil` for one side alone.
    fileprivate var importSource: SessionImport.Source? {
        switch kind {
        case .transcript: .transcript
        case .rawlog: .rawlog
        case .oneSide: nil
        }
    }
}
