import NIOCore

/// A quick look at a FETCH answer that says what every listing asks for, and is spelled exactly as in RFC 9051 §9.
///
///     * 12 FETCH (UID 42 FLAGS (\Seen $Junk) RFC822.SIZE 120)
///
/// A mailbox of 100,000 messages is 100,000 of these lines. Either the quick look says what the reader would say, and
/// there is no quirk in it; or it says nothing, and the reader is asked.
extension FetchAnswer {
    /// `offset` is where the name ends.
    init?(plain text: IMAPText, from offset: Int) {
        guard text.literals.isEmpty else { return nil }
        var line = PlainLine(text.bytes, from: offset)
        let bytes = text.bytes.readableBytesUInt8Span
        guard line.skip(" (", bytes) else { return nil }
        self.init()
        repeat {
            guard readPlainItem(&line, bytes) else { return nil }
        } while line.skip(" ", bytes)
        guard line.skip(")", bytes), line.index == bytes.count else { return nil }
    }

    /// Each item only once.
    private mutating func readPlainItem(_ line: inout PlainLine, _ bytes: Span<UInt8>) -> Bool {
        if uid == nil, line.skip("UID ", bytes) {
            uid = line.number(bytes)
            return uid.map { 1...UInt64(UInt32.max) ~= $0 } ?? false
        }
        if flags == nil, line.skip("FLAGS (", bytes) {
            flags = line.flags(bytes)
            return flags != nil
        }
        if size == nil, line.skip("RFC822.SIZE ", bytes) {
            size = line.number(bytes)
            return size != nil
        }
        if modSequence == nil, line.skip("MODSEQ (", bytes) {
            modSequence = line.number(bytes)
            return modSequence != nil && line.skip(")", bytes)
        }
        return false
    }
}

/// A place in a line, whose bytes are handed to each call: a span cannot be kept.
private struct PlainLine {
    private let text: ByteBuffer
    private(set) var index: Int

    init(_ text: ByteBuffer, from index: Int) {
        self.text = text
        self.index = index
    }

    /// Passes over exactly these octets.
    mutating func skip(_ word: StaticString, _ bytes: Span<UInt8>) -> Bool {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count else { return false }
        for offset in 0..<count where unsafe bytes[index + offset] != word.utf8Start[offset] { return false }
        index += count
        return true
    }

    /// Up to 18 digits, without a leading zero.
    mutating func number(_ bytes: Span<UInt8>) -> UInt64? {
        let start = index
        var value: UInt64 = 0
        while index < bytes.count, bytes[index].isDigit {
            value = value &* 10 &+ UInt64(bytes[index] &- 0x30)
            index += 1
        }
        let digits = index - start
        return digits == 0 || digits > 18 || (digits > 1 && bytes[start] == 0x30) ? nil : value
    }

    /// The flags after the `(`, up to and including the `)`.
    mutating func flags(_ bytes: Span<UInt8>) -> FlagList? {
        var flags = FlagList()
        if skip(")", bytes) { return flags }
        repeat {
            let start = index
            if index < bytes.count, bytes[index] == UInt8(ascii: "\\") { index += 1 }
            let name = index
            while index < bytes.count, Self.isInFlag(bytes[index]) { index += 1 }
            guard index > name else { return nil }
            if name > start, let flag = FlagList.named(bytes.extracting(start..<index)) {
                flags.system.insert(flag)
            } else if let word = text.getSlice(at: text.readerIndex + start, length: index - start) {
                flags.others.append(IMAPString(word))
            }
        } while skip(" ", bytes)
        return skip(")", bytes) ? flags : nil
    }

    /// A subset of ATOM-CHAR that all readers agree on; anything else goes to the full reader.
    private static func isInFlag(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "$") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }
}
