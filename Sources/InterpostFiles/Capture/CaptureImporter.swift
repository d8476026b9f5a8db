import Foundation
public import InterpostCore
import NIOCore

/// Writes a capture of sessions that somebody else recorded.
public final class CaptureImporter {
    /// Why nothing can be imported, in words for people.
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    private let path: String
    private let level: RedactionLevel
    private let keepsSecrets: Bool
    // One key for the whole run, so that the pseudonyms are the same throughout.
    private let key = PseudonymHMAC()
    private var file: CaptureFile?
    private var start = WireTime(nanoseconds: 0)
    private var open: [Int: SessionImport] = [:]
    /// Sessions that were imported.
    public private(set) var count = 0

    /// - Parameter appends: An existing capture is appended to; else it is an error.
    public init(into path: String, appends: Bool, level: RedactionLevel, keepsSecrets: Bool) throws {
        var status = stat()
        if !appends, lstat(path, &status) == 0 {
            throw Failure(description: "\(path) exists: give --append to append to it, or choose another name")
        }
        self.path = path
        self.level = level
        self.keepsSecrets = keepsSecrets
    }

    /// What comes now began at this time: the sessions of another file.
    public func begin(at time: WireTime) throws {
        start = WireTime(nanoseconds: max(0, time.nanoseconds))
        let header = CaptureHeader(started: start, keepsSecrets: keepsSecrets, redaction: level)
        guard let file else { return self.file = try CaptureFile(path, header: header) }
        try file.begin(header)
    }

    /// A session begins. Returns its number.
    package func open(_ facts: SessionFacts, from source: SessionImport.Source) throws -> Int {
        if file == nil { try begin(at: start) }
        count += 1
        let number = (file?.earlierSessions ?? 0) + count
        open[number] = SessionImport(
            facts, session: number, from: source, start: start, level: level, keepsSecrets: keepsSecrets, key: key)
        return number
    }

    /// Takes the next turn of an open session. Throws where the capture cannot be written.
    public func take(_ turn: SessionTurn, of session: Int) throws {
        open[session]?.receive(turn)
        try write(open[session]?.take() ?? [])
    }

    /// A session ends. Returns why it was not imported to its end, if it was not.
    public func close(_ session: Int, reason: String?) throws -> String? {
        guard var imported = open.removeValue(forKey: session) else { return nil }
        if let reason { imported.finish(reason: reason) } else { imported.finish() }
        try write(imported.take())
        file?.forget(session: session)
        return imported.problem
    }

    /// Writes what waits.
    public func finish() throws { try file?.flush() }

    private func write(_ records: [CaptureRecord]) throws {
        for record in records { try file?.append(record) }
    }
}
