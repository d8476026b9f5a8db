import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import NIOCore

/// `interpost show`: what was said, for people.
struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the conversations in a capture, or those parts of them that are asked for.",
        discussion: """
            Each line has the time since its session began, in seconds, and who said it: C the client, S the server. C- and S- did not go
            on to the other side, C+ and S+ Interpost said in their names, E tells what is not on the wire.

            --filter takes conditions; all of them have to hold, and of the values behind one key one. An exchange is a command
            with its answer:
              session=3           of session 3
              verb=FETCH,STORE    exchanges of these commands
              mailbox=INBOX       exchanges about this mailbox, or while it is selected; Work/* for all that begin so
              result=NO,BAD       exchanges that ended so; NONE for those without an answer
              from=client         lines of one side
              time=1.5..20        lines that were said then
              verb!=NOOP          != for what does not hold

            Examples:
              interpost show mail.interpost
              interpost show mail.interpost#2 --filter 'verb=FETCH result=NO' --full
            """)

    @Argument(help: "Captures; mail.interpost#3 is one session of one.")
    var captures: [CapturePlace]

    @Option(help: ArgumentHelp("Show only what these conditions hold for; may be repeated.", valueName: "conditions"))
    var filter: [String] = []

    @Option(help: "What was said and heard: client, server, or both.")
    var view = ShowOptions.View.both

    @Flag(help: "Show messages and long lines whole.")
    var full = false

    @Flag(help: "Leave out what is not on the wire.")
    var wireOnly = false

    func validate() throws { _ = try options() }

    func run() throws {
        var status: Int32 = 0
        let options = try options()
        for capture in captures {
            var shower = CaptureShow(capture, options, showsEvents: !wireOnly)
            do {
                try shower.run()
            } catch {
                FileHandle.standardError.write(Data("interpost: \(capture) \(error)\n".utf8))
                status = 2
            }
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func options() throws -> ShowOptions {
        var options = ShowOptions()
        options.view = view
        options.isFull = full
        for text in filter {
            do throws(ShowFilter.Problem) {
                try options.filter.add(text)
            } catch {
                let advice = error.word.map { Suggestion.nearest(to: $0, among: error.words) } ?? ""
                throw ValidationError("--filter \(text): \(error)\(advice)")
            }
        }
        return options
    }
}

/// The sessions of one capture, each as a block, when it is over; one at a time needs no waiting.
private struct CaptureShow {
    private let place: CapturePlace
    private let options: ShowOptions
    private let showsEvents: Bool
    private let key = PseudonymHMAC()
    private var protocols = SessionProtocols()
    private var header: CaptureHeader?
    private var sessions: [Int: Session] = [:]
    private let paint = Paint()

    private struct Session {
        var show: SessionShow
        var start: Int64
        var title: String
        /// What waits for its turn.
        var lines: [String] = []
    }

    init(_ place: CapturePlace, _ options: ShowOptions, showsEvents: Bool) {
        self.place = place
        self.options = options
        self.showsEvents = showsEvents
    }

    mutating func run() throws {
        let reader = try CaptureReader(place)
        defer { for number in sessions.keys.sorted() { finish(number) } }
        while let record = try reader.next() {
            if let found = CaptureHeader(record) { header = found }
            if record.session > 0, options.filter.admits(session: record.session) { take(record) }
        }
        if reader.isCutOff { StandardOutput.write(Data("\(paint("the capture is cut off here", .red))\n".utf8)) }
    }

    private mutating func take(_ record: CaptureRecord) {
        let number = record.session
        let mailProtocol = protocols.of(record)
        if sessions[number] == nil {
            // Of a capture that does not say that its secrets are gone none is shown.
            let redactor = header?.keepsSecrets == false ? nil : EventRedactor(.none, key: key)
            sessions[number] = Session(
                show: SessionShow(mailProtocol ?? .imap, options, redactor: redactor), start: record.nanoseconds,
                title: title(record, mailProtocol))
        }
        let lines = sessions[number]?.show.receive(record) ?? []
        add(lines, to: number)
        if record.endsSession { finish(number) }
    }

    private func title(_ record: CaptureRecord, _ mailProtocol: MailProtocol?) -> String {
        let time = header.map { $0.started.later(by: record.nanoseconds).iso8601 } ?? ""
        return "Session \(record.session)  \(mailProtocol?.title ?? "unknown protocol")  \(time)"
    }

    private mutating func add(_ lines: [ShownLine], to number: Int) {
        guard let session = sessions[number] else { return }
        let text = lines.compactMap { self.text($0, since: session.start) }
        // One session alone is shown as it is read.
        if place.session == number, !text.isEmpty {
            if session.lines.isEmpty { StandardOutput.write(Data("\(paint(session.title, .bold))\n".utf8)) }
            sessions[number]?.lines = [""]
            StandardOutput.write(Data((text.joined(separator: "\n") + "\n").utf8))
        } else {
            sessions[number]?.lines += text
        }
    }

    private mutating func finish(_ number: Int) {
        guard var session = sessions[number] else { return }
        let rest = session.show.finish()
        sessions[number] = session
        add(rest, to: number)
        protocols.forget(number)
        guard let shown = sessions.removeValue(forKey: number), !shown.lines.isEmpty else { return }
        let block = place.session == number ? [""] : [paint(shown.title, .bold)] + shown.lines + [""]
        StandardOutput.write(Data((block.joined(separator: "\n") + (place.session == number ? "" : "\n")).utf8))
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

/// An event that stands in a capture, with its fields in one line: `tls.up side=client version=TLSv1.3`.
private struct RecordedEvent {
    var text: String

    init?(_ json: String) {
        guard let fields = try? JSONDecoder().decode([String: Value].self, from: Data(json.utf8)), let name = fields["event"]
        else {
            return nil
        }
        let shown = fields.filter { !["v", "time", "session", "event", "chain"].contains($0.key) }.sorted { $0.key < $1.key }
        text = TerminalText.shown(([name.text] + shown.map { "\($0.key)=\($0.value.text)" }).joined(separator: " "))
    }

    private struct Value: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let flag = try? value.decode(Bool.self) {
                text = "\(flag)"
            } else if let number = try? value.decode(Int64.self) {
                text = "\(number)"
            } else if let list = try? value.decode([Value].self) {
                text = "[" + list.map(\.text).joined(separator: " ") + "]"
            } else if let word = try? value.decode(String.self) {
                text = word
            } else {
                text = "…"
            }
        }
    }
}

/// Colours, where a terminal shows them.
struct Paint {
    enum Style: String {
        case plain = ""
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    func callAsFunction(_ text: String, _ style: Style) -> String {
        StandardOutput.hasColour && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension ShowOptions.View: ExpressibleByArgument {}
