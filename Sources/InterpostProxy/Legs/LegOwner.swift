import InterpostCore
import NIOCore

/// Whose leg a ``LegHandler`` is: a relayed session with two of them, a replayed one with the client's alone. All is called on the
/// event loop of the leg's channel.
protocol LegOwner: AnyObject {
    /// The handler is in its pipeline.
    func attach(_ handler: LegHandler, as side: Side)
    /// The client is connected.
    func open()
    /// What this side sent, decrypted and inflated.
    func receive(_ bytes: ByteBuffer, from side: Side)
    /// Whether more of this side can be used now. During a handshake it always can.
    func mayRead(from side: Side) -> Bool
    /// Some leg can be written to again, so its peer may be read.
    func resumeReads()
    func handshakeCompleted(on side: Side)
    /// This side ended its direction, and may still listen.
    func inputClosed(by side: Side)
    func failed(on side: Side, _ error: any Error)
    /// The connection is gone.
    func inactive(_ side: Side)
}
