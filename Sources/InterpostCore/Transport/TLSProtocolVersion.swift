/// A version of TLS, as logs name it: `TLSv1.3`.
public enum TLSProtocolVersion: String, Hashable, Comparable, Sendable, CaseIterable {
    case tls1_0 = "TLSv1"
    case tls1_1 = "TLSv1.1"
    case tls1_2 = "TLSv1.2"
    case tls1_3 = "TLSv1.3"

    /// `1.2`, as configurations write it.
    public init?(number: String) { self.init(rawValue: "TLSv\(number)") }

    /// `1.2`, as configurations write it; TLS 1.0 is `1`.
    public var number: String { String(rawValue.dropFirst("TLSv".count)) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
