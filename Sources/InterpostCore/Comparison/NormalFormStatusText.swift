/// What a server says to people, without what is different each time.
///
///     Fetch completed (0.001 + 0.000 secs).            Fetch completed (<time>).
///     User logged in SESSIONID=<host-123-4>            User logged in SESSIONID=<id>
///     Gimap ready for requests from 192.0.2.1 a1b2c3d4e5mb   Gimap ready for requests from <host> <id>
struct NormalFormStatusText {
    private let text: ArraySlice<UInt8>
    private let isGreeting: Bool
    private let normalisation: Normalisation
    private let lastSpace: Int

    /// Octets that are looked at for one thing that differs, so that no text costs more than its octets.
    private static let longest = 512

    /// - Parameter isGreeting: Whether this is a greeting: what servers put into greetings is an identifier only there.
    init(_ text: ArraySlice<UInt8>, isGreeting: Bool, _ normalisation: Normalisation) {
        self.text = text
        self.isGreeting = isGreeting
        self.normalisation = normalisation
        lastSpace = text.lastIndex(of: .space) ?? text.startIndex
    }

    func write(to normal: inout [UInt8]) {
        var index = text.startIndex
        var isBehindWord = false
        while index < text.endIndex {
            if !isBehindWord, let (end, name) = placeholder(at: index) {
                normal.append(contentsOf: name.utf8)
                index = end
            } else {
                normal.append(text[index])
                isBehindWord = text[index].isDigit || text[index].isLetter
                index += 1
            }
        }
    }

    private func placeholder(at index: Int) -> (end: Int, name: String)? {
        let ahead = text[index...].prefix(Self.longest)
        if normalisation.contains(.times), let end = duration(in: ahead) { return (end, "<time>") }
        guard normalisation.contains(.ids) else { return nil }
        if let end = session(in: ahead) { return (end, "SESSIONID=<id>") }
        guard isGreeting else { return nil }
        if let end = timestamp(in: ahead) { return (end, "<id>") }
        let word = ahead.prefix { $0 != .space }
        let end = word.endIndex
        guard word.count < Self.longest else { return nil }
        if isAddress(word) { return (end, "<host>") }
        return isIdentifier(word) ? (end, "<id>") : nil
    }

    /// `0.001 + 0.000 secs`
    private func duration(in ahead: ArraySlice<UInt8>) -> Int? {
        var rest = ahead
        while true {
            guard rest.first?.isDigit == true else { return nil }
            rest = rest.drop { $0.isDigit || $0 == .dot }.drop { $0 == .space }
            guard rest.first == UInt8(ascii: "+") else { return unit(in: rest) }
            rest = rest.dropFirst().drop { $0 == .space }
        }
    }

    private func unit(in rest: ArraySlice<UInt8>) -> Int? {
        let word = rest.prefix { $0.isLetter }
        let units = ["s", "sec", "secs", "second", "seconds", "ms", "msec", "msecs"]
        return units.contains { $0.utf8.elementsEqual(word) } ? word.endIndex : nil
    }

    private func session(in ahead: ArraySlice<UInt8>) -> Int? {
        guard ahead.starts(with: "SESSIONID=<".utf8) else { return nil }
        return ahead.firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 }
    }

    /// `<1896.697170952@dbc.mtview.ca.us>`, and `[…]` at the end.
    private func timestamp(in ahead: ArraySlice<UInt8>) -> Int? {
        switch ahead.first {
        case UInt8(ascii: "<"):
            guard let end = ahead.firstIndex(of: UInt8(ascii: ">")), ahead[..<end].contains(UInt8(ascii: "@")) else { return nil }
            return end + 1
        case UInt8(ascii: "["):
            guard ahead.startIndex > text.startIndex, text.last == UInt8(ascii: "]"), lastSpace <= ahead.startIndex else {
                return nil
            }
            return text.endIndex
        default: return nil
        }
    }

    private func isAddress(_ word: ArraySlice<UInt8>) -> Bool {
        let parts = word.split(separator: .dot, omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { !$0.isEmpty && $0.count < 4 && $0.allSatisfy(\.isDigit) }
    }

    /// Letters and digits, and too many of them for a word or a version.
    private func isIdentifier(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 10 && word.allSatisfy { $0.isDigit || $0.isLetter } && word.contains(where: \.isDigit)
            && word.contains(where: \.isLetter)
    }
}
