package import InterpostCore
package import NIOCore

/// Who gets the events of sessions that are read from files.
package protocol EventTaker: AnyObject {
    func print(_ event: LogEvent, session: Int, at time: WireTime)
    /// A line that is in the capture: what could not be read from the wire when it was recorded.
    func print(recorded line: ByteBuffer)
}

/// The sessions of a capture, read again as their clients heard them. They may be under way at the same time.
package struct CaptureReadings {
    private let place: CapturePlace
    private let detail: LogEvent.Detail
    private var readings: [Int: Reading] = [:]
    private var protocols = SessionProtocols()
    private var open = OpenSessions()
    /// A sentence for people where not all sessions could be held at once; otherwise `nil`.
    package var complaint: String? { open.complaint }
    /// When the capture began.
    private var start = WireTime(nanoseconds: 0)
    private let printer: (any EventTaker)?
    /// Sessions of files before this one.
    private let earlier: Int
    /// Events that are in the capture are printed, too; their sessions are counted as the capture counts them.
    private let printsRecorded: Bool

    private struct Reading {
        /// What is counted.
        var all: SessionReading
        /// What is printed, where that is less.
        var shown: SessionReading?
        var time = WireTime(nanoseconds: 0)
    }

    package init(
        _ place: CapturePlace, detail: LogEvent.Detail, printer: (any EventTaker)?, earlier: Int = 0, printsRecorded: Bool = false
    ) {
        self.place = place
        self.detail = detail
        self.printer = printer
        self.earlier = earlier
        self.printsRecorded = printsRecorded
    }

    /// Reads all sessions; gives each one when it is over.
    package mutating func read(_ give: (SessionReading) -> Void) throws(CorpusSummary.Failure) {
        do {
            let reader = try CaptureReader(place)
            var isThere = place.session == nil
            while let record = try reader.next() {
                if record.session == place.session { isThere = true }
                take(record, give)
            }
            if !isThere, let session = place.session { throw CaptureReader.Failure(description: "has no session \(session)") }
        } catch {
            for session in readings.keys.sorted() { finish(session, give) }
            throw CorpusSummary.Failure(file: place.path, problem: "\(error)")
        }
        for session in readings.keys.sorted() { finish(session, give) }
    }

    private mutating func take(_ record: CaptureRecord, _ give: (SessionReading) -> Void) {
        for session in open.over(before: record) { finish(session, give) }
        if let header = CaptureHeader(record) { start = header.started }
        guard record.session > 0 else { return }
        let time = start.later(by: record.nanoseconds)
        if readings[record.session] == nil, let mailProtocol = protocols.of(record) { begin(record.session, mailProtocol) }
        readings[record.session]?.time = time
        switch record.kind {
        case .header, .serverWithheld, .clientAdded: break
        case .event:
            if record.endsSession { finish(record.session, give) }
            if printsRecorded { printer?.print(recorded: JSONText.shown(line: record.bytes)) }
        // What the client said, and what it heard.
        case .client, .clientWithheld, .server, .serverAdded:
            guard let side = record.kind.side else { return }
            let turn = SessionTurn(side: side, bytes: record.bytes, time: time)
            let print = printing(record.session, at: time)
            let isShownApart = readings[record.session]?.shown != nil
            readings[record.session]?.all.receive(turn) { if !isShownApart { print($0) } }
            readings[record.session]?.shown?.receive(turn, tell: print)
        }
    }

    private mutating func begin(_ session: Int, _ mailProtocol: MailProtocol) {
        let files = (client: "\(place.path)#\(session)", server: "\(place.path)#\(session)")
        readings[session] = Reading(
            all: SessionReading(mailProtocol, detail: .responses, files: files),
            shown: printer == nil || detail == .responses ? nil : SessionReading(mailProtocol, detail: detail, files: files))
    }

    private mutating func finish(_ session: Int, _ give: (SessionReading) -> Void) {
        guard var reading = readings.removeValue(forKey: session) else { return }
        protocols.forget(session)
        let print = printing(session, at: reading.time)
        let isShownApart = reading.shown != nil
        reading.all.finish { if !isShownApart { print($0) } }
        reading.shown?.finish(tell: print)
        give(reading.all)
    }

    private func printing(_ session: Int, at time: WireTime) -> (LogEvent) -> Void {
        { [printer, earlier] event in printer?.print(event, session: earlier + session, at: time) }
    }
}
