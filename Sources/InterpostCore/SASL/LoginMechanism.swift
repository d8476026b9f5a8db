/// A way to log in that Interpost itself can use or offer.
package enum LoginMechanism: String, Sendable, CaseIterable {
    /// The protocol's own command: LOGIN in IMAP, USER and PASS in POP3.
    case password
    /// RFC 4616
    case plain
    /// Not an RFC: the server asks for the name, then for the password.
    case login
    /// RFC 2195
    case cramMD5 = "cram-md5"
    /// RFC 7677
    case scramSHA256 = "scram-sha-256"
    /// POP3's own command with a digest (RFC 1939 §7).
    case apop
    /// Google's and Microsoft's form of a token.
    case xoauth2
    /// RFC 7628
    case oauthBearer = "oauthbearer"
    /// RFC 4422 appendix A: the TLS connection says who it is.
    case external

    /// As AUTHENTICATE and AUTH name it; `nil` for the protocols' own commands.
    package var saslName: Keyword? {
        switch self {
        case .password, .apop: nil
        default: Keyword(rawValue.uppercased())
        }
    }
}
