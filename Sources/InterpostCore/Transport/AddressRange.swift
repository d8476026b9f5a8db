/// Addresses of clients: one, or all that begin with the same bits (RFC 4632, RFC 4291).
///
///     192.0.2.0/24      192.0.2.7, and ::ffff:192.0.2.7
///     2001:db8::/32     2001:db8::1
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let address: UInt128
    private let mask: UInt128
    /// The range as it was given: `192.0.2.0/24`.
    public let description: String

    /// `nil` where the text is not an address, or the number of bits is too large for it.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard !text.contains("%"), let address = IPAddress(parts[0]) else { return nil }
        let width = address.isIPv6 ? 128 : 32
        var bits = width
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy(\.isDigit), parts[1] == "0" || !parts[1].hasPrefix("0"),
                let given = Int(parts[1]), given <= width
            else { return nil }
            bits = given
        }
        let suffix = width - bits
        mask = suffix >= 128 ? 0 : UInt128.max << UInt128(suffix)
        self.address = address.inIPv6 & mask
        description = text
    }

    /// Whether `address` is one of these; an IPv4 address is also found as `::ffff:192.0.2.7`, and the other way round.
    public func contains(_ address: IPAddress) -> Bool { address.inIPv6 & mask == self.address }
}
