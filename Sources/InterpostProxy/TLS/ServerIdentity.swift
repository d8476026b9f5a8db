import CPublicSuffix
import InterpostCore
import SwiftASN1
import X509

/// Who a server has to be, and whether a certificate says so (RFC 9525 §6).
///
/// Only subject alternative names count: a common name is not a server's name. A wildcard is a whole first label, stands for
/// exactly one label, and never for those below a public suffix, because nobody owns all of them:
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

    /// - Parameter host: A host name or an IP address, as the configuration has it.
    init(host: String) {
        if let address = IPAddress(host) {
            reference = .address(address.octets)
        } else {
            let name = host.lowercased()
            reference = .labels(Self.labels(of: name.hasSuffix(".") ? name.dropLast() : name[...]))
        }
    }

    /// Whether `name` is one of this server.
    func matches(_ name: GeneralName) -> Bool {
        switch (reference, name) {
        case (.address(let octets), .ipAddress(let given)): return Array(given.bytes) == octets
        case (.labels(let labels), .dnsName(let given)): return Self.matches(given, labels)
        default: return false
        }
    }

    private static func matches(_ given: String, _ labels: [Substring]) -> Bool {
        // Folding more than ASCII would make other letters into these.
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

    /// Letters, digits, hyphens and underscores; names of other scripts are spelled in them, too (RFC 5890 §2.3.2.1).
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

    /// Whether a registry sells the names below it. Suffixes of companies, such as `github.io`, are theirs to certify.
    private static func isPublicSuffix(_ name: String) -> Bool {
        psl_is_public_suffix2(psl_builtin(), name, PSL_TYPE_ICANN) != 0
    }
}
