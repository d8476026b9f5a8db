import NIOCore

/// An IPv4 or IPv6 address (RFC 791, RFC 4291).
///
///     192.0.2.1      four octets
///     2001:db8::1    sixteen; a zone (`fe80::1%eth0`) is not part of it
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as a number; an IPv4 address is in the lowest 32 bits.
    let number: UInt128
    /// Whether the address has sixteen octets, not four.
    public let isIPv6: Bool

    init(ipv4 number: UInt32) { (self.number, isIPv6) = (UInt128(number), false) }

    init(ipv6 number: UInt128) { (self.number, isIPv6) = (number, true) }

    /// `nil` for what is not an address, such as a host name.
    public init?(_ text: some StringProtocol) {
        guard let address = try? SocketAddress(ipAddress: String(text.prefix { $0 != "%" }), port: 0) else { return nil }
        switch address.protocol {
        case .inet: self.init(ipv4: UInt32(truncatingIfNeeded: address.number(at: 4, octets: 4)))
        case .inet6: self.init(ipv6: address.number(at: 8, octets: 16))
        default: return nil
        }
    }

    /// The 4 or 16 octets, as they are in a packet or a certificate.
    public var octets: [UInt8] {
        (0..<(isIPv6 ? 16 : 4)).reversed().map { UInt8(truncatingIfNeeded: number >> UInt128(8 * $0)) }
    }

    /// What an IPv4 address is called in IPv6 (RFC 4291 §2.5.5.2).
    var inIPv6: UInt128 { isIPv6 ? number : 0xFFFF_0000_0000 | number }

    public var description: String {
        guard isIPv6 else { return octets.map(String.init).joined(separator: ".") }
        return (0..<8).map { String(UInt16(truncatingIfNeeded: number >> UInt128(112 - 16 * $0)), radix: 16) }
            .joined(separator: ":")
    }
}

extension SocketAddress {
    /// The address is at a fixed place of `sockaddr_in` (4) and `sockaddr_in6` (8), most significant octet first.
    fileprivate func number(at offset: Int, octets: Int) -> UInt128 {
        unsafe withSockAddr { pointer, length in
            unsafe UnsafeRawBufferPointer(start: pointer, count: length).dropFirst(offset).prefix(octets).reduce(0) {
                $0 << 8 | UInt128($1)
            }
        }
    }
}
