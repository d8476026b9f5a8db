import Foundation
import InterpostCore
import NIOCore
import NIOSSL

/// What all sessions of one relay share. A reload makes a new one; sessions keep the one they began with.
struct RelayContext: Sendable {
    var relay: RelayConfiguration
    var settings: SessionSettings
    var following: FollowingSettings
    var timeouts: Timeouts
    var skipsVerification: Bool
    var serverContexts: ServerContexts
    var upstreamContext: NIOSSLContext
    var verifier: UpstreamVerifier
    var sink: EventSink
    var registry: SessionRegistry
    var clock: SessionClock
    /// The URL listened on, with the port that the system chose.
    var listener: String
}

/// One clock for a program: differences are monotonic, values are the time of day.
struct SessionClock: Sendable {
    private let offset: Int64

    init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        offset = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - Int64(NIODeadline.now().uptimeNanoseconds)
    }

    var now: WireTime { time(at: .now()) }

    func time(at moment: NIODeadline) -> WireTime {
        WireTime(nanoseconds: Int64(moment.uptimeNanoseconds) + offset)
    }
}
