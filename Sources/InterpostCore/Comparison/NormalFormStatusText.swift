/// What a server says to people, without what is different each time.
///
///     Fetch completed (0.001 + 0.000 secs).            Fetch completed (<time>).
///     User logged in SESSIONID=<host-123-4>            User logged in SESSIONID=<id>
///     Gimap ready for requests from 192.0.2.1 a1b2c3d4e5mb   Gimap ready for requests from <host> <id>
struct NormalFormStatusText {
    private let text: ArraySlice<UInt8>
    private let isGreeting: Bool
    private let normalisation: Normalisation

    /// - Parameter isGreeting: Whether this is a greeting: what servers put into greetings is an identifier only there.
    init(_ text: ArraySlice<UInt8>, isGreeting: Bool, _ normalisation: Normalisation) {
        self.text = text
        self.isGreeting = isGreeting
        self.normalisation = normalisation
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
        if normalisation.contains(.times), let end = duration(at: index) { return (end, "<time>") }
        guard normalisation.contains(.ids) else { return nil }
        if let end = session(at: index) { return (end, "SESSIONID=<id>") }
        guard isGreeting else { return nil }
        if let end = timestamp(at: index) { return (end, "<id>") }
        let end = text[index...].firstIndex(of: .space) ?? text.endIndex
        let word = text[index..<end]
        if isAddress(word) { return (end, "<host>") }
        return isIdentifier(word) ? (end, "<id>") : nil
    }

    /// `0.001 + 0.000 secs`
    private func duration(at start: Int) -> Int? {
        var index = start
        while true {
            let number = index
            while index < text.endIndex, text[index].isDigit || text[index] == .dot { index += 1 }
            guard index > number, text[number].isDigit else { return nil }
            let end = index
            skipSpaces(&index)
            guard index < text.endIndex, text[index] == UInt8(ascii: "+") else {
                return unit(behind: end)
            }
            index += 1
            skipSpaces(&index)
        }
    }

    private func unit(behind end: Int) -> Int? {
        var index = end
        skipSpaces(&index)
        let word = text[index...].prefix { $0.isLetter }
        let units = ["s", "sec", "secs", "second", "seconds", "ms", "msec", "msecs"]
        return units.contains { $0.utf8.elementsEqual(word) } ? word.endIndex : nil
    }

    private func skipSpaces(_ index: inout Int) { while index < text.endIndex, text[index] == .space { index += 1 } }

    private func session(at index: Int) -> Int? {
        let name = Array("SESSIONID=<".utf8)
        guard text[index...].starts(with: name) else { return nil }
        return text[index...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 }
    }

    /// `<1896.697170952@dbc.mtview.ca.us>`, and `[…]` at the end.
    private func timestamp(at index: Int) -> Int? {
        switch text[index] {
        case UInt8(ascii: "<"):
            guard let end = text[index...].firstIndex(of: UInt8(ascii: ">")), text[index..<end].contains(UInt8(ascii: "@"))
            else { return nil }
            return end + 1
        case UInt8(ascii: "["):
            guard index > text.startIndex, text.last == UInt8(ascii: "]"), !text[index...].dropLast().contains(.space) else {
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
