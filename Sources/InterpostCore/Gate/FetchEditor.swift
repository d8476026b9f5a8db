import NIOCore

/// Edits the lines of one FETCH answer: items get the names by which the client asked, and `\Seen` is what the client
/// believes.
///
///     * 1 FETCH (UID 5 BODY[] {120}␍␊      → * 1 FETCH (UID 5 RFC822 {120}␍␊
///     * 2 FETCH (UID 7 FLAGS ())␍␊         → * 2 FETCH (UID 7 FLAGS (\Seen))␍␊
struct FetchEditor: Sendable {
    private let renames: [PeekRewrite.Rename]
    private var words = ResponseWords(atLevel: 1)
    private var uid: UInt64?

    init(_ renames: [PeekRewrite.Rename]) { self.renames = renames }

    /// The line as the client hears it; `nil` where it stays as it is. Flags that come in a line before the UID stay.
    mutating func edit(_ line: ByteBuffer, _ marks: PretendedMarks) -> ByteBuffer? {
        let words = words.next(in: line)
        var edits: [(place: Range<Int>, text: ByteBuffer)] = []
        var flags: Range<Int>?
        for (index, place) in words.enumerated() {
            let word = line.word(place)
            if let rename = renames.first(where: { word.equalsIgnoringCase($0.upstream) }) {
                edits.append((place, ByteBuffer(staticString: rename.client)))
            } else if word.equalsIgnoringCase("FLAGS") {
                flags = line.list(after: place.upperBound)
            } else if word.equalsIgnoringCase("UID"), index + 1 < words.count {
                uid = UInt64(String(buffer: line.word(words[index + 1])))
            }
        }
        if let flags, let isSeen = uid.flatMap(marks.isSeen) { edits.append((flags, line.word(flags).flags(isSeen: isSeen))) }
        return edits.isEmpty ? nil : line.editing(edits)
    }
}

extension ByteBuffer {
    /// The place of the list that follows `index` after one space.
    func list(after index: Int) -> Range<Int>? {
        guard byte(at: index) == .space, byte(at: index + 1) == UInt8(ascii: "("),
            let end = readableBytesView[(index + 1)...].firstIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return index + 1..<end + 1
    }

    /// `(\Answered)` as `(\Answered \Seen)`
    fileprivate func flags(isSeen: Bool) -> ByteBuffer {
        var flags = readableBytesView.dropFirst().dropLast().split(separator: .space).filter {
            !ByteBuffer(bytes: $0).equalsIgnoringCase("\\SEEN")
        }
        let seen = ByteBuffer(string: "\\Seen")
        if isSeen { flags.append(seen.readableBytesView) }
        return ByteBuffer(bytes: Array("(".utf8) + flags.joined(separator: [.space]) + Array(")".utf8))
    }
}
