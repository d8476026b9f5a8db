import Foundation
public import InterpostCore

/// Where to listen: `imaps://0.0.0.0:993`, `imap://127.0.0.1:1143?starttls=required`, `pop3s://[::1]:0`.
public struct ListenURL: Sendable, Equatable {
    /// `imap` and `imaps`, or `pop3` and `pop3s`.
    public var mailProtocol: MailProtocol
    /// TLS from the first octet (`imaps`, `pop3s`), or what becomes of STARTTLS; `.offered` where the URL does not say.
    public var security: SessionSettings.ListenerSecurity
    /// A name or an address; IPv6 without brackets.
    public var host: String
    /// 0 lets the system choose.
    public var port: Int

    /// Reads a URL; without a port it is 143, 993, 110 or 995. Throws where the URL cannot be used, and says why.
    public init(_ text: String) throws(EndpointError) {
        let parts = try EndpointParts(text, what: "a listener")
        mailProtocol = parts.mailProtocol
        host = parts.host
        port = parts.port
        security = try parts.security(
            implicit: .implicit, startTLS: [.offered, .required, .off], standard: .offered)
    }

    public var description: String { url(port: port) }

    /// The URL with the port that the system chose.
    public func url(port: Int) -> String {
        EndpointParts.text(
            mailProtocol, isImplicit: security == .implicit, host: host, port: port,
            startTLS: security == .offered ? nil : security.rawValue)
    }
}

/// Which server to connect to: `imaps://imap.example.org`, `pop3://mail.example.org:110?starttls=off`.
public struct UpstreamURL: Sendable, Equatable {
    /// `imap` and `imaps`, or `pop3` and `pop3s`.
    public var mailProtocol: MailProtocol
    /// TLS from the first octet (`imaps`, `pop3s`), or whether STARTTLS is used; `.required` where the URL does not say.
    public var security: SessionSettings.UpstreamSecurity
    /// A name or an address; IPv6 without brackets.
    public var host: String
    /// 1 to 65535.
    public var port: Int

    /// Reads a URL; without a port it is 143, 993, 110 or 995. Throws where the URL cannot be used, and says why.
    public init(_ text: String) throws(EndpointError) {
        let parts = try EndpointParts(text, what: "an upstream")
        mailProtocol = parts.mailProtocol
        host = parts.host
        port = parts.port
        guard port > 0 else { throw EndpointError("'\(text)' needs a port above 0") }
        security = try parts.security(implicit: .implicit, startTLS: [.required, .off], standard: .required)
    }

    public var description: String {
        EndpointParts.text(
            mailProtocol, isImplicit: security == .implicit, host: host, port: port,
            startTLS: security == .off ? security.rawValue : nil)
    }
}

/// An endpoint URL that cannot be used, and why.
public struct EndpointError: Error, CustomStringConvertible, Sendable {
    public var description: String

    package init(_ description: String) { self.description = description }
}

/// The parts that both kinds of URL share.
private struct EndpointParts {
    var mailProtocol: MailProtocol
    var isImplicit: Bool
    var host: String
    var port: Int
    var startTLS: String?

    init(_ text: String, what: String) throws(EndpointError) {
        guard let components = URLComponents(string: text), let scheme = components.scheme?.lowercased() else {
            throw EndpointError("'\(text)' is not \(what) URL; one looks like imaps://HOST:PORT")
        }
        switch scheme {
        case "imap", "imaps": mailProtocol = .imap
        case "pop3", "pop3s": mailProtocol = .pop3
        default:
            let hint = Suggestion.nearest(to: scheme, among: ["imap", "imaps", "pop3", "pop3s"])
            throw EndpointError("'\(text)' has the scheme '\(scheme)'; it is imap, imaps, pop3 or pop3s\(hint)")
        }
        isImplicit = scheme.hasSuffix("s")
        guard let host = components.host, !host.isEmpty else { throw EndpointError("'\(text)' names no host") }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        // Foundation decodes %00, and allows anything between brackets.
        guard self.host.unicodeScalars.allSatisfy({ Self.hostCharacters.contains($0) }),
            host.hasPrefix("[") ? Self.isIPv6(self.host) : !host.contains("%")
        else {
            throw EndpointError("'\(text)' has a host that is no name, no IPv4 address and no IPv6 address in brackets")
        }
        let standard = mailProtocol == .imap ? (isImplicit ? 993 : 143) : (isImplicit ? 995 : 110)
        port = components.port ?? standard
        guard (0...65535).contains(port) else { throw EndpointError("'\(text)' has a port that is not in 0 to 65535") }
        guard components.path.isEmpty || components.path == "/" else {
            throw EndpointError("'\(text)' has a path; a mail server has none")
        }
        guard components.user == nil, components.password == nil else {
            throw EndpointError(
                "the URL of \(what) takes no user or password: the client brings its own, or an account names them")
        }
        for item in components.queryItems ?? [] {
            guard item.name == "starttls" else {
                let hint = Suggestion.nearest(to: item.name, among: ["starttls"])
                throw EndpointError("'\(text)' has an unknown option '\(item.name)'\(hint)")
            }
            startTLS = item.value
        }
    }

    /// With or without a zone: `fe80::1%eth0`.
    private static func isIPv6(_ host: String) -> Bool {
        let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let hasPlainZone = parts.count == 1 || !parts[1].isEmpty && !parts[1].contains { $0 == "%" || $0 == ":" }
        return hasPlainZone && IPAddress(parts[0])?.isIPv6 == true
    }

    private static let hostCharacters = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: ".-_:%"))

    func security<Security: RawRepresentable<String>>(
        implicit: Security, startTLS allowed: [Security], standard: Security
    ) throws(EndpointError) -> Security {
        guard let startTLS else { return isImplicit ? implicit : standard }
        let names = allowed.map(\.rawValue)
        guard !isImplicit else {
            throw EndpointError("starttls=\(startTLS) does not go with TLS from the first byte; use \(mailProtocol.rawValue):")
        }
        guard let security = allowed.first(where: { $0.rawValue == startTLS }) else {
            let hint = Suggestion.nearest(to: startTLS, among: names)
            throw EndpointError("starttls=\(startTLS) is not one of \(names.joined(separator: ", "))\(hint)")
        }
        return security
    }

    static func text(
        _ mailProtocol: MailProtocol, isImplicit: Bool, host: String, port: Int, startTLS: String?
    ) -> String {
        let shown = host.contains(":") ? "[\(host.replacing("%", with: "%25"))]" : host
        return mailProtocol.rawValue + (isImplicit ? "s" : "") + "://\(shown):\(port)"
            + (startTLS.map { isImplicit ? "" : "?starttls=\($0)" } ?? "")
    }
}
