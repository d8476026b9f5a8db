import NIOCore

/// The secrets of a session, looked for in what is said later.
struct SecretEchoes: Sendable {
    private static let maximumCount = 128
    /// Anything shorter would be found everywhere.
    static let minimumLength = 4

    /// In upper case.
    private var secrets: [ByteBuffer] = []
    /// The secrets in encoded forms, and words of lines that were not understood: the latest ones.
    private var others: [ByteBuffer] = []
    private static let maximumOthers = 256
    private var spelledWords = 0
    /// Who logs in, looked for in texts alone: elsewhere the name is a word of the mail.
    private var names: [ByteBuffer] = []
    private static let minimumName = 3
    private static let maximumNames = 8
    /// Parts of secrets and of names, looked for as whole words in texts.
    private var parts = WholeWords()

    /// Remembers a secret: by its words, and encoded as a whole, as servers give back what they do not understand.
    mutating func learn(_ secret: Secret) {
        secret.withExposedBytes { parts.learn($0.readableBytesView) }
        for word in Self.words(of: secret) where secrets.count < Self.maximumCount && isNew(word) {
            secrets.append(ByteBuffer(bytes: word.map(\.uppercased)))
        }
        learn(spellingsOf: secret)
        for word in secret.withExposedBytes({ SecretWords.of($0.readableBytesView, decodes: false) }) {
            learn(spellingsOf: Secret(ByteBuffer(bytes: word)))
        }
    }

    private mutating func learn(spellingsOf secret: Secret) {
        for form in SecretSpellings(secret).encoded where form.count >= Self.minimumEncoded { learnOther(form) }
    }

    private static let minimumEncoded = 8

    /// Remembers who logs in: servers greet people by their name, or by what precedes the `@` in it.
    mutating func learn(user: some Collection<UInt8>) {
        parts.learn(user.prefix { $0 != UInt8(ascii: "@") })
        for name in [user.prefix { _ in true }, user.prefix { $0 != UInt8(ascii: "@") }] where name.count >= Self.minimumName {
            let name = ByteBuffer(bytes: name.map(\.uppercased))
            guard !names.contains(name) else { continue }
            names = names.suffix(Self.maximumNames - 1) + [name]
        }
    }

    /// A secret, its words, as they are and as they are in quotes, and what punctuation sets apart in them.
    private static func words(of secret: Secret, decodes: Bool = false) -> [[UInt8]] {
        let whole = secret.withExposedBytes { Array($0.readableBytesView) }
        let hasSpace = whole.contains { $0 <= .space }
        return (hasSpace ? [whole] : [])
            + whole.split { $0 <= UInt8.space }.flatMap { word -> [[UInt8]] in
                let escaped = word.flatMap {
                    $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), $0] : [$0]
                }
                return (escaped.count > word.count ? [escaped] : []) + [Array(word)]
            } + SecretWords.of(whole, decodes: decodes)
    }

    private func isNew(_ word: [UInt8]) -> Bool {
        let word = ByteBuffer(bytes: word.map(\.uppercased))
        return Self.isSecret(word.readableBytesView) && !secrets.contains(word) && !others.contains(word)
    }

    private mutating func learnOther(_ word: [UInt8]) {
        guard isNew(word) else { return }
        if others.count >= Self.maximumOthers { others.removeFirst() }
        others.append(ByteBuffer(bytes: word.map(\.uppercased)))
    }

    /// Short words, and those of the protocols, are in every session.
    private static func isSecret(_ word: some Collection<UInt8>) -> Bool {
        guard word.count >= minimumLength else { return false }
        guard let name = Keyword(ByteBuffer(bytes: word).readableBytesView) else { return true }
        return !ShowableNames.contains(name, in: .imap) && !ShowableNames.contains(name, in: .pop3)
            && ShowableNames.title(ofMechanism: name) == "unknown"
    }

    /// The line with each octet of every secret in it replaced with `x`; `nil` where there is no secret. Lengths do not change,
    /// so that nothing that counts octets becomes wrong.
    /// - Parameter start: Where a text for people begins. Only in a line with such a text does nothing depend on the numbers,
    /// so only there is a secret of digits masked.
    func masked(_ line: ByteBuffer, textFrom start: Int? = nil) -> ByteBuffer? {
        var bytes: [UInt8]?
        for secret in [secrets, others, start != nil ? names : []].joined() where line.contains(secret) {
            let secret = secret.readableBytesView
            guard start != nil || !secret.allSatisfy(\.isDigit) else { continue }
            let upper = line.readableBytesView.map(\.uppercased)
            var masked = bytes ?? Array(line.readableBytesView)
            for index in 0...upper.count - secret.count where upper[index..<index + secret.count].elementsEqual(secret) {
                for place in index..<index + secret.count { masked[place] = UInt8(ascii: "x") }
            }
            bytes = masked
        }
        if let start {
            let places = parts.places(in: line.readableBytesView.dropFirst(start))
            if !places.isEmpty {
                var masked = bytes ?? Array(line.readableBytesView)
                bytes = nil
                for place in places.joined() { masked[start + place] = UInt8(ascii: "x") }
                bytes = masked
            }
        }
        return bytes.map { ByteBuffer(bytes: $0) }
    }

    /// Learns everything that follows this many words of a line, and gives the line with `x` in its place. What announces a literal
    /// stays, for octets follow it.
    ///
    ///     a LOGN anna hunter2␍␊     x xxxx xxxx xxxxxxx␍␊
    mutating func blanked(_ line: ByteBuffer, behindWords words: Int) -> ByteBuffer {
        let start = line.start(words: words)
        var rest = line.withoutLineEnd.readableBytesView.dropFirst(start.readableBytes)
        var announcement: ArraySlice<UInt8> = []
        if case .announced = LiteralAnnouncement.read(endOf: line, in: .restOfCommand, limit: .max),
            let brace = rest.lastIndex(of: UInt8(ascii: "{"))
        {
            announcement = ArraySlice(rest[brace...])
            rest = rest[..<brace]
        }
        for word in Self.words(of: Secret(ByteBuffer(bytes: rest)), decodes: true) {
            guard isNew(word) else { continue }
            learnOther(word)
            guard SecretWords.mayBeTyped(word), spelledWords < SecretWords.maximumSpelled else { continue }
            spelledWords += 1
            learn(spellingsOf: Secret(ByteBuffer(bytes: word)))
        }
        var blanked = masked(start) ?? start
        blanked.writeBytes(rest.map { $0 == .space || $0 == 9 ? $0 : UInt8(ascii: "x") })
        blanked.writeBytes(announcement)
        blanked.writeImmutableBuffer(line.lineEnd)
        return blanked
    }
}
