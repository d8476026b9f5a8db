import NIOCore

/// Why an account cannot be used now: in one of four kinds for the client, in words for the operator. What a server says in its own
/// words is in neither: it may repeat a secret.
///
///     S: x NO [UNAVAILABLE] try again later␍␊      .unavailable
///     → a NO [UNAVAILABLE] …␍␊                      what the client hears
package struct UpstreamFailure: Error, Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The server does not take the account's secret.
        case authentication
        /// Later it may be possible.
        case unavailable
        /// Too many sessions, or too much was done.
        case limit
        /// Somebody has to change something first.
        case administrator
    }

    package var kind: Kind
    /// For the log: what happened and what the operator can do.
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// RFC 5530, RFC 9051 §7.1
    var imapCode: String {
        switch kind {
        case .authentication: "AUTHENTICATIONFAILED"
        case .unavailable: "UNAVAILABLE"
        case .limit: "LIMIT"
        case .administrator: "CONTACTADMIN"
        }
    }

    /// RFC 3206; POP3 has no code for limits.
    var pop3Code: String {
        switch kind {
        case .authentication: "AUTH"
        case .unavailable, .limit: "SYS/TEMP"
        case .administrator: "SYS/PERM"
        }
    }

    /// What a client is told.
    var text: String {
        switch kind {
        case .authentication: "The mail server does not take the account's login; whoever runs Interpost can read why in its log"
        case .unavailable: "The mail server cannot be used now; try again later"
        case .limit: "The mail server allows no more sessions now; try again later"
        case .administrator: "The account cannot be used before whoever runs Interpost has seen to it"
        }
    }
}

extension UpstreamFailure {
    /// What an IMAP server's refusal of a login means.
    init(login status: IMAPStatus) {
        // A code that nobody knows may be anything, a secret too.
        let code = status.codeName.map(\.description).flatMap { Self.imapCodes.contains($0) ? $0 : nil }
        switch code {
        case "UNAVAILABLE", "INUSE", "SERVERBUG": self.init(.unavailable, "the server says \(code ?? ""): try again later")
        case "LIMIT", "OVERQUOTA":
            self.init(.limit, "the server says \(code ?? ""): there are too many sessions, or too much was used")
        case "CONTACTADMIN", "WEBALERT", "EXPIRED", "PRIVACYREQUIRED":
            self.init(.administrator, "the server says \(code ?? ""): log in to the provider's own page, or ask its operator")
        case "AUTHORIZATIONFAILED":
            self.init(.authentication, "the server says AUTHORIZATIONFAILED: this user may not act for the account's mailbox")
        default:
            // Gmail, Dovecot
            let isLimit =
                status.text.hasPrefixIgnoringCase("TOO MANY SIMULTANEOUS")
                || status.text.hasPrefixIgnoringCase("MAXIMUM NUMBER OF CONNECTIONS")
            self =
                isLimit
                ? Self(.limit, "the server has too many sessions of this account")
                : Self(
                    .authentication,
                    "the server refuses the login\(code.map { " (\($0))" } ?? ""): check the account's user and secret")
        }
    }

    /// RFC 5530 §3, RFC 9051 §7.1, and Gmail's WEBALERT.
    private static let imapCodes: Set = [
        "ALERT", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "CANNOT", "CLIENTBUG", "CONTACTADMIN", "EXPIRED", "INUSE",
        "LIMIT",
        "NOPERM", "OVERQUOTA", "PRIVACYREQUIRED", "SERVERBUG", "UNAVAILABLE", "WEBALERT",
    ]

    /// What a POP3 server's refusal of a login means (RFC 2449 §8.1, RFC 3206).
    init(login reply: POP3Reply) {
        let code = reply.code
        func says(_ word: StaticString) -> Bool { code?.hasPrefixIgnoringCase(word) == true }
        if says("IN-USE") || says("SYS/TEMP") {
            self.init(.unavailable, "the server says \(says("IN-USE") ? "IN-USE" : "SYS/TEMP"): try again later")
        } else if says("LOGIN-DELAY") {
            self.init(.limit, "the server says LOGIN-DELAY: it was asked too soon after the last login")
        } else if says("SYS/PERM") {
            self.init(.administrator, "the server says SYS/PERM: ask its operator")
        } else {
            self.init(.authentication, "the server refuses the login: check the account's user and secret")
        }
    }
}
