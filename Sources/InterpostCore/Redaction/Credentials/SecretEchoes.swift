import NIOCore

/// The secrets of a session, looked for in what is said later.
struct SecretEchoes: Sendable {
    private static let maximumCount = 128
    /// Anything shorter is found everywhere.
    private static let minimumLength = 4

    /// In upper case.
    private var secrets: [ByteBuffer] = []

    /// Remembers a secret by its words, as they are and as they are in quotes, and by what punctuation sets apart in them.
    mutating func learn(_ secret: Secret) {
        for word in secret.withExposedBytes({ $0.readableBytesView.split { $0 <= UInt8.space } }) {
            learn(word: word)
            let escaped = word.flatMap { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), $0] : [$0] }
            if escaped.count > word.count { learn(word: escaped) }
            for part in word.split(whereSeparator: Self.punctuation.contains) where part.count < word.count { learn(word: part) }
        }
    }

    private static let punctuation = Set("()=\",<>{}".utf8)

    private mutating func learn(word: some Collection<UInt8>) {
        let word = ByteBuffer(bytes: word.map(\.uppercased))
        guard Self.isSecret(word.readableBytesView), secrets.count < Self.maximumCount, !secrets.contains(word) else { return }
        secrets.append(word)
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
    /// - Parameter isText: Nothing in the line depends on its numbers, so that a secret may be one.
    func masked(_ line: ByteBuffer, isText: Bool = false) -> ByteBuffer? {
        var bytes: [UInt8]?
        for secret in secrets where line.contains(secret) {
            let secret = secret.readableBytesView
            guard isText || !secret.allSatisfy(\.isDigit) else { continue }
            let upper = line.readableBytesView.map(\.uppercased)
            var masked = bytes ?? Array(line.readableBytesView)
            for index in 0...upper.count - secret.count where upper[index..<index + secret.count].elementsEqual(secret) {
                for place in index..<index + secret.count { masked[place] = UInt8(ascii: "x") }
            }
            bytes = masked
        }
        return bytes.map { ByteBuffer(bytes: $0) }
    }

    /// Learns everything that follows this many words of a line, and gives the line without it.
    mutating func masked(_ line: ByteBuffer, behindWords words: Int) -> ByteBuffer? {
        let start = line.start(words: words)
        let rest = line.withoutLineEnd.readableBytesView.dropFirst(start.readableBytes)
        learn(Secret(ByteBuffer(bytes: rest)))
        return masked(line, isText: true)
    }
}
