import NIOCore

/// Offers PLAIN and LOGIN instead of the recorded mechanisms.
///
///     * CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 LOGINDISABLED␍␊  →  * CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN␍␊
///     SASL CRAM-MD5␍␊                                            →  SASL PLAIN LOGIN␍␊
struct MechanismEditor: Sendable {
    let mailProtocol: MailProtocol

    func edit(_ session: RecordedSession) -> RecordedSession {
        var session = session
        session.opening = session.opening.map(edit)
        for index in session.exchanges.indices {
            let isListing = session.exchanges[index].request.normal.equalsIgnoringCase("AUTH")
            for turn in session.exchanges[index].turns.indices {
                let said = session.exchanges[index].turns[turn].said
                session.exchanges[index].turns[turn].said = isListing ? editListing(said) : said.map(edit)
            }
            session.exchanges[index].afterwards = session.exchanges[index].afterwards.map(edit)
        }
        return session
    }

    private func edit(_ utterance: Utterance) -> Utterance {
        guard utterance.isOffer else { return utterance }
        var edited = utterance
        edited.pieces = utterance.pieces.map { piece in
            guard case .bytes(let bytes) = piece else { return piece }
            return .bytes(mailProtocol == .imap ? editIMAP(bytes) : editPOP3(bytes))
        }
        return edited
    }

    private func editIMAP(_ line: ByteBuffer) -> ByteBuffer {
        guard let list = CapabilityWords(in: line) else { return line }
        var edited = list.head
        for word in list.words where !word.hasPrefixIgnoringCase("AUTH=") && !word.equalsIgnoringCase("LOGINDISABLED") {
            edited.writeStaticString(" ")
            edited.writeImmutableBuffer(word)
        }
        edited.writeStaticString(" AUTH=PLAIN AUTH=LOGIN")
        edited.writeImmutableBuffer(list.rest)
        return edited
    }

    private func editPOP3(_ line: ByteBuffer) -> ByteBuffer {
        line.hasPrefixIgnoringCase("SASL ") ? ByteBuffer(string: "SASL PLAIN LOGIN\r\n") : line
    }

    /// An answer to AUTH: its first line of the list becomes the whole list.
    private func editListing(_ said: [Utterance]) -> [Utterance] {
        guard let first = said.firstIndex(where: \.isOffer) else { return said }
        var edited = said.filter { !$0.isOffer }
        edited.insert(Utterance("PLAIN\r\nLOGIN"), at: first)
        return edited
    }
}

/// The words of an IMAP capability list, and the text around them.
///
///     * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready␍␊      `* OK [CAPABILITY`, IMAP4rev1 and AUTH=PLAIN, `] ready␍␊`
struct CapabilityWords {
    var head: ByteBuffer
    var words: [ByteBuffer]
    var rest: ByteBuffer

    init?(in line: ByteBuffer) {
        let name = ByteBuffer(string: "CAPABILITY").readableBytesView
        let upper = ByteBuffer(bytes: line.readableBytesView.map(\.uppercased))
        rest = line
        guard let found = upper.firstOccurrence(of: name, from: upper.readerIndex),
            let head = rest.readSlice(length: found - upper.readerIndex + name.count)
        else { return nil }
        self.head = head
        let length = rest.readableBytesView.prefix { $0 != UInt8(ascii: "]") && $0 != .carriageReturn && $0 != .lineFeed }.count
        words = (rest.readSlice(length: length) ?? ByteBuffer()).readableBytesView.split(separator: .space).map {
            ByteBuffer(bytes: $0)
        }
    }
}
