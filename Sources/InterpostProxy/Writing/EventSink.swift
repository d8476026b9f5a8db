import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import Synchronization

/// Where a program's events go: the log as JSON lines, the console as lines for people, or both.
final class EventSink: Sendable {
    let detail: LogEvent.Detail
    private let log: LineWriter?
    private let console: LineWriter?
    private let consoleLine: ConsoleLine
    private let closesOnFailure: Bool
    private let origin: EventOrigin
    private let whenFailing = Callback()

    init(_ settings: LogSettings) throws {
        detail = settings.detail
        origin = EventOrigin(run: UUID().uuidString.lowercased(), instance: settings.instance ?? Self.hostName)
        closesOnFailure = settings.onFailure == .close
        let whenFailing = whenFailing
        let report: @Sendable (String) -> Void = { message in
            FileHandle.standardError.write(Data("interpost: \(message)\n".utf8))
            whenFailing.body.withLock { $0 }?()
        }
        log = try settings.file.map { file in
            try LineWriter(path: file == "-" ? nil : file, isLossy: settings.onFailure == .continue, onFailure: report)
        }
        // Standard output carries one thing: the JSON lines if they go there, otherwise the console.
        let showsConsole = settings.console == .pretty && settings.file != "-"
        console = showsConsole ? try LineWriter(path: nil, isLossy: true, onFailure: { _ in }) : nil
        consoleLine = ConsoleLine(hasColour: Terminal.showsColour)
    }

    /// Sessions should stop reading until the log has caught up.
    var isCongested: Bool { log?.isCongested == true }

    /// The log cannot be written, and the configuration says that sessions must not go on without it.
    var forbidsSessions: Bool { closesOnFailure && log?.isFailing == true }

    /// Formats the events of one session and hands them on together.
    ///
    /// - Returns: How many octets were written.
    func append(_ events: [LogEvent], session: Int, at time: WireTime) -> Int {
        var octets = 0
        if let log {
            var lines: [UInt8] = []
            lines.reserveCapacity(events.count * 256)
            let writer = EventLines(session: session, at: time, origin: origin)
            for event in events where event.detail <= detail { writer.write(event, to: &lines) }
            if !lines.isEmpty { log.append(lines) }
            octets += lines.count
        }
        if let console {
            var lines: [UInt8] = []
            for event in events { consoleLine.write(event, session: session, at: time, to: &lines) }
            if !lines.isEmpty { console.append(lines) }
            octets += lines.count
        }
        return octets
    }

    /// Writes an event about the program itself.
    func tell(_ event: LogEvent, at time: WireTime) { _ = append([event], session: 0, at: time) }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "interpost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Has `body` called whenever writing begins to fail, and whenever it works again.
    func onFailure(_ body: @escaping @Sendable () -> Void) { whenFailing.body.withLock { $0 = body } }

    func reopen() { log?.reopen() }

    func close() {
        log?.close()
        console?.close()
    }
}

/// A callback that is handed out before it is known what it calls.
private final class Callback: Sendable {
    let body = Mutex<(@Sendable () -> Void)?>(nil)
}
