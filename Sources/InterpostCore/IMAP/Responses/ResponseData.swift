import NIOCore

extension IMAPResponse {
    /// What a response says, by the RFC that defines it. Responses that differ only in their name share a case;
    /// ``IMAPResponse/kind`` tells them apart.
    public enum Data: Sendable {
        // RFC 9051 §7.2 to §7.5.
        case capabilities([IMAPString])
        case enabled([IMAPString])
        case namespace(personal: [Namespace], other: [Namespace], shared: [Namespace])
        case list(ListData)
        case status(MailboxName, [StatusItem])
        case search([UInt64], modSequence: UInt64?)
        case esearch(ESearchData)
        case flags(FlagList)
        case count(UInt64)
        case fetch(FetchAnswer)

        // RFC 2971, 5255, 5256, 7162, UIDBATCHES.
        case id([IDField])
        case languages([IMAPString])
        case comparator(IMAPString?, available: [IMAPString])
        case sort([UInt64], modSequence: UInt64?)
        case thread([MessageThread])
        case vanished(SequenceSet, earlier: Bool)
        case uidBatches(tag: IMAPString?, SequenceSet?)

        // RFC 4314, 5464, 9208 and the draft before 5464.
        case acl(MailboxName, [ACLEntry])
        case listRights(MailboxName, identifier: IMAPString, required: IMAPString?, optional: [IMAPString])
        case myRights(MailboxName, IMAPString)
        case quota(root: IMAPString, [QuotaUsage])
        case quotaRoot(MailboxName, roots: [IMAPString])
        case metadata(MailboxName, [MetadataEntry])
        /// Something has set these entries; their values are not told.
        case metadataChanged(MailboxName, entries: [IMAPString])
        case annotation(MailboxName, entry: IMAPString, [MetadataEntry])

        // RFC 4467, 5259, 5524, 9698.
        /// They carry the right to read what they name.
        case genURLAuth([Secret])
        case urlFetch([URLContent])
        case converted(tag: IMAPString?, FetchAnswer)
        case conversion(from: IMAPString, to: IMAPString, parameters: [IMAPString])
        case jmapAccess(IMAPString)

        // Servers' own, and IMAP's past.
        case applePushService([ApplePushField])
        case mailbox(MailboxName)
        /// A name that some server uses, whose data nobody has documented: the values as they came.
        case vendor([IMAPValue])

        /// A name that is not known.
        case unknown
        /// A name that is known, without the data that it has.
        case malformed
    }
}

extension IMAPReader {
    /// `* 23 EXISTS`
    mutating func count(_ number: UInt64?, _ kind: NumberKind) -> IMAPResponse.Data? {
        guard let number else { return nil }
        judge(number, kind)
        return .count(number)
    }

    /// `* 23 FETCH`: the number of a message, as it is.
    mutating func judged(_ number: UInt64?) -> UInt64? {
        if let number { judge(number, .nonZero) }
        return number
    }

    /// Which numbers the grammar has in a place (RFC 9051 §9 number, nz-number, number64, nz-number64).
    enum NumberKind { case number, nonZero, number64, nonZero64 }

    private mutating func judge(_ number: UInt64, _ kind: NumberKind) {
        switch kind {
        case .number, .nonZero: if number > UInt32.max { note(.numberTooLarge) }
        case .number64, .nonZero64: if number > Int64.max { note(.numberTooLarge) }
        }
        switch kind {
        case .nonZero, .nonZero64: if number == 0 { note(.numberZero) }
        case .number, .number64: break
        }
    }

    /// A number where one is due. Anything else in its place is passed over, and read as a number where possible.
    ///
    ///     42      "42"      -1      9.3736e+06      NIL
    mutating func dueNumber(_ kind: NumberKind = .number64) -> UInt64? {
        skipSpaces()
        if peek.isDigit, let number = plainNumber() {
            judge(number, kind)
            return number
        }
        guard !isAtEnd, peek != UInt8(ascii: ")") else {
            note(.valueMissing)
            return nil
        }
        if peek == UInt8(ascii: "(") {
            // `MODSEQ (12)` where `12` is due: some lists of one are not meant as lists.
            note(.listForNumber)
            advance()
            let number = peek == UInt8(ascii: "(") ? nil : dueNumber(kind)
            readToListEnd { _ in }
            return number
        }
        guard let word = string() else { return nil }
        return number(spelled: word)
    }

    /// Digits up to the end of the word, or nothing: `9.5` is not a number, and neither is anything with more than 64 bits.
    private mutating func plainNumber() -> UInt64? {
        let place = place
        if let number = number(), isAtEnd || ByteSet.wordEnds.contains(peek) { return number }
        goBack(to: place)
        return nil
    }

    private mutating func number(spelled word: IMAPString) -> UInt64? {
        if word.isNIL {
            note(.nilForNumber)
            return nil
        }
        var reader = IMAPReader(IMAPText(line: word.bytes))
        if let number = reader.number(), reader.isAtEnd {
            note(.stringForNumber)
            return number
        }
        if word.bytes.readableBytesView.allSatisfy(\.isDigit) {
            note(.numberTooLarge)
            return nil
        }
        note(word.bytes.byte(at: word.bytes.readerIndex) == UInt8(ascii: "-") ? .negativeNumber : .numberSpelling)
        // mail.ru has printed sizes as floating-point numbers.
        guard word.length < 32, let value = Double(String(buffer: word.bytes)), value >= 0 else { return nil }
        return UInt64(exactly: value.rounded())
    }

    /// Goes through a list: `read` takes one item of it, or nothing, and then one value is passed over. Where the
    /// parentheses are missing, the list is all that is left.
    mutating func readList(_ read: (inout IMAPReader) -> Void) {
        skipSpaces()
        if skip("(") {
            readToListEnd(read)
        } else {
            note(.wordForList)
            while !endsHere(), peek != UInt8(ascii: ")") { readItem(read) }
        }
    }

    /// Goes through a list whose `(` has been read.
    mutating func readToListEnd(_ read: (inout IMAPReader) -> Void) {
        while true {
            if endsHere() {
                note(.parenthesisNotClosed)
                return
            }
            if skipListEnd() { return }
            readItem(read)
        }
    }

    private mutating func readItem(_ read: (inout IMAPReader) -> Void) {
        let left = octetsLeft
        read(&self)
        guard octetsLeft == left else { return }
        note(.extraField)
        skipValue()
    }

    /// The grammar has no space before a `)`.
    mutating func skipListEnd() -> Bool {
        guard peek == UInt8(ascii: ")") else { return false }
        if peek(-1) == .space { note(.extraSpace) }
        advance()
        return true
    }

    /// The tag in `(TAG "a1")`; `other` takes what else is in the list.
    mutating func correlator(_ other: (inout IMAPReader, Keyword) -> Void = { _, _ in }) -> IMAPString? {
        guard isAtList else { return nil }
        var tag: IMAPString?
        readList { reader in
            guard let name = reader.keyword() else { return }
            if name == Keyword("TAG") { tag = reader.string() } else { other(&reader, name) }
        }
        return tag
    }
}
