import NIOCore

// SEARCH, SORT, THREAD and ESEARCH: what is looked for, as a tree, and what was found.

extension ValueWriter {
    mutating func search(
        _ request: SearchRequest, criteria: [Keyword] = [], algorithm: Keyword? = nil, _ command: IMAPCommand
    ) {
        word("kind", "search")
        flag("by_uid", command.usesUIDs)
        text("algorithm", algorithm)
        if !criteria.isEmpty { texts("criteria", criteria) }
        text("charset", request.charset)
        if let returns = request.returns { options("returns", returns) }
        searchKeys(request.keys)
    }

    private mutating func searchKeys(_ keys: [SearchKey]) {
        list("keys", keys) { key, writer in writer.object(nil) { $0.searchKey(key) } }
    }

    private mutating func searchKey(_ key: SearchKey) {
        switch key {
        case .all: word("key", "all")
        case .new: word("key", "new")
        case .old: word("key", "old")
        case .saveDateSupported: word("key", "save-date-supported")
        case .flag(let name, let isSet):
            word("key", "flag")
            text("flag", name)
            flag("set", isSet)
        case .header(let field, let text):
            word("key", "header")
            self.text("field", field)
            self.text("text", text)
        case .body(let text): searchText("body", text)
        case .text(let text): searchText("text", text)
        case .filter(let name): searchText("filter", name)
        case .emailID(let id): searchText("email-id", id)
        case .threadID(let id): searchText("thread-id", id)
        case .gmailQuery(let query): searchText("gmail-query", query)
        case .gmailLabel(let label): searchText("gmail-label", label)
        case .gmailMessage(let id): searchText("gmail-message", id)
        case .gmailThread(let id): searchText("gmail-thread", id)
        case .other(let name): searchText("other", name)
        case .annotation(let entry, _, let text):
            word("key", "annotation")
            self.text("field", entry)
            self.text("text", text)
        case .date(let kind, let comparison, let day):
            word("key", "date")
            word("date_of", kind.rawValue)
            word("comparison", comparison.rawValue)
            date("date", day)
        case .larger(let octets): searchNumber("larger", octets)
        case .smaller(let octets): searchNumber("smaller", octets)
        case .older(let seconds): searchNumber("older", seconds)
        case .younger(let seconds): searchNumber("younger", seconds)
        case .modSequence(let number, _, _): searchNumber("modseq", number)
        case .messages(let numbers):
            word("key", "messages")
            set("messages", numbers)
        case .uids(let uids):
            word("key", "uids")
            set("messages", uids)
        case .not(let key): searchKeys("not", [key])
        case .fuzzy(let key): searchKeys("fuzzy", [key])
        case .or(let left, let right): searchKeys("or", [left, right])
        case .and(let keys): searchKeys("and", keys)
        }
    }

    private mutating func searchText(_ key: String, _ text: IMAPString) {
        word("key", key)
        self.text("text", text)
    }

    private mutating func searchNumber(_ key: String, _ number: UInt64) {
        word("key", key)
        self.number("number", number)
    }

    private mutating func searchKeys(_ key: String, _ keys: [SearchKey]) {
        word("key", key)
        searchKeys(keys)
    }

    // MARK: - Answers

    mutating func found(_ numbers: [UInt64], modSequence: UInt64?) {
        word("kind", "search")
        number("modseq", modSequence)
        self.numbers("numbers", numbers)
    }

    mutating func found(_ data: ESearchData) {
        word("kind", "esearch")
        flag("by_uid", data.usesUIDs)
        text("tag", data.tag)
        mailbox("mailbox", data.mailbox)
        number("uid_validity", data.uidValidity)
        for item in data.items {
            switch item {
            case .min(let number): self.number("min", number)
            case .max(let number): self.number("max", number)
            case .count(let number): self.number("count", number)
            case .modSequence(let number): self.number("modseq", number)
            case .all(let messages): set("all", messages)
            case .partial(let range, let messages):
                object("partial") { writer in
                    writer.number("first", UInt64(range.positions.lowerBound))
                    writer.number("last", UInt64(range.positions.upperBound))
                    writer.flag("from_end", range.isFromEnd)
                    writer.set("messages", messages)
                }
            case .relevancy(let scores): numbers("relevancy", scores)
            case .addTo(let changes): self.changes("added", changes)
            case .removeFrom(let changes): self.changes("removed", changes)
            case .other: break
            }
        }
    }

    private mutating func changes(_ key: StaticString, _ changes: [ESearchData.Change]) {
        list(key, changes) { change, writer in
            writer.object(nil) { writer in
                writer.number("position", change.position)
                writer.set("messages", change.messages)
            }
        }
    }

    mutating func threads(_ key: StaticString, _ threads: [MessageThread]) {
        list(key, threads) { thread, writer in
            writer.object(nil) { writer in
                writer.numbers("messages", thread.messages)
                if !thread.branches.isEmpty { writer.threads("branches", thread.branches) }
            }
        }
    }
}
