/// An IPv4 or IPv6 address with a TCP port.
///
///     192.0.2.1:143, [2001:db8:0:0:0:0:0:1]:143
public struct InternetAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as a number; of IPv4 the lowest 32 bits.
    var address: UInt128
    var isIPv6: Bool
    public var port: UInt16

    init(ipv4 address: UInt32, port: UInt16) {
        self.address = UInt128(address)
        isIPv6 = false
        self.port = port
    }

    init(ipv6 address: UInt128, port: UInt16) {
        self.address = address
        isIPv6 = true
        self.port = port
    }

    public var description: String {
        guard isIPv6 else {
            let octets = (0..<4).map { String(UInt8(truncatingIfNeeded: address >> UInt128(24 - 8 * $0))) }
            return octets.joined(separator: ".") + ":\(port)"
        }
        let groups = (0..<8).map { String(UInt16(truncatingIfNeeded: address >> UInt128(112 - 16 * $0)), radix: 16) }
        return "[\(groups.joined(separator: ":"))]:\(port)"
    }
}
