/// Addresses of clients: one, or all that begin with the same bits (RFC 4632, RFC 4291).
///
///     192.0.2.0/24      192.0.2.7, and ::ffff:192.0.2.7
///     2001:db8::/32     2001:db8::1
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let address: UInt128
    private let mask: UInt128
    public let description: String

    /// `nil` where the text is no address, or the number of bits is too large for it.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let (address, width) = Self.read(parts[0]) else { return nil }
        var bits = width
        if parts.count == 2 {
            guard let given = Self.decimal(parts[1]), given <= width else { return nil }
            bits = given
        }
        let suffix = width - bits
        mask = suffix >= 128 ? 0 : UInt128.max << UInt128(suffix)
        self.address = address & mask
        description = text
    }

    /// A zone (`fe80::1%eth0`) is not looked at.
    public func contains(_ text: String) -> Bool {
        guard let (address, _) = Self.read(text.prefix { $0 != "%" }) else { return false }
        return address & mask == self.address
    }

    /// IPv4 as what it is called in IPv6 (RFC 4291 §2.5.5.2), and how many bits may differ.
    private static func read(_ text: Substring) -> (UInt128, width: Int)? {
        if let address = readIPv4(text) { return (0xFFFF_0000_0000 | UInt128(address), 32) }
        return readIPv6(text).map { ($0, 128) }
    }

    private static func readIPv4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let number = decimal(part), number <= 255 else { return nil }
            address = address << 8 | UInt32(number)
        }
        return address
    }

    private static func readIPv6(_ text: Substring) -> UInt128? {
        guard text.contains(":") else { return nil }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, let head = groups(halves[0], endsAddress: halves.count == 1),
            let tail = halves.count == 2 ? groups(halves[1], endsAddress: true) : []
        else { return nil }
        guard halves.count == 2 ? head.count + tail.count < 8 : head.count == 8 else { return nil }
        let all = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        return all.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// - Parameter endsAddress: Its last 32 bits may be written as IPv4.
    private static func groups(_ text: Substring, endsAddress: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if endsAddress, index == parts.count - 1, let address = readIPv4(part) {
                groups += [UInt16(truncatingIfNeeded: address >> 16), UInt16(truncatingIfNeeded: address)]
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexDigit), let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    private static func decimal(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit), text == "0" || !text.hasPrefix("0") else {
            return nil
        }
        return Int(text)
    }
}

extension UInt8 {
    var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
}
