package import InterpostCore
import NIOCore

/// The sessions of one capture, each as a block when it is over; a session that is alone does not have to wait.
package struct CaptureShow {
    private let place: CapturePlace
    private let options: ShowOptions
    private let showsEvents: Bool
    private let key = PseudonymHMAC()
    private var protocols = SessionProtocols()
    private var open = OpenSessions()
    /// A sentence for people where not all sessions could be held at once; otherwise `nil`.
    package var complaint: String? { open.complaint }
    private var header: CaptureHeader?
    private var sessions: [Int: Session] = [:]
    private let paint: Paint

    private struct Session {
        var show: SessionShow
        var start: Int64
        var title: String
        /// What waits for its turn.
        var lines: [String] = []
    }

    /// - Parameter showsEvents: Whether what is not on the wire is shown, too.
    package init(_ place: CapturePlace, _ options: ShowOptions, showsEvents: Bool, hasColour: Bool) {
        self.place = place
        self.options = options
        self.showsEvents = showsEvents
        paint = Paint(hasColour: hasColour)
    }

    /// Gives out the lines, each with its end, as soon as they can be shown; lines that were read before a mistake, too.
    package mutating func run(_ write: (String) -> Void) throws {
        let reader = try CaptureReader(place)
        defer {
            for number in sessions.keys.sorted() { finish(number, write) }
            if reader.isCutOff { write("\(paint("the capture is cut off here", .red))\n") }
        }
        var isThere = place.session == nil
        while let record = try reader.next() {
            for number in open.over(before: record) { finish(number, write) }
            if let found = CaptureHeader(record) { header = found }
            if record.session == place.session { isThere = true }
            if record.session > 0, options.filter.admits(session: record.session) { take(record, write) }
        }
        if !isThere, let session = place.session { throw CaptureReader.Failure(description: "has no session \(session)") }
    }

    private mutating func take(_ record: CaptureRecord, _ write: (String) -> Void) {
        let number = record.session
        let mailProtocol = protocols.of(record)
        if sessions[number] == nil {
            // Mask secrets unless the header says they were removed.
            let redactor = header?.keepsSecrets == false ? nil : EventRedactor(.none, key: key)
            sessions[number] = Session(
                show: SessionShow(mailProtocol ?? .imap, options, redactor: redactor), start: record.nanoseconds,
                title: title(record, mailProtocol))
        }
        let lines = sessions[number]?.show.receive(record) ?? []
        add(lines, to: number, write)
        if record.endsSession { finish(number, write) }
    }

    private func title(_ record: CaptureRecord, _ mailProtocol: MailProtocol?) -> String {
        let time = header.map { $0.started.later(by: record.nanoseconds).iso8601 } ?? ""
        return "Session \(record.session)  \(mailProtocol?.title ?? "unknown protocol")  \(time)"
    }

    private mutating func add(_ lines: [ShownLine], to number: Int, _ write: (String) -> Void) {
        // With a copy of the session, each line would copy all the lines that wait.
        guard !lines.isEmpty, let start = sessions[number]?.start else { return }
        let text = lines.compactMap { self.text($0, since: start) }
        // One session alone is shown as it is read.
        if place.session == number, !text.isEmpty {
            if let session = sessions[number], session.lines.isEmpty { write("\(paint(session.title, .bold))\n") }
            sessions[number]?.lines = [""]
            write(text.joined(separator: "\n") + "\n")
        } else {
            sessions[number]?.lines += text
        }
    }

    private mutating func finish(_ number: Int, _ write: (String) -> Void) {
        guard var session = sessions[number] else { return }
        let rest = session.show.finish()
        sessions[number] = session
        add(rest, to: number, write)
        protocols.forget(number)
        guard let shown = sessions.removeValue(forKey: number), !shown.lines.isEmpty else { return }
        let block = place.session == number ? [""] : [paint(shown.title, .bold)] + shown.lines + [""]
        write(block.joined(separator: "\n") + (place.session == number ? "" : "\n"))
    }

    private func text(_ line: ShownLine, since start: Int64) -> String? {
        let milliseconds = max(0, line.nanoseconds - start) / 1_000_000
        let seconds = "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
        let time = String(repeating: " ", count: max(0, 9 - seconds.count)) + seconds
        let kind = line.kind.rawValue + (line.kind.rawValue.count == 1 ? " " : "")
        if line.kind == .event {
            guard showsEvents, let text = RecordedEvent(line.text)?.text else { return nil }
            return paint("\(time)  \(kind)  \(text)", .dim)
        }
        let style: Paint.Style =
            line.isContent ? .dim : line.kind.hasArrived ? (line.kind.side == .client ? .cyan : .plain) : .yellow
        return "\(paint(time, .dim))  \(paint("\(kind)  \(line.isContent ? "  " : "")\(line.text)", style))"
    }
}
