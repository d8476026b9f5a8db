import NIOCore

// Arguments of the commands that name messages, written.

extension CommandText {
    mutating func search(_ request: SearchRequest) {
        mark(" ")
        if !request.sources.isEmpty {
            mark("IN ")
            value(.list(request.sources))
            mark(" ")
        }
        returns(of: request)
        if let charset = request.charset {
            mark("CHARSET ")
            astring(charset)
            mark(" ")
        }
        keys(of: request)
    }

    mutating func sort(_ criteria: [Keyword], _ request: SearchRequest) {
        mark(" ")
        returns(of: request)
        list(criteria) { text, name in text.word(name) }
        charsetAndKeys(of: request)
    }

    mutating func thread(_ algorithm: Keyword, _ request: SearchRequest) {
        mark(" ")
        word(algorithm)
        charsetAndKeys(of: request)
    }

    mutating func setAndMailbox(_ set: SequenceSet, _ name: MailboxName) {
        mark(" ")
        self.set(set)
        mark(" ")
        mailbox(name)
    }

    mutating func number(_ value: UInt64) { word(ByteBuffer(string: "\(value)")) }

    // MARK: FETCH and STORE

    mutating func fetch(_ set: SequenceSet, _ items: [FetchItem], _ modifiers: [IMAPOption]) {
        mark(" ")
        self.set(set)
        mark(" ")
        if items.count == 1, items[0].arguments.isEmpty {
            item(items[0])
        } else {
            list(items) { text, item in text.item(item) }
        }
        guard !modifiers.isEmpty else { return }
        mark(" ")
        options(modifiers)
    }

    private mutating func item(_ item: FetchItem) {
        word(item.name)
        if let section = item.section { self.section(section) }
        if let partial = item.partial {
            guard let count = partial.count else { return breakOff() }
            word(ByteBuffer(string: "<\(partial.offset).\(count)>"))
        }
        for argument in item.arguments {
            mark(" ")
            value(argument)
        }
    }

    private mutating func section(_ section: FetchSection) {
        mark("[")
        if !section.part.isEmpty { word(ByteBuffer(string: section.part.map(\.description).joined(separator: "."))) }
        if !section.part.isEmpty, section.content != .whole { mark(".") }
        switch section.content {
        case .whole: break
        case .header: mark("HEADER")
        case .text: mark("TEXT")
        case .mime: mark("MIME")
        case .headerFields(let names):
            mark("HEADER.FIELDS ")
            list(names) { text, name in text.astring(name) }
        case .headerFieldsNot(let names):
            mark("HEADER.FIELDS.NOT ")
            list(names) { text, name in text.astring(name) }
        case .other: breakOff()
        }
        mark("]")
    }

    mutating func store(_ set: SequenceSet, _ request: StoreRequest) {
        mark(" ")
        self.set(set)
        mark(" ")
        if !request.modifiers.isEmpty {
            options(request.modifiers)
            mark(" ")
        }
        switch request.operation {
        case .add: mark("+")
        case .remove: mark("-")
        case .replace: break
        }
        switch request.item {
        case .flags(let flags):
            mark(request.isSilent ? "FLAGS.SILENT " : "FLAGS ")
            list(flags) { text, flag in text.word(flag.bytes) }
        case .labels(let labels):
            mark(request.isSilent ? "X-GM-LABELS.SILENT " : "X-GM-LABELS ")
            list(labels) { text, label in text.label(label) }
        case .annotations, .other: breakOff()
        }
    }

    /// `\Inbox` as a flag, everything else as a string.
    private mutating func label(_ label: IMAPString) {
        let isFlag = label.form == .atom && label.bytes.readableBytesView.first == UInt8(ascii: "\\")
        if isFlag { word(label.bytes) } else { astring(label) }
    }

    // MARK: SEARCH

    private mutating func returns(of request: SearchRequest) {
        guard let returns = request.returns else { return }
        mark("RETURN ")
        options(returns)
        mark(" ")
    }

    private mutating func charsetAndKeys(of request: SearchRequest) {
        guard let charset = request.charset else { return breakOff() }
        mark(" ")
        astring(charset)
        mark(" ")
        keys(of: request)
    }

    private mutating func keys(of request: SearchRequest) {
        if request.keys.isEmpty { breakOff() }
        words(request.keys) { text, key in text.key(key, depth: 0) }
    }

    private mutating func key(_ key: SearchKey, depth: Int) {
        guard depth <= StrictReader.maximumOperators else { return breakOff() }
        switch key {
        case .all: mark("ALL")
        case .new: mark("NEW")
        case .old: mark("OLD")
        case .saveDateSupported: mark("SAVEDATESUPPORTED")
        case .flag(let name, let isSet): flag(name, isSet: isSet)
        case .header(let field, let text): header(field, text)
        case .date(let kind, let comparison, let date): self.date(kind, comparison, date)
        case .messages(let set): self.set(set)
        case .uids(let set):
            mark("UID ")
            self.set(set)
        case .larger(let octets): pair("LARGER ", octets)
        case .smaller(let octets): pair("SMALLER ", octets)
        case .older(let seconds): pair("OLDER ", seconds)
        case .younger(let seconds): pair("YOUNGER ", seconds)
        case .modSequence(let value, let entry, let type): modSequence(value, entry, type)
        case .not(let inner):
            mark("NOT ")
            self.key(inner, depth: depth + 1)
        case .fuzzy(let inner):
            mark("FUZZY ")
            self.key(inner, depth: depth + 1)
        case .or(let left, let right):
            mark("OR ")
            words([left, right]) { text, key in text.key(key, depth: depth + 1) }
        case .and(let keys):
            if keys.isEmpty { breakOff() }
            list(keys) { text, key in text.key(key, depth: depth + 1) }
        case .annotation, .other: breakOff()
        default: stringKey(key)
        }
    }

    private mutating func stringKey(_ key: SearchKey) {
        switch key {
        case .body(let text): pair("BODY ", text)
        case .text(let text): pair("TEXT ", text)
        case .filter(let name): pair("FILTER ", name)
        case .emailID(let id): pair("EMAILID ", bare: id)
        case .threadID(let id): pair("THREADID ", bare: id)
        case .gmailQuery(let query): pair("X-GM-RAW ", query)
        case .gmailMessage(let number): pair("X-GM-MSGID ", bare: number)
        case .gmailThread(let number): pair("X-GM-THRID ", bare: number)
        case .gmailLabel(let label):
            mark("X-GM-LABELS ")
            self.label(label)
        default: breakOff()
        }
    }

    private mutating func pair(_ name: StaticString, _ value: UInt64) {
        mark(name)
        number(value)
    }

    private mutating func pair(_ name: StaticString, _ text: IMAPString) {
        mark(name)
        astring(text)
    }

    private mutating func pair(_ name: StaticString, bare word: IMAPString) {
        mark(name)
        self.word(word.bytes)
    }

    private mutating func flag(_ name: IMAPString, isSet: Bool) {
        if !isSet { mark("UN") }
        if !SearchKey.systemFlags.contains(where: { $0 == Keyword(name.bytes.readableBytesView) }) { mark("KEYWORD ") }
        word(name.bytes)
    }

    /// A field in quotes is HEADER's; the others are keys of their own.
    private mutating func header(_ field: IMAPString, _ text: IMAPString) {
        if field.form == .atom {
            word(field.bytes)
        } else {
            mark("HEADER ")
            astring(field)
        }
        mark(" ")
        astring(text)
    }

    private mutating func date(_ kind: SearchKey.DateKind, _ comparison: SearchKey.Comparison, _ date: IMAPString) {
        switch kind {
        case .internal: break
        case .sent: mark("SENT")
        case .saved: mark("SAVED")
        }
        switch comparison {
        case .before: mark("BEFORE ")
        case .on: mark("ON ")
        case .since: mark("SINCE ")
        }
        word(date.bytes)
    }

    private mutating func modSequence(_ value: UInt64, _ entry: IMAPString?, _ type: Keyword?) {
        mark("MODSEQ ")
        if let entry, let type {
            string(entry)
            mark(" ")
            word(type)
            mark(" ")
        }
        number(value)
    }
}
