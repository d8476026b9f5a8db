import InterpostCore
import NIOCore

/// The owner of a ``LegHandler``: a relayed session, with two of them, or a replayed session, with the client's alone. All methods
/// are called on the event loop of the leg's channel.
protocol LegOwner: AnyObject {
    /// The handler is in its pipeline.
    func attach(_ handler: LegHandler, as side: Side)
    /// The client is connected.
    func open()
    /// Takes what this side sent, decrypted and inflated.
    func receive(_ bytes: ByteBuffer, from side: Side)
    /// Whether more bytes of this side can be used now. During a handshake they always can.
    func mayRead(from side: Side) -> Bool
    /// One of the legs can be written to again, so the other side may be read.
    func resumeReads()
    func handshakeCompleted(on side: Side)
    /// This side has ended its direction, and may still listen.
    func inputClosed(by side: Side)
    func failed(on side: Side, _ error: any Error)
    /// The connection is gone.
    func inactive(_ side: Side)
}
