import NIOCore

/// Finds the items of a FETCH answer, line by line.
///
///     * 1 FETCH (UID 5 BODY[HEADER.FIELDS (SUBJECT)] {20}␍␊      UID, BODY[HEADER.FIELDS (SUBJECT)]
struct FetchItemWords: Sendable {
    /// An item, and the place of its first word; no item for a word that is none.
    typealias Found = (place: Range<Int>, item: FetchItem?)

    private var words = ResponseWords(atLevel: 1)
    /// The next word is the value of an item whose values look like names.
    private var isValueNext = false

    mutating func next(in line: ByteBuffer) -> [Found] {
        var found: [Found] = []
        for place in words.next(in: line) {
            if isValueNext {
                isValueNext = false
                continue
            }
            guard !line.word(place).isFetchValue else { continue }
            var reader = IMAPReader(IMAPText(line: line.word(place.lowerBound..<line.writerIndex)))
            let item = FetchItem.read(&reader)
            if let item, Self.withWordValues.contains(item.name) { isValueNext = true }
            found.append((place, item))
        }
        return found
    }

    private static let withWordValues: Set = [Keyword("X-GUID"), Keyword("X-MAILBOX"), Keyword("X-REAL-UID")]
}

extension ByteBuffer {
    /// Whether a word of a FETCH answer is a value, or the end of a section that has a list in it.
    fileprivate var isFetchValue: Bool {
        switch byte(at: readerIndex) {
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "~"), UInt8(ascii: "]"): true
        default: readableBytesView.allSatisfy(\.isDigit) || equalsIgnoringCase("NIL")
        }
    }
}
