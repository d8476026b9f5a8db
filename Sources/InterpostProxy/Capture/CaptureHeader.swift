import Foundation
public import InterpostCore
import NIOCore

/// What an `H` record of a capture says of the records behind it.
///
///     {"started":"2026-11-23T04:30:00.125000Z","secrets":"removed","redaction":"headers"}
public struct CaptureHeader: Sendable, Equatable, Decodable {
    public enum Secrets: String, Sendable, Decodable { case removed, kept }

    /// ISO 8601, UTC; times of records count from here.
    public var started: String
    public var secrets: Secrets
    public var redaction: RedactionLevel

    public init(started: String, secrets: Secrets, redaction: RedactionLevel) {
        self.started = started
        self.secrets = secrets
        self.redaction = redaction
    }

    /// `nil` for a record of another kind, or of another program.
    public init?(_ record: CaptureRecord) {
        guard record.kind == .header,
            let header = try? JSONDecoder().decode(Self.self, from: Data(record.bytes.readableBytesView))
        else { return nil }
        self = header
    }

    private enum Key: String, CodingKey { case started, secrets, redaction }

    public init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Key.self)
        started = try object.decode(String.self, forKey: .started)
        secrets = try object.decode(Secrets.self, forKey: .secrets)
        let level = try object.decode(String.self, forKey: .redaction)
        redaction = RedactionLevel(rawValue: level) ?? .none
    }

    var json: ByteBuffer {
        ByteBuffer(
            string: #"{"started":"\#(started)","secrets":"\#(secrets.rawValue)","redaction":"\#(redaction.rawValue)"}"#)
    }

    var record: CaptureRecord { CaptureRecord(.header, session: 0, nanoseconds: 0, bytes: json) }

    /// ``started`` as the wire's time; 1970 where it cannot be read.
    public var start: WireTime {
        var style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        style.timeZone = .gmt
        guard let date = try? Date(started, strategy: style) else { return WireTime(nanoseconds: 0) }
        return WireTime(nanoseconds: Int64((date.timeIntervalSince1970 * 1e6).rounded()) * 1000)
    }
}
