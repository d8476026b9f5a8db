import NIOCore

/// What a live server has said that it can do.
struct ReplayClientOffers: Sendable {
    /// In upper case.
    private(set) var names: Set<String> = []
    /// In POP3, what follows SASL.
    private(set) var mechanisms: Set<String> = []
    private(set) var areKnown = false
    /// A listing is arriving that answers CAPA.
    private var isListing = false

    private static let maximumCount = 1000

    mutating func learn(from event: MailEvent) {
        switch event.meaning {
        case .response(let response) where response.kind == .capability:
            if case .capabilities(let words) = response.data { learn(words) }
        case .greeting(let status), .status(let status), .completion(let status, _):
            if status.codeName == Keyword("CAPABILITY") { learn(status.codeArguments) }
        case .pop3Begin(_, .capa): isListing = true
        case .pop3Completion: isListing = false
        case .pop3Listing where isListing:
            let words = Self.words(event.bytes.withoutLineEnd)
            guard let name = words.first, names.count < Self.maximumCount else { return }
            names.insert(name)
            if name == "SASL" { mechanisms.formUnion(words.dropFirst()) }
            areKnown = true
        default: break
        }
    }

    private mutating func learn(_ words: [IMAPString]) {
        names = Set(words.prefix(Self.maximumCount).map { Self.upper($0.bytes.readableBytesView) })
        areKnown = true
    }

    private static func words(_ line: ByteBuffer) -> [String] { line.readableBytesView.split(separator: .space).map(upper) }

    private static func upper(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes.map(\.uppercased), as: UTF8.self)
    }
}

extension ComparedEntry {
    /// Whether a completion is positive: `a OK`, `+OK`.
    var isPositive: Bool {
        let words = text.split(separator: .space, maxSplits: 2, omittingEmptySubsequences: true)
        if words.first?.elementsEqual("+OK".utf8) == true { return true }
        return words.count > 1 && words[1].elementsEqual("OK".utf8)
    }
}
