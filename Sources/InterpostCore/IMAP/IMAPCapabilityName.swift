import NIOCore

extension IMAPCapability {
    /// The capabilities that exist somewhere, by what precedes their `=`.
    public enum Name: String, Sendable, CaseIterable {
        // What a server is, and how a client logs in.
        case imap4rev1 = "IMAP4REV1"
        case imap4rev2 = "IMAP4REV2"
        case imap4 = "IMAP4"
        case imap4WithUnicode = "IMAP4WITHUNICODE"
        case startTLS = "STARTTLS"
        case loginDisabled = "LOGINDISABLED"
        case auth = "AUTH"
        case saslIR = "SASL-IR"
        case unauthenticate = "UNAUTHENTICATE"
        case xUnauthenticate = "X-UNAUTHENTICATE"
        case loginReferrals = "LOGIN-REFERRALS"
        case mailboxReferrals = "MAILBOX-REFERRALS"

        // How client and server talk.
        case literalPlus = "LITERAL+"
        case literalMinus = "LITERAL-"
        case compress = "COMPRESS"
        case enable = "ENABLE"
        case utf8 = "UTF8"
        case idle = "IDLE"
        case notify = "NOTIFY"
        case id = "ID"
        case language = "LANGUAGE"
        case i18nLevel = "I18NLEVEL"
        case inProgress = "INPROGRESS"
        case messageLimit = "MESSAGELIMIT"
        case saveLimit = "SAVELIMIT"
        case jmapAccess = "JMAPACCESS"

        // Messages.
        case uidPlus = "UIDPLUS"
        case uidOnly = "UIDONLY"
        case uidBatches = "UIDBATCHES"
        case condstore = "CONDSTORE"
        case qresync = "QRESYNC"
        case binary = "BINARY"
        case catenate = "CATENATE"
        case multiAppend = "MULTIAPPEND"
        case appendLimit = "APPENDLIMIT"
        case replace = "REPLACE"
        case move = "MOVE"
        case objectID = "OBJECTID"
        case saveDate = "SAVEDATE"
        case preview = "PREVIEW"
        case snippet = "SNIPPET"
        case convert = "CONVERT"
        case annotateExperiment1 = "ANNOTATE-EXPERIMENT-1"
        case urlAuth = "URLAUTH"
        case urlPartial = "URL-PARTIAL"

        // Searching and sorting.
        case esearch = "ESEARCH"
        case searchRes = "SEARCHRES"
        case search = "SEARCH"
        case context = "CONTEXT"
        case esort = "ESORT"
        case partial = "PARTIAL"
        case multiSearch = "MULTISEARCH"
        case sort = "SORT"
        case thread = "THREAD"
        case within = "WITHIN"
        case filters = "FILTERS"
        case filter = "FILTER"

        // Mailboxes.
        case namespace = "NAMESPACE"
        case unselect = "UNSELECT"
        case children = "CHILDREN"
        case listExtended = "LIST-EXTENDED"
        case listStatus = "LIST-STATUS"
        case listMyRights = "LIST-MYRIGHTS"
        case listMetadata = "LIST-METADATA"
        case specialUse = "SPECIAL-USE"
        case createSpecialUse = "CREATE-SPECIAL-USE"
        case status = "STATUS"
        case acl = "ACL"
        case acl2 = "ACL2"
        case rights = "RIGHTS"
        case quota = "QUOTA"
        case xQuota = "X-QUOTA"
        case quotaSet = "QUOTASET"
        case metadata = "METADATA"
        case metadataServer = "METADATA-SERVER"
        case annotateMore = "ANNOTATEMORE"
        case annotateMore2 = "ANNOTATEMORE2"
        case xAnnotateMore = "X-ANNOTATEMORE"
        case imapSieve = "IMAPSIEVE"

        // Servers' own.
        case xGMExt1 = "X-GM-EXT-1"
        case xyzzy = "XYZZY"
        case xList = "XLIST"
        case xApplePushService = "XAPPLEPUSHSERVICE"
        case xAppleLiteral = "XAPPLELITERAL"
        case xAppleRemoteLinks = "X-APPLE-REMOTE-LINKS"
        case xMove = "XMOVE"
        case scan = "SCAN"
        case xReplication = "X-REPLICATION"
        case xReplicationArchive = "X-REPLICATION-ARCHIVE"
        case xSieveMailbox = "X-SIEVE-MAILBOX"
        case xUserGroups = "XUSERGROUPS"
        case xCreatedModSeq = "X-CREATEDMODSEQ"
        case digest = "DIGEST"
        case noAtomicRename = "NO_ATOMIC_RENAME"
        case mupdate = "MUPDATE"
        case xConversations = "XCONVERSATIONS"
        case xBackup = "XBACKUP"
        case smap1 = "SMAP1"
        case keywords = "KEYWORDS"
        case xCourierOutbox = "XCOURIEROUTBOX"
        case xMagicTrash = "XMAGICTRASH"
        case xSender = "XSENDER"
        case xNetscape = "X-NETSCAPE"
        case xServerInfo = "XSERVERINFO"
        case xSunSort = "X-SUN-SORT"
        case xSunIMAP = "X-SUN-IMAP"
        case xUM1 = "XUM1"
        case xRefresh = "XREFRESH"
        case xYMHighestModSeq = "XYMHIGHESTMODSEQ"
        case xYMPartial = "XYMPARTIAL"
        case xMsgExt = "X-MSG-EXT"
        /// `XAOL-…`: the argument is what follows these four letters.
        case xAOL = "XAOL"
        case clientAccessRules = "CLIENTACCESSRULES"
        case clientNetworkPresenceLocation = "CLIENTNETWORKPRESENCELOCATION"
        case backendAuthenticate = "BACKENDAUTHENTICATE"
        case xProxy = "XPROXY"
        case xProxy3 = "XPROXY3"
        case xIMAPProxy = "XIMAPPROXY"
        case xProxyOfNginx = "X-PROXY"

        static func named(_ word: Keyword) -> Name? { byKeyword[word] }

        private static let byKeyword = KeywordTable(
            keys: allCases.compactMap { name in
                Keyword(ByteBuffer(string: name.rawValue).readableBytesView).map { ($0, name) }
            })

        var argumentKind: ArgumentKind {
            switch self {
            case .auth, .compress, .utf8, .preview, .snippet, .search, .context, .sort, .thread, .filter, .status, .acl2,
                .quota, .xQuota, .urlAuth, .digest:
                .word
            case .i18nLevel, .messageLimit, .saveLimit, .appendLimit: .number
            case .rights, .imapSieve, .mupdate, .xCourierOutbox, .xAOL: .text
            default: .none
            }
        }
    }

    /// Where it is defined, or whose it is: `RFC 6851`, `Cyrus`; `nil` for one that nobody documented.
    public var origin: String? {
        guard case .known(let name, let argument) = self else { return nil }
        if name == .auth { return mechanism.flatMap(Self.origin(ofMechanism:)) }
        if case .word(let word)? = argument, let origin = Self.origins["\(name.rawValue)=\(word)"] { return origin }
        return name.origin
    }

    /// Arguments that are defined in another place than the capability without them.
    private static let origins = [
        "UTF8=ACCEPT": "RFC 9755", "UTF8=ONLY": "RFC 9755", "SORT=DISPLAY": "RFC 5957", "SORT=MODSEQ": "Cyrus",
        "SORT=UID": "Cyrus", "THREAD=REFS": "draft-ietf-morg-inthread", "URLAUTH=BINARY": "RFC 5524",
        "PREVIEW=FUZZY": "Dovecot, drafts of RFC 8970",
    ]

    private static func origin(ofMechanism mechanism: Keyword) -> String? {
        mechanismOrigins[mechanism.description]
            ?? (mechanism.description.hasPrefix("SCRAM-") ? "RFC 5802, RFC 7677" : nil)
    }

    private static let mechanismOrigins = [
        "PLAIN": "RFC 4616", "LOGIN": "draft-murchison-sasl-login", "CRAM-MD5": "RFC 2195", "CRAM-SHA1": "Courier",
        "CRAM-SHA256": "Courier", "DIGEST-MD5": "RFC 2831", "GSSAPI": "RFC 4752", "GSS-SPNEGO": "Microsoft",
        "GS2-KRB5": "RFC 5801", "GS2-KRB5-PLUS": "RFC 5801", "KERBEROS_V4": "RFC 1731", "NTLM": "Microsoft",
        "EXTERNAL": "RFC 4422", "ANONYMOUS": "RFC 4505", "XOAUTH": "Google", "XOAUTH2": "Google, Microsoft",
        "OAUTHBEARER": "RFC 7628", "OAUTH10A": "RFC 7628", "PLAIN-CLIENTTOKEN": "Google", "X-GOOGLE-TOKEN": "Google",
        "ATOKEN": "Apple", "ATOKEN2": "Apple", "XYMCOOKIE": "Yahoo", "XYMECOOKIE": "Yahoo", "XYMCOOKIEB64": "Yahoo",
        "XYMPKI": "Yahoo", "XZIMBRA": "Zimbra", "X-ZIMBRA": "Zimbra", "XGWTRUSTEDAPP": "GroupWise", "OTP": "RFC 2444",
        "SKEY": "RFC 2222", "SECURID": "RFC 2808", "9798-M-RSA-SHA1-ENC": "RFC 3163", "SRP": "draft-burdis-cat-srp-sasl",
        "SAML20": "RFC 6595", "OPENID20": "RFC 6616", "SXOVER-PLUS": "draft-vanrein-diameter-sasl",
        "EAP-AES128": "RFC 7055", "EAP-AES128-PLUS": "RFC 7055",
        "ECDSA-NIST256P-CHALLENGE": "SASL registry",
    ]
}

extension IMAPCapability.Name {
    fileprivate var origin: String? {
        switch self {
        case .imap4: "RFC 1730"
        case .imap4rev1: "RFC 3501"
        case .imap4rev2, .startTLS, .loginDisabled, .auth: "RFC 9051"
        case .saslIR: "RFC 4959"
        case .unauthenticate: "RFC 8437"
        case .loginReferrals: "RFC 2221"
        case .mailboxReferrals: "RFC 2193"
        case .literalPlus, .literalMinus: "RFC 7888"
        case .compress: "RFC 4978"
        case .enable: "RFC 5161"
        case .utf8: "RFC 5738"
        case .idle: "RFC 2177"
        case .notify: "RFC 5465"
        case .id: "RFC 2971"
        case .language, .i18nLevel: "RFC 5255"
        case .inProgress: "RFC 9585"
        case .messageLimit, .saveLimit: "RFC 9738"
        case .jmapAccess: "RFC 9698"
        case .uidPlus: "RFC 4315"
        case .uidOnly: "RFC 9586"
        case .uidBatches: "draft-ietf-mailmaint-imap-uidbatches"
        case .condstore, .qresync: "RFC 7162"
        case .binary: "RFC 3516"
        case .catenate: "RFC 4469"
        case .multiAppend: "RFC 3502"
        case .appendLimit: "RFC 7889"
        case .replace: "RFC 8508"
        case .move: "RFC 6851"
        case .objectID: "RFC 8474"
        case .saveDate: "RFC 8514"
        case .preview: "RFC 8970"
        case .convert: "RFC 5259"
        case .annotateExperiment1: "RFC 5257"
        case .urlAuth: "RFC 4467"
        case .urlPartial: "RFC 5550"
        case .esearch: "RFC 4731"
        case .searchRes: "RFC 5182"
        case .search: "RFC 6203"
        case .context, .esort: "RFC 5267"
        case .partial: "RFC 9394"
        case .multiSearch: "RFC 7377"
        case .sort, .thread: "RFC 5256"
        case .within: "RFC 5032"
        case .filters: "RFC 5466"
        case .namespace: "RFC 2342"
        case .unselect: "RFC 3691"
        case .children: "RFC 3348"
        case .listExtended: "RFC 5258"
        case .listStatus: "RFC 5819"
        case .listMyRights: "RFC 8440"
        case .listMetadata: "RFC 9590"
        case .specialUse, .createSpecialUse: "RFC 6154"
        case .status: "RFC 8438"
        case .acl, .rights: "RFC 4314"
        case .quota, .quotaSet: "RFC 9208"
        case .metadata, .metadataServer: "RFC 5464"
        case .annotateMore, .annotateMore2, .xAnnotateMore: "draft-daboo-imap-annotatemore"
        case .imapSieve: "RFC 6785"
        case .snippet: "Dovecot, drafts of RFC 8970"
        case .filter: "Pigeonhole"
        case .xGMExt1, .xyzzy, .xList: "Gmail"
        case .xApplePushService, .xAppleLiteral, .xAppleRemoteLinks: "Apple"
        case .xMove, .scan, .xReplication, .xReplicationArchive, .xSieveMailbox, .xUserGroups, .xCreatedModSeq, .digest,
            .noAtomicRename, .mupdate, .xConversations, .xBackup, .xQuota, .xUnauthenticate:
            "Cyrus"
        case .smap1, .keywords, .xCourierOutbox, .xMagicTrash, .acl2: "Courier"
        case .xSender, .xNetscape, .xServerInfo, .xSunSort, .xSunIMAP, .xUM1, .xRefresh: "Oracle, Apple"
        case .xYMHighestModSeq, .xYMPartial, .xMsgExt, .xAOL: "Yahoo"
        case .clientAccessRules, .clientNetworkPresenceLocation, .backendAuthenticate, .xProxy, .xProxy3: "Exchange"
        case .xIMAPProxy: "imapproxy"
        case .xProxyOfNginx: "nginx"
        case .imap4WithUnicode: nil
        }
    }
}
