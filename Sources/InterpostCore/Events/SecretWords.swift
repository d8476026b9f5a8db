import NIOCore

/// What in a text may be a secret: its words, what punctuation sets apart in them, and what they say in base64, where nobody
/// knows what the text is.
///
///     (anna "sesame")␍␊          (anna, anna, "sesame"), "sesame", sesame
///     AGFubmEAc2VzYW1l␍␊         AGFubmEAc2VzYW1l, anna, sesame
enum SecretWords {
    /// Shorter ones are found everywhere.
    static let minimumLength = 4
    private static let punctuation = Set("()=\",<>{}[]:;'".utf8)

    /// - Parameter decodes: Whether a word may be a whole SASL message; of one that is known as such, not all parts are secrets.
    static func of(_ text: some Collection<UInt8>, decodes: Bool) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for word in text.split(whereSeparator: { $0 <= UInt8.space }) {
            add(Array(word), to: &found)
            for part in word.split(whereSeparator: punctuation.contains) where part.count < word.count {
                add(Array(part), to: &found)
            }
            if decodes { for part in decoded(Array(word)) { add(part, to: &found) } }
        }
        return found
    }

    private static func add(_ word: [UInt8], to found: inout [[UInt8]]) {
        if word.count >= minimumLength, !found.contains(word) { found.append(word) }
    }

    /// The texts in a word of base64, set apart by NUL (PLAIN) or ^A (XOAUTH2).
    private static func decoded(_ word: [UInt8]) -> [[UInt8]] {
        guard word.count >= 8, let bytes = Base64.decode(ByteBuffer(bytes: word).readableBytesView) else { return [] }
        let parts = bytes.readableBytesView.split { $0 <= 1 }.map { Array($0) }
        return parts.allSatisfy { $0.allSatisfy { $0 >= UInt8.space && $0 != 0x7F } } ? parts : []
    }
}
