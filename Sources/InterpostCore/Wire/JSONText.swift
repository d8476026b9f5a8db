package import NIOCore

/// How text is written in a JSON string (RFC 8259 §7).
package enum JSONText {
    /// One line of JSON that somebody else wrote, with every character that a terminal would act upon as `\uNNNN`. Inside a
    /// string this means the same; outside a string such a character was not JSON anyway. Octets that are not UTF-8 become
    /// U+FFFD.
    ///
    ///     {"text":"a U+202E b"}      {"text":"a \u202e b"}
    package static func shown(line: ByteBuffer) -> ByteBuffer {
        if line.readableBytesView.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return line }
        var shown = ByteBuffer()
        for scalar in String(buffer: line).unicodeScalars {
            if TerminalText.isShown(scalar) {
                shown.writeBytes(scalar.utf8)
            } else {
                for unit in scalar.utf16 {
                    let digits = String(unit, radix: 16)
                    shown.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
                }
            }
        }
        return shown
    }

    static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C }

    /// The end of the run of characters that stand for themselves.
    static func plainRun(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end + 8 <= text.count, unsafe isPlain(text.loadUnaligned(fromByteOffset: end, as: UInt64.self)) { end += 8 }
        while end < text.count, unsafe isPlain(text[end]) { end += 1 }
        return end
    }

    /// Whether eight octets are plain. An octet of `x` is zero where `(x - 0x01…) & ~x` has its top bit set, and 0x22 where
    /// A borrow may make a plain octet look special, but never a special octet look plain.
    private static func isPlain(_ eight: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
        let special = zeros(eight ^ ones &* 0x22) | zeros(eight ^ ones &* 0x5C) | zeros(eight ^ ones &* 0x7F)
        let control = (eight &- ones &* 0x20) & ~eight
        return (special | control | eight) & (ones &* 0x80) == 0
    }

    /// Appends an ASCII character that has to be escaped, or all octets above ASCII that follow one another: no character is
    /// cut, because a character of several octets has no ASCII octets.
    static func appendOther(in text: UnsafeRawBufferPointer, at index: inout Int, to line: inout OutputSpan<UInt8>) {
        guard unsafe text[index] >= 0x80 else {
            unsafe append(escaped: Unicode.Scalar(text[index]), to: &line)
            index += 1
            return
        }
        let start = index
        while index < text.count, unsafe text[index] >= 0x80 { index += 1 }
        for scalar in unsafe String(decoding: text[start..<index], as: UTF8.self).unicodeScalars {
            append(escaped: scalar, to: &line)
        }
    }

    private static func append(escaped scalar: Unicode.Scalar, to line: inout OutputSpan<UInt8>) {
        func backslash(_ letter: Unicode.Scalar) {
            line.append(UInt8(ascii: "\\"))
            line.append(UInt8(ascii: letter))
        }
        switch scalar {
        case "\"": backslash("\"")
        case "\\": backslash("\\")
        case "\n": backslash("n")
        case "\r": backslash("r")
        case "\t": backslash("t")
        case _ where isEscaped(scalar):
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                backslash("u")
                for shift: UInt16 in [12, 8, 4, 0] {
                    let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
                    line.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
                }
            }
        default: for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { line.append(unit) }
        }
    }

    /// People look at logs in a terminal, so whatever a terminal would act upon is escaped.
    private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool { !TerminalText.isShown(scalar) }
}

extension OutputSpan<UInt8> {
    /// Appends bytes that there is room for.
    mutating func append(copying bytes: UnsafeRawBufferPointer) {
        unsafe withUnsafeMutableBufferPointer { target, count in
            precondition(target.count - count >= bytes.count)
            unsafe UnsafeMutableRawBufferPointer(target).suffix(from: count).copyBytes(from: bytes)
            count += bytes.count
        }
    }

    /// The digits of a number, with leading zeros up to `width`. There is room for 20 of them, or for `width`.
    mutating func append(decimal value: UInt64, width: Int = 1) {
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            rest /= 10
            digits += 1
        }
        digits = Swift.max(digits, width)
        unsafe withUnsafeMutableBufferPointer { target, count in
            precondition(target.count - count >= digits)
            var rest = value
            // From the last to the first: division by a number that the compiler knows costs a tenth of any other.
            for place in (count..<count + digits).reversed() {
                unsafe target[place] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            }
            count += digits
        }
    }
}

extension [UInt8] {
    /// Appends text as a JSON string with its quotes. Octets that are not UTF-8 become U+FFFD.
    mutating func append(jsonString text: UnsafeRawBufferPointer) {
        // Room for the worst case: every octet written as \u00nn.
        append(addingCapacity: text.count * 6 + 2) { line in
            line.append(UInt8(ascii: "\""))
            var index = 0
            while index < text.count {
                let end = unsafe JSONText.plainRun(in: text, from: index)
                unsafe line.append(copying: UnsafeRawBufferPointer(rebasing: text[index..<end]))
                index = end
                while index < text.count, unsafe !JSONText.isPlain(text[index]) {
                    unsafe JSONText.appendOther(in: text, at: &index, to: &line)
                }
            }
            line.append(UInt8(ascii: "\""))
        }
    }

    mutating func append(jsonNumber value: Int64) {
        append(addingCapacity: 20) { line in
            if value < 0 { line.append(UInt8(ascii: "-")) }
            line.append(decimal: value.magnitude)
        }
    }

    mutating func append(text: StaticString) {
        // A static string's bytes live as long as the program.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
