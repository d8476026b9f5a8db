import NIOCore

/// IP addresses as text and as octets.
enum IPAddress {
    /// The 4 or 16 octets of an address; `nil` for a host name.
    static func octets(of text: String) -> [UInt8]? {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        return switch address.protocol {
        case .inet: Array(address.octets(at: 4, count: 4))
        case .inet6: Array(address.octets(at: 8, count: 16))
        default: nil
        }
    }
}

extension SocketAddress {
    /// The address lies at a fixed place of `sockaddr_in` (4) and `sockaddr_in6` (8).
    fileprivate func octets(at offset: Int, count: Int) -> [UInt8] {
        withSockAddr { pointer, length in
            Array(UnsafeRawBufferPointer(start: pointer, count: length).dropFirst(offset).prefix(count))
        }
    }
}
