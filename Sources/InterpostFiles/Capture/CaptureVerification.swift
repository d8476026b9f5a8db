public import InterpostCore
import NIOCore

/// Looks whether a capture is whole, holds together, and is free of secrets.
///
/// Whole: each member has what it says, and each record as many octets as it says. Held together: the recorded server, played to
/// the recorded client, answers it to the end. Free: none of the given secrets occurs in it, in any spelling that the wire
/// knows.
public struct CaptureVerification {
    /// Something that is wrong with a capture, or with one session of it.
    public struct Problem: Sendable, CustomStringConvertible {
        /// `mail.interpost#2`
        public var place: CapturePlace
        /// What is wrong, in words for people.
        public var text: String

        public var description: String { "\(place): \(text)" }
    }

    /// Problems that are told, of each capture.
    public static let maximumProblems = 100

    /// The first problems, ``maximumProblems`` at most.
    public private(set) var problems: [Problem] = []
    /// There are more problems than are told.
    public private(set) var hasMoreProblems = false
    /// Sessions that were looked at.
    public private(set) var sessions = 0
    /// Records that were looked at, without headers.
    public private(set) var records = 0
    /// Octets of both sides together.
    public private(set) var octets = 0
    /// What all headers say was replaced: the lowest of their levels.
    public private(set) var redaction = RedactionLevel.all

    let place: CapturePlace
    /// How many were looked for.
    let secrets: Int
    private let search: SecretSearch?
    private let lengths: [Int]
    /// Octets of all records that were looked at.
    private var looked = 0
    private var protocols = SessionProtocols()
    private var open = OpenSessions()
    /// Records of sessions that are under way, to be replayed at their end.
    private var said: [Int: [CaptureRecord]] = [:]
    /// Octets that may still be kept for that, and sessions for which there were not enough.
    private var room = SessionRecords.maximumOctets
    private var isTooLarge: Set<Int> = []
    private var streams: [Int: [CaptureRecord.Kind: Stream]] = [:]
    private var found: Set<Finding> = []
    private var isRedacted = false

    private struct Stream {
        var place = SecretSearch.Place()
        /// Of the client's side, where a secret has the name of a verb.
        var mask: VerbMask?
    }

    private struct Finding: Hashable {
        var session: Int
        var kind: CaptureRecord.Kind
        var hit: SecretSearch.Hit
    }

    /// - Parameters:
    ///   - secrets: Of ``SecretSearch/minimumLength`` octets or more each.
    ///   - progress: Told how many octets of the capture were read.
    public init(of place: CapturePlace, secrets: [Secret] = [], progress: (Int) -> Void = { _ in }) throws {
        self.place = place
        self.secrets = secrets.count
        search = secrets.isEmpty ? nil : SecretSearch(secrets)
        lengths = secrets.map { $0.withExposedBytes(\.readableBytes) }
        let reader = try CaptureReader(place)
        do {
            while let record = try reader.next() {
                progress(reader.offset)
                take(record)
            }
            if reader.isCutOff { note(nil, "the last member is not whole: what was recorded last is missing") }
        } catch {
            note(nil, "\(error)")
        }
        for session in said.keys.sorted() { finish(session) }
        if let complaint = open.complaint { note(nil, complaint) }
        if sessions == 0, problems.isEmpty {
            note(nil, place.session == nil ? "nothing was recorded in it" : "it has no such session")
        }
    }

    /// Whether no problem was found.
    public var isGood: Bool { problems.isEmpty }

    private mutating func take(_ record: CaptureRecord) {
        if record.kind != .header { records += 1 }
        for session in open.over(before: record) { finish(session) }
        look(for: record)
        if record.kind == .header {
            guard let header = CaptureHeader(record) else { return note(nil, "a header is not what this program writes") }
            redaction = redaction.common(with: header.redaction)
            isRedacted = isRedacted || header.redaction != .none
            if header.keepsSecrets { note(nil, "the secrets of its logins were kept, as its header says") }
        }
        guard record.session > 0 else { return }
        _ = protocols.of(record)
        if said[record.session] == nil {
            said[record.session] = []
            sessions += 1
        }
        if record.kind.side != nil {
            octets += record.bytes.readableBytes
            keep(record)
        }
        if record.endsSession { finish(record.session) }
    }

    private mutating func look(for record: CaptureRecord) {
        guard search != nil else { return }
        looked += record.bytes.readableBytes
        var stream = record.kind.side == nil ? Stream() : streams[record.session]?[record.kind.stream] ?? Stream()
        if record.kind.side == .client, stream.mask == nil { stream.mask = protocols.of(record).map(VerbMask.init) }
        let bytes = stream.mask?.next(record.bytes) ?? record.bytes
        look(for: bytes, of: record, in: &stream)
        if record.kind.side != nil { streams[record.session, default: [:]][record.kind.stream] = stream }
    }

    private mutating func look(for bytes: ByteBuffer, of record: CaptureRecord, in stream: inout Stream) {
        for hit in search?.read(bytes, at: &stream.place) ?? [] {
            guard found.insert(Finding(session: record.session, kind: record.kind.stream, hit: hit)).inserted else { continue }
            let speaker = record.kind.side.map { "the \($0.rawValue) says" } ?? "an event says"
            note(
                record.session,
                "\(speaker) secret \(hit.secret + 1), \(hit.spelling), \(record.nanoseconds / 1_000_000) ms after the start"
                    + (chance(of: lengths[hit.secret]).map { "; \($0)" } ?? ""))
        }
    }

    /// How often a match is chance alone, for a secret so short that this matters: in a text of letters and digits, one octet
    /// in 36 is the right one.
    private func chance(of length: Int) -> String? {
        guard length <= 6 else { return nil }
        let possible = (0..<length).reduce(1) { product, _ in product * 36 }
        let times = possible / max(1, looked)
        guard times < 1000 else { return nil }
        return times <= 1
            ? "with \(length) octets it may be there by chance"
            : "with \(length) octets, one in \(times) captures of this size has it by chance"
    }

    private mutating func keep(_ record: CaptureRecord) {
        guard !isTooLarge.contains(record.session) else { return }
        room -= record.bytes.readableBytes
        said[record.session]?.append(record)
        guard room < 0 else { return }
        isTooLarge.insert(record.session)
        forget(record.session)
    }

    /// What is kept of the session.
    @discardableResult
    private mutating func forget(_ session: Int) -> [CaptureRecord] {
        let records = said[session] ?? []
        said[session] = []
        room += records.reduce(0) { $0 + $1.bytes.readableBytes }
        return records
    }

    private mutating func finish(_ session: Int) {
        if let last = said[session]?.last(where: { $0.kind.side == .client }), var stream = streams[session]?[last.kind.stream],
            let rest = stream.mask?.rest()
        {
            look(for: rest, of: last, in: &stream)
        }
        streams[session] = nil
        defer { protocols.forget(session) }
        let records = forget(session)
        said[session] = nil
        if isTooLarge.remove(session) != nil {
            return note(session, "it has more than \(SessionRecords.maximumOctets >> 20) MiB, and was not replayed")
        }
        guard let first = records.first else { return }
        guard let mailProtocol = protocols.of(first) else { return note(session, "neither side speaks IMAP or POP3") }
        let recorded = RecordedSession(mailProtocol, records: records, isRedacted: isRedacted)
        if recorded.isCutShort { note(session, "from some place on it cannot be read, and not be replayed") }
        let replay = SelfReplay(mailProtocol, records: records, isRedacted: isRedacted)
        if !replay.server.isClean {
            let difference = replay.server.firstDifference.map {
                ", at command \($0.command): expected \($0.expected ?? "nothing more"), got \($0.got ?? "nothing more")"
            }
            note(session, "it does not replay against itself\(difference ?? "")")
        } else if !replay.client.isSame {
            note(session, "replayed against itself, the server's answers differ from themselves")
        }
    }

    private mutating func note(_ session: Int?, _ text: String) {
        guard problems.count < Self.maximumProblems else { return hasMoreProblems = true }
        let number = session.flatMap { $0 > 0 ? $0 : nil } ?? place.session
        problems.append(Problem(place: CapturePlace(path: place.path, session: number), text: text))
    }
}

extension CaptureRecord.Kind {
    /// What one side said is one stream, and what Interpost said in its name another.
    fileprivate var stream: Self {
        switch self {
        case .clientWithheld: .client
        case .serverWithheld: .server
        default: self
        }
    }
}
