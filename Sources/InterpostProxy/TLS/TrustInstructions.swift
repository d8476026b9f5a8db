/// How to make clients trust the authority.
package enum TrustInstructions {
    /// - Parameter certificate: The path of the authority's PEM file.
    package static func text(certificate: String) -> String {
        """

        Whoever trusts this certificate trusts whoever has its key (ca.key, beside it). Trust it only in the
        clients that you watch, and remove it afterwards.

        Thunderbird    Settings > Privacy & Security > Certificates > Manage Certificates > Authorities > Import,
                       choose the PEM file, tick "Trust this CA to identify websites".
        Apple Mail     Export as DER, open the file; in Keychain Access set it to "Always Trust". On iOS: send the file
                       to the device, install the profile, then Settings > General > About > Certificate Trust Settings.
        Outlook        Export as DER, run: certutil -addstore -user Root ca.der  (or double-click > Install Certificate >
                       Trusted Root Certification Authorities).
        mutt, neomutt  set ssl_ca_certificates_file = "\(certificate)"   (in ~/.muttrc; quotes as shown)
        mbsync         CertificateFile \(certificate)
        fetchmail      sslcertfile \(certificate)
        offlineimap    sslcacertfile = \(certificate)   (in the repository's section)
        getmail        ca_certs = \(certificate)   (in [retriever])
        mpop           tls_trust_file \(certificate)
        imapfilter     imapfilter -t \(certificate)
        aerc           SSL_CERT_FILE=\(certificate) aerc   (it trusts no other authority then)
        curl           --cacert \(certificate)
        Python         ssl.create_default_context(cafile="\(certificate)")
        certutil       certutil -A -d sql:PROFILE -n Interpost -t C,, -i \(certificate)   (a profile of Thunderbird or Firefox)
        Debian         cp \(certificate) /usr/local/share/ca-certificates/interpost.crt && update-ca-certificates
                       (undo: remove the file, then update-ca-certificates --fresh)
        """
    }
}
