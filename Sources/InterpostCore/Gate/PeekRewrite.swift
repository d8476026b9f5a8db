import NIOCore

/// FETCH items that set `\Seen`, asked for in a way that does not (readonly-enforcement: the two rewrites).
///
///     BODY[1]<0.10> → BODY.PEEK[1]<0.10>       the answer has the same name
///     RFC822        → BODY.PEEK[]              BODY[] of the answer is called RFC822 for the client
struct PeekRewrite: Sendable {
    var items: [FetchItem]
    /// The names that answers have for the client, by the names that they have upstream.
    var renames: [Rename] = []

    struct Rename: Sendable {
        /// In upper case: `BODY[]`.
        var upstream: StaticString
        var client: StaticString
    }

    /// What cannot be asked for together, because the client asks for the same octets by two names, and the answer has one:
    /// `(RFC822 BODY[])` is `BODY.PEEK[]`, and then `BODY.PEEK[]` again.
    var later: [FetchItem] = []

    init(_ asked: [FetchItem]) {
        items = []
        let taken = Set(asked.map(\.answered))
        for item in asked {
            if ["RFC822", "RFC822.TEXT"].contains("\(item.name)"), taken.contains(item.inOtherWords) {
                if !later.contains(item) { later.append(item) }
                continue
            }
            switch item.name {
            case Keyword("RFC822"):
                items.append(FetchItem(name: Keyword("BODY.PEEK"), section: FetchSection()))
                renames.append(Rename(upstream: "BODY[]", client: "RFC822"))
            case Keyword("RFC822.TEXT"):
                items.append(FetchItem(name: Keyword("BODY.PEEK"), section: FetchSection(content: .text)))
                renames.append(Rename(upstream: "BODY[TEXT]", client: "RFC822.TEXT"))
            case Keyword("BODY") where item.section != nil: items.append(item.named(Keyword("BODY.PEEK")))
            case Keyword("BINARY") where item.section != nil: items.append(item.named(Keyword("BINARY.PEEK")))
            default: items.append(item)
            }
        }
    }
}

extension FetchItem {
    fileprivate func named(_ name: Keyword) -> FetchItem {
        var item = self
        item.name = name
        return item
    }

    /// The name that the answer to it has, in upper case: `BODY[TEXT]` for `BODY.PEEK[text]`.
    fileprivate var answered: String {
        guard name == Keyword("BODY.PEEK") || name == Keyword("BODY") else { return "\(self)".uppercased() }
        return "\(named(Keyword("BODY")))".uppercased()
    }

    /// What RFC822 and RFC822.TEXT are called today.
    fileprivate var inOtherWords: String { name == Keyword("RFC822") ? "BODY[]" : "BODY[TEXT]" }
}
