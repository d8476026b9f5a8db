import NIOCore

/// Finds the words of a response that are at one level of its parentheses.
///
///     * 1 FETCH (UID 5 FLAGS (\Seen) BODY[] {120}␍␊      level 1: UID, 5, FLAGS, BODY[], {120}
///
/// A response comes in several lines where it holds literals, and the lines are looked at one after another.
struct ResponseWords: Sendable {
    private let level: Int
    /// Parentheses that are open at the end of the last line.
    private var depth = 0

    init(atLevel level: Int) { self.level = level }

    /// The words of the next line, as places in its octets. A quoted string is a word, and does not go on in the next line.
    mutating func next(in line: ByteBuffer) -> [Range<Int>] {
        let bytes = line.withoutLineEnd.readableBytesView
        var words: [Range<Int>] = []
        var start: Int?
        var isQuoted = false
        var index = bytes.startIndex
        func end() {
            if let first = start { words.append(first..<index) }
            start = nil
        }
        while index < bytes.endIndex {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\"") where isQuoted: isQuoted = false
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case _ where isQuoted: break
            case .space: end()
            case UInt8(ascii: "("):
                end()
                depth += 1
            case UInt8(ascii: ")"):
                end()
                depth -= 1
            default:
                if start == nil, depth == level { start = index }
                isQuoted = byte == UInt8(ascii: "\"")
            }
            index += 1
        }
        index = bytes.endIndex
        end()
        return words
    }
}

extension ByteBuffer {
    /// The octets with others in some places, which do not overlap.
    func editing(_ edits: [(place: Range<Int>, text: ByteBuffer)]) -> ByteBuffer {
        var edited = ByteBuffer()
        var copied = readerIndex
        for (place, text) in edits.sorted(by: { $0.place.lowerBound < $1.place.lowerBound }) {
            edited.writeBytes(readableBytesView[copied..<place.lowerBound])
            edited.writeImmutableBuffer(text)
            copied = place.upperBound
        }
        edited.writeBytes(readableBytesView[copied...])
        return edited
    }

    func word(_ range: Range<Int>) -> ByteBuffer { getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer() }
}
