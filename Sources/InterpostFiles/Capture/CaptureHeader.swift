import Foundation
public import InterpostCore
import NIOCore

/// What an `H` record of a capture says about the records that follow it.
///
///     {"started":"2026-11-23T04:30:00.125000Z","secrets":"removed","redaction":"headers"}
public struct CaptureHeader: Sendable, Equatable {
    /// Times of records count from here. Whole microseconds.
    public var started: WireTime
    /// Passwords and tokens of logins are in the records as they were said.
    public var keepsSecrets: Bool
    /// How much of the mail was replaced.
    public var redaction: RedactionLevel

    /// A header; `started` is cut to whole microseconds.
    public init(started: WireTime, keepsSecrets: Bool, redaction: RedactionLevel) {
        self.started = WireTime(nanoseconds: started.nanoseconds / 1000 * 1000)
        self.keepsSecrets = keepsSecrets
        self.redaction = redaction
    }

    /// `nil` for a record of another kind, and for one that another program wrote otherwise.
    public init?(_ record: CaptureRecord) {
        guard record.kind == .header,
            let fields = try? JSONDecoder().decode(Fields.self, from: Data(record.bytes.readableBytesView)),
            let started = WireTime(iso8601: fields.started)
        else { return nil }
        self.init(
            started: started, keepsSecrets: fields.secrets != "removed",
            redaction: fields.redaction.flatMap(RedactionLevel.init) ?? .none)
    }

    var record: CaptureRecord {
        let secrets = keepsSecrets ? "kept" : "removed"
        let json = #"{"started":"\#(started.iso8601)","secrets":"\#(secrets)","redaction":"\#(redaction.rawValue)"}"#
        return CaptureRecord(.header, session: 0, nanoseconds: 0, bytes: ByteBuffer(string: json))
    }

    private struct Fields: Decodable {
        var started: String
        var secrets: String?
        var redaction: String?
    }
}
