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

    /// The words behind CAPABILITY, up to the end of the line or of the code.
    private func editIMAP(_ line: ByteBuffer) -> ByteBuffer {
        let name = ByteBuffer(string: "CAPABILITY").readableBytesView
        let upper = ByteBuffer(bytes: line.readableBytesView.map(\.uppercased))
        guard let found = upper.firstOccurrence(of: name, from: upper.readerIndex) else { return line }
        var rest = line
        let head = rest.readSlice(length: found - upper.readerIndex + name.count) ?? ByteBuffer()
        let list = rest.readSlice(
            length: rest.readableBytesView.prefix { $0 != UInt8(ascii: "]") && $0 != .carriageReturn && $0 != .lineFeed }.count)
        var edited = head
        for word in (list ?? ByteBuffer()).readableBytesView.split(separator: .space).map({ ByteBuffer(bytes: $0) })
        where !word.hasPrefixIgnoringCase("AUTH=") && !word.equalsIgnoringCase("LOGINDISABLED") {
            edited.writeStaticString(" ")
            edited.writeImmutableBuffer(word)
        }
        edited.writeStaticString(" AUTH=PLAIN AUTH=LOGIN")
        edited.writeImmutableBuffer(rest)
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
