import NIOCore

extension ValueWriter {
    /// What FETCH says about a message. Its texts are never told, only how long they are.
    mutating func fetched(_ answer: FetchAnswer) {
        word("kind", "fetch")
        number("uid", answer.uid)
        number("size", answer.size)
        number("modseq", answer.modSequence)
        date("internal_date", answer.internalDate)
        if let flags = answer.flags { texts("flags", flags.flags) }
        for item in answer.items { fetched(item) }
        if !answer.contents.isEmpty { list("sections", answer.contents) { content, writer in writer.section(content) } }
        let sizes = answer.items.compactMap { item -> (FetchSection, UInt64)? in
            if case .binarySize(let section, let size) = item { (section, size) } else { nil }
        }
        guard !sizes.isEmpty else { return }
        list("binary_sizes", sizes) { size, writer in
            writer.object(nil) { writer in
                writer.number("octets", size.1)
                writer.numbers("part", size.0.part.map(UInt64.init))
            }
        }
    }

    private mutating func fetched(_ item: FetchAnswer.Item) {
        switch item {
        case .envelope(let value): if let envelope = value.envelope().envelope { self.envelope("envelope", envelope) }
        case .body(let value): if let body = value.bodyStructure().body { structure("body", body) }
        case .bodyStructure(let value): if let body = value.bodyStructure().body { structure("body_structure", body) }
        case .emailID(let id): text("email_id", id)
        case .threadID(let id): text("thread_id", id)
        case .saveDate(let date): self.date("save_date", date)
        // They have 64 bits, and many programs keep numbers in 53.
        case .gmailMessageID(let id): word("gmail_message_id", "\(id)")
        case .gmailThreadID(let id): word("gmail_thread_id", "\(id)")
        case .gmailLabels(let labels): list("gmail_labels", labels) { $1.mailbox(nil, MailboxName($0)) }
        default: break
        }
    }

    /// `BODY[TEXT]<0> {120}` has 120 octets, and is not all that there is.
    private mutating func section(_ content: FetchAnswer.Content) {
        object(nil) { writer in
            writer.number("size", UInt64(clamping: content.octets))
            writer.flag("whole", content.item.partial == nil)
            if content.value == nil { writer.flag("absent", true) }
            writer.fetchItem(content.item)
        }
    }

    /// `BODY.PEEK[1.HEADER.FIELDS (SUBJECT)]<0.100>`, into the object that is open.
    mutating func fetchItem(_ item: FetchItem) {
        text("name", item.name)
        number("offset", item.partial?.offset)
        number("octets", item.partial?.count)
        guard let section = item.section else { return }
        object("section") { writer in
            writer.word("content", section.contentName)
            if !section.part.isEmpty { writer.numbers("part", section.part.map(UInt64.init)) }
            switch section.content {
            case .headerFields(let names), .headerFieldsNot(let names): writer.texts("fields", names)
            case .whole, .header, .text, .mime, .other: break
            }
        }
    }
}

extension FetchSection {
    fileprivate var contentName: String {
        switch content {
        case .whole: "whole"
        case .header: "header"
        case .headerFields: "header-fields"
        case .headerFieldsNot: "header-fields-not"
        case .text: "text"
        case .mime: "mime"
        case .other: "other"
        }
    }
}
