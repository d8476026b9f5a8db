/// Names that say nothing about anybody, and that clients and servers look for: they stay as they are.
///
///     INBOX    Sent Items    [Gmail]    anyone    $Forwarded
struct KeptNames: Sendable {
    /// In lower case, in order.
    private let names: [[UInt8]]

    private init(_ names: [StaticString]) {
        self.names = names.map { name in Array(name.description.utf8).map { $0.isLetter ? $0 | 0x20 : $0 } }
            .sorted { $0.lexicographicallyPrecedes($1) }
    }

    static func of(_ kind: PseudonymKind) -> KeptNames {
        switch kind {
        case .mailbox: mailboxes
        case .user: users
        case .keyword, .word, .identifier, .password, .token: none
        }
    }

    var all: Range<Int> { names.indices }

    /// Those of `range`, which begin alike up to `depth`, that have `octet` there.
    func narrow(_ range: Range<Int>, to octet: UInt8, at depth: Int) -> Range<Int> {
        let first = range.first { names[$0].count > depth && names[$0][depth] == octet }
        guard let first else { return range.lowerBound..<range.lowerBound }
        let end = (first..<range.upperBound).first { names[$0].count <= depth || names[$0][depth] != octet }
        return first..<(end ?? range.upperBound)
    }

    /// What may be at `depth` in one of `range`.
    func octets(behind depth: Int, of range: Range<Int>) -> Set<UInt8> {
        Set(range.compactMap { names[$0].count > depth ? names[$0][depth] : nil })
    }

    func contains(_ name: some Collection<UInt8>) -> Bool {
        names.contains { kept in kept.elementsEqual(name.lazy.map { $0.isLetter ? $0 | 0x20 : $0 }) }
    }

    private static let none = KeptNames([])

    /// Levels of mailbox names: RFC 6154's uses, as servers and clients call them.
    private static let mailboxes = KeptNames([
        "INBOX", "[Gmail]", "[Google Mail]", "All Mail", "Archive", "Archives", "Deleted Items", "Deleted Messages", "Drafts",
        "Important", "Junk", "Junk E-mail", "Junk Email", "Outbox", "Sent", "Sent Items", "Sent Mail", "Sent Messages", "Spam",
        "Starred", "Trash",
    ])

    /// Fields of headers: RFC 5322, RFC 2045, RFC 2369, RFC 2919, RFC 3834, RFC 6376, RFC 8601, RFC 8617, what is in the IANA
    /// registry of message headers and in most mail, and the word with which mbox begins a message.
    static let headerFields = KeptNames([
        "ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal", "Accept-Language", "Archived-At",
        "Authentication-Results", "Auto-Submitted", "Autocrypt", "Bcc", "Cc", "Comments", "Content-Alternative",
        "Content-Description", "Content-Disposition", "Content-Duration", "Content-Features", "Content-ID", "Content-Language",
        "Content-Length", "Content-Location", "Content-MD5", "Content-Transfer-Encoding", "Content-Type", "DKIM-Signature",
        "DL-Expansion-History", "Date", "Deferred-Delivery", "Delivered-To", "Delivery-Date", "Disposition-Notification-Options",
        "Disposition-Notification-To", "DomainKey-Signature", "Encrypted", "Envelope-To", "Errors-To", "Expires", "Expiry-Date",
        "Feedback-ID", "From", "Importance", "In-Reply-To", "Keywords", "Lines", "List-Archive", "List-Help", "List-ID",
        "List-Owner", "List-Post", "List-Subscribe", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version",
        "Mail-Followup-To", "Mail-Reply-To", "Mailing-List", "Message-Context", "Message-ID", "Newsgroups", "Organization",
        "Original-Message-ID", "Original-Recipient", "Precedence", "Priority", "Received", "Received-SPF", "References",
        "Reply-To", "Require-Recipient-Valid-Since", "Resent-Bcc", "Resent-Cc", "Resent-Date", "Resent-From",
        "Resent-Message-ID", "Resent-Reply-To", "Resent-Sender", "Resent-To", "Return-Path", "Return-Receipt-To", "Sender",
        "Sensitivity", "Status", "Subject", "TLS-Required", "Thread-Index", "Thread-Topic", "To", "User-Agent", "VBR-Info",
        "X-Antivirus", "X-Authentication-Warning", "X-Auto-Response-Suppress", "X-Keywords", "X-Loop", "X-Mailer", "X-MimeOLE",
        "X-MSMail-Priority", "X-Mozilla-Keys", "X-Mozilla-Status", "X-Mozilla-Status2", "X-Original-To", "X-Originating-IP",
        "X-Priority", "X-Spam-Flag", "X-Spam-Level", "X-Spam-Report", "X-Spam-Score", "X-Spam-Status", "X-Status", "X-UID",
        "X-UIDL",
    ])

    /// RFC 4314 §2 and §3, RFC 4314's predecessors, and Dovecot's.
    private static let users = KeptNames(["anyone", "anonymous", "authuser", "owner"])

    /// The IANA registry of IMAP keywords, and what clients write without having registered it.
    static let keywords = KeptNames([
        "$AutoJunk", "$Forwarded", "$HasAttachment", "$HasNoAttachment", "$Imported", "$IsMailingList", "$IsNotification",
        "$IsTrusted", "$Junk", "$Label1", "$Label2", "$Label3", "$Label4", "$Label5", "$MailFlagBit0", "$MailFlagBit1",
        "$MailFlagBit2", "$MDNSent", "$Memo", "$Muted", "$New", "$NotJunk", "$Phishing", "$SMIME-Signed", "$SMIME-Encrypted",
        "$SubmitPending", "$Submitted", "$Unsubscribed", "Forwarded", "Junk", "NonJunk", "NotJunk", "Old",
    ])
}
