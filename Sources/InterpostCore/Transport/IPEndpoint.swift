/// An IPv4 or IPv6 address with a TCP port.
///
///     192.0.2.1:143, [2001:db8:0:0:0:0:0:1]:143
public struct IPEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// The address, without a zone.
    public var address: IPAddress
    public var port: UInt16

    public var description: String { address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
