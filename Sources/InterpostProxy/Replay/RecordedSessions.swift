import Foundation
public import InterpostCore
import NIOCore

/// The sessions of some captures, in the order in which they began.
public struct RecordedSessions: Sendable {
    public private(set) var sessions: [RecordedSession] = []

    /// Reads whole captures: what is replayed is in memory.
    public init(_ paths: [String]) throws {
        for path in paths {
            do {
                try read(path)
            } catch {
                throw CaptureReader.Failure(description: "\(path) \(error)")
            }
        }
    }

    private mutating func read(_ path: String) throws {
        let reader = try CaptureReader(path)
        var records: [Int: [CaptureRecord]] = [:]
        var order: [Int] = []
        var isRedacted = false
        while let record = try reader.next() {
            if record.kind == .header {
                let header = try? JSONDecoder().decode(Header.self, from: Data(record.bytes.readableBytesView))
                isRedacted = isRedacted || header?.redaction ?? "none" != "none"
            }
            guard record.kind.side != nil else { continue }
            if records[record.session] == nil { order.append(record.session) }
            records[record.session, default: []].append(record)
        }
        for number in order {
            guard let said = records[number], let mailProtocol = RecordedSession.mailProtocol(of: said) else { continue }
            sessions.append(RecordedSession(mailProtocol, records: said, isRedacted: isRedacted))
        }
        if order.isEmpty { throw CaptureReader.Failure(description: "has no sessions: nothing was recorded in it") }
    }

    private struct Header: Decodable {
        var redaction: String?
    }
}
