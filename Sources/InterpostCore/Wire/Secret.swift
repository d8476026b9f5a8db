public import NIOCore

/// A password, a token, a SASL message: bytes that may be compared and looked into, but never printed.
///
/// Every way to turn it into text, the debugger's included, gives `[redacted]`: neither the bytes nor how
/// many they are.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: ByteBuffer

    /// A secret of these bytes.
    public init(_ bytes: ByteBuffer) { self.bytes = bytes }

    /// The bytes, for the one place that must know them.
    public func withExposedBytes<Result>(_ body: (ByteBuffer) -> Result) -> Result { body(bytes) }

    public var description: String { "[redacted]" }
    /// `[redacted]`
    public var debugDescription: String { description }
    /// A mirror without children, for debuggers.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
