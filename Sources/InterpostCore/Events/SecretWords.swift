import NIOCore

/// What in a text may be a secret: its words, what punctuation sets apart in them, and what they say in base64, where nobody
/// knows what the text is.
///
///     (anna "sesame")␍␊          (anna, anna, "sesame"), "sesame", sesame
///     AGFubmEAc2VzYW1l␍␊         AGFubmEAc2VzYW1l, anna, sesame
enum SecretWords {
    /// Shorter words would be found everywhere.
    static let minimumLength = 4
    /// In one session, at most this many words of lines that were not understood are also looked for in other spellings: a
    /// flood of such lines costs no more.
    static let maximumSpelled = 256
    private static let punctuation = Set("()=\",<>{}[]:;'".utf8)

    /// - Parameter decodes: Whether a word may be a whole SASL message; of one that is known as such, not all parts are secrets.
    static func of(_ text: some Collection<UInt8>, decodes: Bool) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for word in text.split(whereSeparator: { $0 <= UInt8.space }) where word.count >= minimumLength {
            let word = Array(word)
            found.append(word)
            guard mayBeTyped(word) else { continue }
            let parts = word.split(whereSeparator: punctuation.contains)
            if parts.count != 1 || parts[0].count < word.count {
                found += parts.filter { $0.count >= minimumLength }.map { Array($0) }
            }
            if decodes { found += decoded(word).filter { $0.count >= minimumLength } }
        }
        return found
    }

    /// Whether somebody may have typed it: noise is not looked for in other spellings.
    static func mayBeTyped(_ word: [UInt8]) -> Bool {
        word.count <= 128 && word.allSatisfy { $0 > UInt8.space && $0 != 0x7F } && String(validating: word, as: UTF8.self) != nil
    }

    /// The texts in a word of base64, set apart by NUL (PLAIN) or ^A (XOAUTH2).
    private static func decoded(_ word: [UInt8]) -> [[UInt8]] {
        guard word.count >= 8, let bytes = Base64.decode(ByteBuffer(bytes: word).readableBytesView) else { return [] }
        let parts = bytes.readableBytesView.split { $0 <= 1 }.map { Array($0) }
        return parts.allSatisfy { $0.allSatisfy { $0 >= UInt8.space && $0 != 0x7F } } ? parts : []
    }
}
