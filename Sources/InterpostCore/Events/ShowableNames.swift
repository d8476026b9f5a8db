/// Names of verbs that exist somewhere. Only these are ever printed when a verb is not read further: any other word in
/// the place of a verb may be a password that a person or a broken client typed there.
enum ShowableNames {
    static func contains(_ name: Keyword, in mailProtocol: MailProtocol) -> Bool {
        mailProtocol == .imap ? name == Keyword("UID") || IMAPVerb.named(name) != nil : POP3Verb.named(name) != nil
    }

    /// The mechanism's name, or `unknown` for a word that may be anything.
    static func title(ofMechanism name: Keyword) -> String {
        mechanisms[name] != nil ? name.description : "unknown"
    }

    private static let mechanisms = keywords([
        "PLAIN", "LOGIN", "CRAM-MD5", "CRAM-SHA1", "CRAM-SHA256", "DIGEST-MD5", "GSSAPI", "GSS-SPNEGO", "GS2-KRB5",
        "GS2-KRB5-PLUS", "KERBEROS_V4", "NTLM", "EXTERNAL", "ANONYMOUS", "XOAUTH", "XOAUTH2", "OAUTHBEARER", "OAUTH10A",
        "PLAIN-CLIENTTOKEN", "ATOKEN", "ATOKEN2", "XYMCOOKIE", "XYMECOOKIE", "XYMCOOKIEB64", "XYMPKI", "X-GOOGLE-TOKEN",
        "XZIMBRA", "X-ZIMBRA", "XGWTRUSTEDAPP", "OTP", "SKEY", "SECURID", "SRP", "SAML20", "OPENID20", "SXOVER-PLUS",
        "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-224", "SCRAM-SHA-224-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS",
        "SCRAM-SHA-384", "SCRAM-SHA-384-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS", "SCRAM-SHA3-512", "SCRAM-SHA3-512-PLUS",
        "SCRAM-MD5", "EAP-AES128", "EAP-AES128-PLUS", "ECDSA-NIST256P-CHALLENGE",
    ])

    /// What a proxy says about its client with XCLIENT: Dovecot's names, and Postfix's.
    static let clientAttributes = keywords([
        "ADDR", "CLIENT-TRANSPORT", "DESTADDR", "DESTNAME", "DESTPORT", "FORWARD", "HELO", "LOGIN", "NAME", "PORT", "PROTO",
        "SESSION", "TTL",
    ])

    private static func keywords(_ names: [StaticString]) -> KeywordTable<Void> { KeywordTable(names.map { ($0, ()) }) }
}
