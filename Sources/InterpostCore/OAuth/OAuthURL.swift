/// The URL of an authorisation server: `https`, or `http` where the host is this machine, so that no token crosses a network in the
/// clear.
///
///     https://oauth2.googleapis.com/token
///     http://127.0.0.1:8080/token                 for tests
package struct OAuthURL: Sendable, Hashable, CustomStringConvertible {
    /// The whole URL.
    package let text: String
    /// The host as the URL has it; an IPv6 address without brackets.
    package let host: String
    package let port: Int?

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Throws where the URL cannot be used, and says why.
    package init(_ text: String) throws(Failure) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy(\.isPrintable),
            !text.utf8.contains(where: { "\"<>\\^`{|}".utf8.contains($0) })
        else { throw Failure(description: "is not a URL; one looks like https://login.example.org/token") }
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else {
            throw Failure(description: "is not an https URL; one looks like https://login.example.org/token")
        }
        guard !text.utf8.contains(UInt8(ascii: "#")) else { throw Failure(description: "has a fragment, '#…'; leave it out") }
        let authority = text.dropFirst(isSecure ? 8 : 7).prefix { $0 != "/" && $0 != "?" }
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw Failure(description: "has a user or a password before '@'; leave it out")
        }
        guard let (host, port) = Self.parts(of: authority) else {
            throw Failure(description: "names no host, or a port that is not in 1 to 65535")
        }
        guard isSecure || Self.isLoopback(host) else {
            throw Failure(description: "is not https: secrets would go to '\(host)' in the clear")
        }
        self.text = text
        self.host = host
        self.port = port
    }

    package var description: String { text }

    /// The same URL with a port, where it has none.
    package func text(withPort port: Int) -> String {
        guard self.port == nil, let start = text.firstRange(of: "://") else { return text }
        let authority = text[start.upperBound...].prefix { $0 != "/" && $0 != "?" }
        return text[..<authority.endIndex] + ":\(port)" + text[authority.endIndex...]
    }

    package var isLoopback: Bool { Self.isLoopback(host) }

    private static func parts(of authority: Substring) -> (host: String, port: Int?)? {
        var rest = authority[...]
        let host: Substring
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            guard IPAddress(host)?.isIPv6 == true else { return nil }
            rest = rest[rest.index(after: end)...]
        } else {
            host = rest.prefix { $0 != ":" }
            guard !host.isEmpty, host.utf8.allSatisfy({ $0.isLetter || $0.isDigit || ".-".utf8.contains($0) }) else { return nil }
            rest = rest[host.endIndex...]
        }
        guard !rest.isEmpty else { return (String(host), nil) }
        let digits = rest.dropFirst()
        guard rest.hasPrefix(":"), digits.utf8.count <= 5, digits.utf8.allSatisfy(\.isDigit), let port = Int(digits),
            (1...65535).contains(port)
        else { return nil }
        return (String(host), port)
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.utf8.elementsEqual("localhost".utf8) { return true }
        guard let address = IPAddress(host) else { return false }
        return address.isIPv6 ? address == IPAddress("::1") : address.octets.first == 127
    }
}
