import Foundation
import InterpostCore
import InterpostProxy
import NIOCore

/// The sessions of a capture, read again as their clients heard them. They may be under way at the same time.
struct CaptureSessions {
    private let path: String
    private let detail: LogEvent.Detail
    private var readings: [Int: (all: SessionReading, shown: SessionReading?)] = [:]
    private let printer: EventPrinter?
    /// Sessions of files before this one.
    private let earlier: Int

    init(_ path: String, detail: LogEvent.Detail, printer: EventPrinter?, earlier: Int) {
        self.path = path
        self.detail = detail
        self.printer = printer
        self.earlier = earlier
    }

    /// Reads all sessions; gives each one when it is over.
    mutating func read(_ give: (SessionReading) -> Void) throws(CorpusSummary.Failure) {
        do {
            let reader = try CaptureReader(path)
            while let record = try reader.next() { take(record, give) }
        } catch {
            for session in readings.keys.sorted() { finish(session, give) }
            throw CorpusSummary.Failure(file: path, problem: "\(error)")
        }
        for session in readings.keys.sorted() { finish(session, give) }
    }

    private mutating func take(_ record: CaptureRecord, _ give: (SessionReading) -> Void) {
        switch record.kind {
        case .header: break
        case .event:
            guard let event = try? JSONDecoder().decode(Event.self, from: Data(record.bytes.readableBytesView)) else { return }
            if event.event == "session.closed" { finish(record.session, give) }
            if event.event == "session.opened", let name = event.protocol, let mailProtocol = MailProtocol(rawValue: name) {
                let files = (client: "\(path)#\(record.session)", server: "\(path)#\(record.session)")
                readings[record.session] = (
                    SessionReading(mailProtocol, detail: .responses, files: files),
                    printer == nil || detail == .responses ? nil : SessionReading(mailProtocol, detail: detail, files: files)
                )
            }
        // What the client said, and what it heard.
        case .client, .clientWithheld, .server, .serverAdded:
            guard let side = record.kind.side else { return }
            let turn = SessionTurn(side: side, bytes: record.bytes, time: WireTime(nanoseconds: record.nanoseconds))
            let print = printing(record.session, at: turn.time)
            let isShownApart = readings[record.session]?.shown != nil
            readings[record.session]?.all.receive(turn) { if !isShownApart { print($0) } }
            readings[record.session]?.shown?.receive(turn, tell: print)
        case .serverWithheld, .clientAdded: break
        }
    }

    private mutating func finish(_ session: Int, _ give: (SessionReading) -> Void) {
        guard var reading = readings.removeValue(forKey: session) else { return }
        let print = printing(session, at: WireTime(nanoseconds: 0))
        let isShownApart = reading.shown != nil
        reading.all.finish { if !isShownApart { print($0) } }
        reading.shown?.finish(tell: print)
        give(reading.all)
    }

    private func printing(_ session: Int, at time: WireTime) -> (LogEvent) -> Void {
        { [printer, earlier] event in printer?.print(event, session: earlier + session, at: time) }
    }

    private struct Event: Decodable {
        var event: String
        var `protocol`: String?
    }
}
