/// The names of accounts, clients and tokens.
package enum LoginName {
    /// The longest, in octets.
    package static let maximumLength = 255

    /// What a name may be, for people.
    package static let rule = "letters, digits, '-', '_', '.', '@' and '+', \(maximumLength) at most"

    /// ASCII only, so that no two names look alike.
    package static func isGood(_ text: String, wildcard: Bool = false) -> Bool {
        (1...maximumLength).contains(text.utf8.count)
            && text.utf8.allSatisfy { octet in
                octet.isLetterOrDigit || "-_.@+".utf8.contains(octet) || wildcard && octet == UInt8(ascii: "*")
            }
    }
}

extension UInt8 {
    /// In ASCII.
    var isLetterOrDigit: Bool { (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20) }
}
