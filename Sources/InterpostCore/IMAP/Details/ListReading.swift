import NIOCore

// What the deep readers share. A list of the grammar has its fields in a fixed order; real servers leave some out, put
// NIL, a list or a bare word where something else is due, and space them as they like. Each function here reads one such
// place, takes what is there for what it most likely means, and notes what it had to overlook. All of them make progress
// or say that the list has ended, so that no loop over them can hang.

extension IMAPReader {
    /// Goes to the next value of a list whose `(` has been read, or passes over its end and says `false`.
    mutating func nextField(isFirst: Bool = false) -> Bool {
        let hasSpace = peek == .space || peek == 9
        skipSpaces()
        if isAtEnd {
            note(.parenthesisNotClosed)
            return false
        }
        if skip(")") {
            if hasSpace { note(.extraSpace) }
            return false
        }
        if isFirst == hasSpace { note(isFirst ? .extraSpace : .missingSpace) }
        return true
    }

    /// Passes over whatever is left of a list, its `)` included.
    mutating func skipFields() {
        var hasMore = false
        while nextField() {
            hasMore = true
            skipValue()
        }
        if hasMore { note(.extraField) }
    }

    /// Whether the atom NIL is next. Does not look beyond its four octets.
    var isAtNIL: Bool {
        guard peek.uppercased == UInt8(ascii: "N"), peek(1).uppercased == UInt8(ascii: "I"),
            peek(2).uppercased == UInt8(ascii: "L")
        else { return false }
        return endsWord(peek(3))
    }

    var isAtEmptyList: Bool { peek == UInt8(ascii: "(") && peek(1) == UInt8(ascii: ")") }

    /// A string, or NIL. Anything else is passed over and reads as `nil`.
    mutating func nstringField() -> IMAPString? {
        if peek == UInt8(ascii: "(") {
            skipList()
            return nil
        }
        guard let string = string() else { return nil }
        guard string.form == .atom else { return string }
        if string.bytes.equalsIgnoringCase("NIL") { return nil }
        note(.atomForString)
        return string
    }

    /// A string where the grammar has no NIL.
    mutating func stringField() -> IMAPString? {
        if isAtNIL { note(.nilForString) }
        return nstringField()
    }

    /// A number; `nil` where there is none, or a negative one.
    mutating func numberField() -> UInt64? {
        if peek.isDigit {
            if let number = number() { return number }
            _ = atom()
            note(.numberTooLarge)
            return nil
        }
        if peek == UInt8(ascii: "(") {
            skipList()
            return nil
        }
        guard let word = string() else { return nil }
        var digits = IMAPReader(IMAPText(line: word.bytes))
        if word.form == .atom, word.bytes.equalsIgnoringCase("NIL") {
            note(.nilForNumber)
        } else if digits.peek == UInt8(ascii: "-"), digits.peek(1).isDigit {
            note(.negativeNumber)
        } else {
            note(.stringForNumber)
            return digits.number()
        }
        return nil
    }

    /// A list where a string or a number is due.
    private mutating func skipList() {
        note(isAtEmptyList ? .listForNIL : .listForString)
        skipValue()
    }

    /// What can follow a whole value. 0 is the end.
    private func endsWord(_ byte: UInt8) -> Bool {
        byte == .space || byte == 9 || byte == 0 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
    }
}
