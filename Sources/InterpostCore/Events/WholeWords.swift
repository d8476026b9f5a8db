import NIOCore

/// The parts of secrets that punctuation sets apart, however short, looked for where they stand alone in a text for people:
/// anywhere else they would be found in every line.
///
///     learnt: plum-tree-9       OK the tree is up␍␊      has one
///                               OK the street is up␍␊    has none
struct WholeWords: Sendable {
    private static let maximumCount = 64

    /// In upper case, the latest ones.
    private var words: [[UInt8]] = []

    /// Remembers the words of a secret, except for numbers and words of the protocols. Those are in every session: leaving
    /// them out of the log would reveal more about a secret than showing them does.
    mutating func learn(_ secret: some Collection<UInt8>) {
        for run in secret.prefix(1024).split(whereSeparator: { !Self.isInWord($0) }) {
            let word = run.map(\.uppercased)
            guard !word.allSatisfy(\.isDigit), !words.contains(word), !Self.isOfProtocols(word) else { continue }
            words = words.suffix(Self.maximumCount - 1) + [word]
        }
    }

    private static func isOfProtocols(_ word: [UInt8]) -> Bool {
        guard let name = Keyword(ByteBuffer(bytes: word).readableBytesView) else { return false }
        return ShowableNames.contains(name, in: .imap) || ShowableNames.contains(name, in: .pop3)
            || ShowableNames.title(ofMechanism: name) != "unknown"
    }

    /// Where the words are in the text.
    func places(in text: ByteBufferView) -> [Range<Int>] {
        guard !words.isEmpty else { return [] }
        return text.split { !Self.isInWord($0) }.filter(holds)
            .map { $0.startIndex - text.startIndex..<$0.endIndex - text.startIndex }
    }

    /// Whether one of the words is in the text.
    func occur(in text: ByteBufferView) -> Bool {
        !words.isEmpty && text.split { !Self.isInWord($0) }.contains(where: holds)
    }

    private func holds(_ run: ByteBufferView) -> Bool { words.contains { $0.elementsEqual(run.lazy.map(\.uppercased)) } }

    /// Letters, digits, and what is not US-ASCII.
    static func isInWord(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte >= 0x80 }
}
