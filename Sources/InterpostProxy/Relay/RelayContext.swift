import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostFiles
import NIOCore
import NIOSSL

/// What all sessions of one relay share. A reload makes a new context; running sessions keep the one they began with.
struct RelayContext: Sendable {
    var relay: RelayConfiguration
    /// The server of the relay; `nil` where it leads to accounts.
    var upstream: UpstreamURL?
    /// What it takes to lead clients to accounts.
    var brokerage: Brokerage?
    var settings: SessionSettings
    var following: FollowingSettings
    var timeouts: Timeouts
    var limits: Limits
    var skipsVerification: Bool
    var serverContexts: ServerContexts
    var upstreamContext: NIOSSLContext
    var verifier: UpstreamVerifier
    var names: NameLookup
    var sink: EventSink
    var recording: Recording?
    var registry: SessionRegistry
    var clock: SessionClock
    /// The URL listened on, with the port that the system chose.
    var listener: String
}

extension Timeouts {
    /// The time-outs that a session keeps by itself.
    var patience: Patience.Limits {
        Patience.Limits(
            handshake: handshake, login: login, beforeLogin: beforeLogin, afterLogin: afterLogin, idle: idle, closing: closing)
    }
}

/// What is recorded of every session, and where it goes.
struct Recording: Sendable {
    var writer: CaptureWriter
    var key: PseudonymHMAC

    func recorder(session: Int) -> SessionRecorder {
        SessionRecorder(
            session: writer.number(of: session), start: writer.start,
            redactor: EventRedactor(writer.redaction, key: key, keepsSecrets: writer.keepsSecrets))
    }
}

extension RelayContext {
    /// Sessions should stop reading until the log and the capture have caught up.
    var isCongested: Bool { sink.isCongested || recording?.writer.isCongested == true }

    /// Why no session may continue; `nil` if they may.
    var reasonToStop: String? {
        if sink.forbidsSessions { return "the event log cannot be written" }
        return recording?.writer.forbidsSessions == true ? "the capture cannot be written" : nil
    }
}

/// One clock for the whole program: differences are monotonic, values are the time of day.
struct SessionClock: Sendable {
    private let offset: Int64

    init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        offset = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - Int64(NIODeadline.now().uptimeNanoseconds)
    }

    var now: WireTime { time(at: .now()) }

    private func time(at moment: NIODeadline) -> WireTime {
        WireTime(nanoseconds: Int64(moment.uptimeNanoseconds) + offset)
    }

    /// When the clock will show `time`.
    func moment(of time: WireTime) -> NIODeadline {
        .uptimeNanoseconds(UInt64(clamping: time.nanoseconds.subtractingReportingOverflow(offset).partialValue))
    }
}
