import NIOCore

/// Which of a server's capabilities the gate lets a client know of: those that the strict reader reads in full, and that the
/// policy does not make useless. What is not known here is not offered.
///
///     S: * CAPABILITY IMAP4rev1 LITERAL+ MOVE XYZZY COMPRESS=DEFLATE
///     → * CAPABILITY IMAP4rev1 LITERAL+                               under read-only
struct GateCapabilities: Sendable {
    let policy: Policy

    static let reason = "the gate does not let it through"

    /// Which SASL mechanisms may be used: those without a security layer, which would hide the session from its reader, and
    /// without a secret that only the client's own connection has.
    static func allows(mechanism: Keyword) -> Bool {
        let name = mechanism.description
        return mechanisms.contains(mechanism) || (name.hasPrefix("SCRAM-") && !name.hasSuffix("-PLUS"))
    }

    private static let mechanisms: Set<Keyword> = [
        Keyword("PLAIN"), Keyword("LOGIN"), Keyword("CRAM-MD5"), Keyword("CRAM-SHA1"), Keyword("CRAM-SHA256"),
        Keyword("ANONYMOUS"), Keyword("XOAUTH2"), Keyword("OAUTHBEARER"), Keyword("XOAUTH"), Keyword("OAUTH10A"),
        Keyword("PLAIN-CLIENTTOKEN"), Keyword("ATOKEN"), Keyword("ATOKEN2"), Keyword("XYMCOOKIE"),
        Keyword("XYMECOOKIE"), Keyword("XYMCOOKIEB64"), Keyword("XYMPKI"), Keyword("X-GOOGLE-TOKEN"),
        Keyword("XZIMBRA"), Keyword("X-ZIMBRA"), Keyword("XGWTRUSTEDAPP"),
    ]

    /// The names that stay, and those that go.
    func filter(_ names: [ByteBuffer]) -> (kept: [ByteBuffer], removed: [ByteBuffer]) {
        var kept: [ByteBuffer] = []
        var removed: [ByteBuffer] = []
        for name in names { if isOffered(name) { kept.append(name) } else { removed.append(name) } }
        // A server that speaks only IMAP4rev2 can be used all the same.
        if !kept.contains(where: { $0.equalsIgnoringCase("IMAP4REV1") }),
            let index = removed.firstIndex(where: { $0.equalsIgnoringCase("IMAP4REV2") })
        {
            kept.insert(removed.remove(at: index), at: 0)
        }
        return (kept, removed)
    }

    private func isOffered(_ word: ByteBuffer) -> Bool {
        guard case .known(let name, let argument) = IMAPCapability(reading: word) else { return false }
        switch name {
        case .auth:
            // The tap leaves out the whole SCRAM family where binding is offered, so it has to hear of that.
            guard case .word(let mechanism)? = argument else { return false }
            return Self.allows(mechanism: mechanism) || mechanism.description.hasSuffix("-PLUS")
        case .search: return argument == .word(Keyword("FUZZY"))
        case .move: return policy.allPresets { $0 == .organise || $0 == .observe }
        case .quotaSet: return policy.allPresets { $0 == .observe }
        case .createSpecialUse: return policy.allPresets { $0 != .readOnly }
        case .condstore, .qresync, .saveDate, .xGMExt1: return policy.sightOfAll >= .flags
        case .thread: return policy.sightOfAll >= .envelope
        case .binary: return policy.sightOfAll >= .structure
        case .preview, .snippet: return policy.sightOfAll >= .text
        case .filters: return policy.sightOfAll == .attachment
        default: return Self.offered.contains(name)
        }
    }

    private static let offered: Set<IMAPCapability.Name> = [
        .imap4rev1, .startTLS, .loginDisabled, .saslIR, .literalPlus, .literalMinus, .enable, .idle, .id, .language,
        .i18nLevel, .inProgress, .messageLimit, .saveLimit, .uidPlus, .appendLimit, .objectID, .esearch, .searchRes, .sort,
        .esort, .partial, .within,
        .namespace,
        .children, .listExtended, .listStatus, .listMyRights, .listMetadata, .specialUse, .status, .unselect, .acl, .rights,
        .quota, .metadata, .metadataServer, .xList,
    ]

    // MARK: - Lines

    /// `* CAPABILITY …`; `nil` where nothing has to change.
    func edit(untagged names: [ByteBuffer]) -> (line: ByteBuffer, change: CapabilityChange)? {
        guard let (kept, change) = change(of: names) else { return nil }
        var line = ByteBuffer(string: "* CAPABILITY")
        line.write(words: kept)
        line.writeStaticString("\r\n")
        return (line, change)
    }

    /// A status line with `[CAPABILITY …]` in it.
    func edit(status: IMAPStatus) -> (line: ByteBuffer, change: CapabilityChange)? {
        guard status.codeName == Keyword("CAPABILITY"), let (kept, change) = change(of: status.codeArguments.map(\.bytes)) else {
            return nil
        }
        var code = ByteBuffer(string: "CAPABILITY")
        code.write(words: kept)
        return (status.line(withCode: code), change)
    }

    private func change(of names: [ByteBuffer]) -> (kept: [ByteBuffer], CapabilityChange)? {
        let (kept, removed) = filter(names)
        guard !removed.isEmpty else { return nil }
        return (kept, CapabilityChange(removed: removed.map { String(buffer: $0) }, reason: Self.reason))
    }
}

/// The capabilities that a server was heard to offer.
struct UpstreamOffers: Sendable {
    private var names: Set<IMAPCapability.Name>?

    mutating func learn(_ words: [ByteBuffer]) { names = Set(words.compactMap { IMAPCapability(reading: $0).name }) }

    mutating func forget() { names = nil }

    /// Whether the server can do this; `false` where nothing was heard.
    func has(_ name: IMAPCapability.Name) -> Bool { names?.contains(name) == true }
}
