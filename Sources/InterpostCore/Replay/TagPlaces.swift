import NIOCore

/// Finds where a server's line repeats the tag of a command, so that only those octets have to change.
///
///     a1 OK done␍␊                          the first word
///     * ESEARCH (TAG "a1") UID COUNT 5␍␊    the string after TAG
///     * OK [INPROGRESS ("a1" 4 9)] …␍␊      the first string of the code
enum TagPlaces {
    static func pieces(of event: MailEvent) -> [Utterance.Piece] {
        let line = event.bytes
        switch event.meaning {
        case .completion(let status, .some):
            var rest = line
            rest.moveReaderIndex(forwardBy: min(status.tag.readableBytes, rest.readableBytes))
            return [.tag(status.tag.ownCopy, quoted: false)] + (status.code == nil ? [.bytes(rest)] : pieces(ofStatus: rest))
        case .status(let status) where status.code != nil: return pieces(ofStatus: line, afterTag: false)
        case .response(let response) where response.text.literals.isEmpty && mayHaveCorrelator(response):
            return pieces(ofResponse: line)
        case .part(let start) where event.sender == .server && hasCorrelator(start.name): return pieces(ofResponse: line)
        default: return [.bytes(line)]
        }
    }

    /// A response that nobody knows may have one, too.
    private static func mayHaveCorrelator(_ response: IMAPResponse) -> Bool {
        response.kind == .unknown || response.kind == .vendor || hasCorrelator(response.name)
    }

    private static func hasCorrelator(_ name: Keyword?) -> Bool {
        name == Keyword("ESEARCH") || name == Keyword("CONVERTED") || name == Keyword("UIDBATCHES")
    }

    /// `* OK [NOUPDATE "a1"] …`, or the same after a tag.
    private static func pieces(ofStatus line: ByteBuffer, afterTag: Bool = true) -> [Utterance.Piece] {
        var reader = IMAPReader(IMAPText(line: line))
        if !afterTag { _ = reader.atom(stoppingAt: " \t") }
        reader.skipSpaces()
        if reader.peek != UInt8(ascii: "[") { _ = reader.keyword() }
        reader.skipSpaces()
        guard reader.skip("["), let name = reader.keyword(stoppingAt: "] \t()\"") else { return [.bytes(line)] }
        reader.skipSpaces()
        if name == Keyword("INPROGRESS") {
            guard reader.skip("(") else { return [.bytes(line)] }
            reader.skipSpaces()
        } else if name != Keyword("NOUPDATE") {
            return [.bytes(line)]
        }
        return pieces(of: line, &reader)
    }

    private static func pieces(ofResponse line: ByteBuffer) -> [Utterance.Piece] {
        var reader = IMAPReader(IMAPText(line: line))
        _ = reader.atom(stoppingAt: " \t")
        _ = reader.number()
        guard reader.keyword() != nil else { return [.bytes(line)] }
        reader.skipSpaces()
        guard reader.skip("(") else { return [.bytes(line)] }
        while !reader.isAtEnd, reader.peekBehindSpaces != UInt8(ascii: ")"), let name = reader.keyword() {
            reader.skipSpaces()
            if name == Keyword("TAG") { return pieces(of: line, &reader) }
            reader.skipValue()
        }
        return [.bytes(line)]
    }

    /// The line around the string that is next in the reader.
    private static func pieces(of line: ByteBuffer, _ reader: inout IMAPReader) -> [Utterance.Piece] {
        let length = line.withoutLineEnd.readableBytes
        let start = length - reader.octetsLeft
        guard let tag = reader.string(stoppingAt: "] \t()\""), tag.form == .atom || tag.form == .quoted,
            !tag.bytes.equalsIgnoringCase("NIL") || tag.form == .quoted
        else { return [.bytes(line)] }
        var rest = line
        guard let head = rest.readSlice(length: start), rest.readSlice(length: length - reader.octetsLeft - start) != nil else {
            return [.bytes(line)]
        }
        return [.bytes(head), .tag(tag.bytes.ownCopy, quoted: tag.form == .quoted), .bytes(rest)]
    }
}
