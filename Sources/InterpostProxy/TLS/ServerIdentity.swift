import CPublicSuffix
import InterpostCore
import SwiftASN1
import X509

/// The name that a server must have, and whether a certificate has it (RFC 9525 §6).
///
/// Only subject alternative names count: a common name is not a server's name. A wildcard must be the whole first label. It stands
/// for exactly one label, but never for a label directly below a public suffix, because nobody owns all of those names:
///
///     *.example.org       mail.example.org; not a.mail.example.org, not example.org
///     *, *.org, *.co.uk, m*.example.org, a.*.example.org      nothing
struct ServerIdentity: Sendable {
    private enum Reference {
        /// In lower case, without a final dot, label by label.
        case labels([Substring])
        case address([UInt8])
    }

    private let reference: Reference

    /// - Parameter host: A host name or an IP address, as in the configuration.
    init(host: String) {
        if let address = IPAddress(host) {
            reference = .address(address.octets)
        } else {
            let name = host.lowercased()
            reference = .labels(Self.labels(of: name.hasSuffix(".") ? name.dropLast() : name[...]))
        }
    }

    /// Whether `name` is a name of this server.
    func matches(_ name: GeneralName) -> Bool {
        switch (reference, name) {
        case (.address(let octets), .ipAddress(let given)): return Array(given.bytes) == octets
        case (.labels(let labels), .dnsName(let given)): return Self.matches(given, labels)
        default: return false
        }
    }

    private static func matches(_ given: String, _ labels: [Substring]) -> Bool {
        // Lowercasing beyond ASCII would turn other letters into these.
        guard given.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        let name = given.lowercased()
        let pattern = Self.labels(of: name[...])
        let rest = pattern.dropFirst()
        guard pattern.count == labels.count, rest.allSatisfy(isLabel), rest.elementsEqual(labels.dropFirst()),
            let first = pattern.first, let asked = labels.first, isLabel(asked)
        else { return false }
        guard first == "*" else { return isLabel(first) && first == asked }
        return rest.count >= 2 && !isPublicSuffix(rest.joined(separator: "."))
    }

    private static func labels(of name: Substring) -> [Substring] {
        name.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// Letters, digits, hyphens and underscores. Names in other scripts are spelled with these, too (RFC 5890 §2.3.2.1).
    private static func isLabel(_ label: Substring) -> Bool {
        !label.isEmpty
            && label.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Whether a registry sells the names below `name`. A company's suffix such as `github.io` does not count: it may certify those
    /// names itself.
    private static func isPublicSuffix(_ name: String) -> Bool {
        psl_is_public_suffix2(psl_builtin(), name, PSL_TYPE_ICANN) != 0
    }
}
