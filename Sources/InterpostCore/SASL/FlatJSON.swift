import NIOCore

/// Reads a JSON object that has no other objects or arrays in it (RFC 8259), strictly.
///
///     {"status":"401","schemes":"bearer"}      ["status": "401", "schemes": "bearer"]
struct FlatJSON {
    /// Octets of a text.
    static let maximumLength = 4096

    private let text: [UInt8]
    private var index = 0

    private init(_ text: [UInt8]) { self.text = text }

    /// The members that are strings or whole numbers, by their names; `nil` for what is not such an object, has a name twice, or
    /// is longer than 4096 octets.
    static func members(of text: ByteBuffer) -> [String: String]? {
        guard text.readableBytes <= maximumLength else { return nil }
        var reader = FlatJSON(Array(text.readableBytesView))
        guard let members = reader.object(), reader.peek() == nil else { return nil }
        return members
    }

    /// The next octet that is not white space.
    private mutating func peek() -> UInt8? {
        while index < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { index += 1 }
        return index < text.count ? text[index] : nil
    }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func object() -> [String: String]? {
        guard takes("{") else { return nil }
        var members: [String: String] = [:]
        var names: Set<String> = []
        if takes("}") { return members }
        repeat {
            guard let name = string(), names.insert(name).inserted, takes(":") else { return nil }
            if peek() == UInt8(ascii: "\"") {
                guard let value = string() else { return nil }
                members[name] = value
            } else {
                guard let word = word() else { return nil }
                if word.utf8.allSatisfy(\.isDigit) { members[name] = word }
            }
        } while takes(",")
        return takes("}") ? members : nil
    }

    /// `true`, `false`, `null` or a number without sign, fraction and exponent.
    private mutating func word() -> String? {
        let start = index
        while index < text.count, text[index].isDigit || text[index].isLowerCase { index += 1 }
        let word = String(decoding: text[start..<index], as: UTF8.self)
        if ["true", "false", "null", "0"].contains(word) { return word }
        return !word.isEmpty && word.utf8.allSatisfy(\.isDigit) && !word.hasPrefix("0") ? word : nil
    }

    private mutating func string() -> String? {
        guard takes("\"") else { return nil }
        var value: [UInt8] = []
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: value, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                value += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            case ..<0x20: return nil
            default: value.append(byte)
            }
        }
        return nil
    }

    /// What follows a backslash.
    private mutating func escaped() -> Unicode.Scalar? {
        guard index < text.count else { return nil }
        let letter = text[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return codePoint()
        default: return nil
        }
    }

    /// One unit of UTF-16, or the two of a pair.
    private mutating func codePoint() -> Unicode.Scalar? {
        guard let first = unit() else { return nil }
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
        guard text[index...].starts(with: "\\u".utf8) else { return nil }
        index += 2
        guard let second = unit(), UTF16.isTrailSurrogate(second) else { return nil }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private mutating func unit() -> UInt16? {
        let digits = text[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy(\.isHexDigit) else { return nil }
        index += 4
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
