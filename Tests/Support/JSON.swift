/// JSON as it stands in the text (RFC 8259): members keep their order, and nothing is forgiven.
///
///     {"v":1,"event":"idle.began"}      .object of v, .integer(1), and event, .string("idle.began")
///
/// A reader that takes what a program writes by mistake would hide it: a name that stands twice, a control character in a
/// string, octets that are not UTF-8, text behind the end.
package enum JSON: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number with a fraction, an exponent, or more digits than 64 bits hold; as it is written.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSON
    }

    package struct SyntaxError: Error, CustomStringConvertible {
        /// Octets before the place.
        package var offset: Int
        package var problem: String
        package var description: String { "octet \(offset): \(problem)" }
    }

    package init(reading text: some Collection<UInt8>) throws(SyntaxError) {
        var reader = JSONReader(text: Array(text))
        self = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.isAtEnd else { throw reader.error("nothing stands behind the value") }
    }

    package init(reading text: String) throws(SyntaxError) { try self.init(reading: text.utf8) }

    package var members: [Member] { if case .object(let members) = self { members } else { [] } }

    package var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }

    package var text: String? { if case .string(let text) = self { text } else { nil } }

    package subscript(name: String) -> JSON? { members.first { $0.name == name }?.value }
}

extension JSON: CustomStringConvertible {
    /// On one line and without spaces, as the log has it.
    package var description: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let text): text
        case .string(let text): Self.quoted(text)
        case .array(let elements): "[" + elements.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.description }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

private struct JSONReader {
    let text: [UInt8]
    private var index = 0
    private static let maximumDepth = 64

    init(text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { index == text.count }

    private var next: UInt8? { isAtEnd ? nil : text[index] }

    func error(_ problem: String) -> JSON.SyntaxError { JSON.SyntaxError(offset: index, problem: problem) }

    mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(JSON.SyntaxError) {
        guard take(character) else { throw error("\(character) is due here") }
    }

    mutating func value(depth: Int) throws(JSON.SyntaxError) -> JSON {
        guard depth < Self.maximumDepth else { throw error("nested too deep") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"): return try number()
        case let byte? where (0x30...0x39).contains(byte): return try number()
        default:
            for (word, value) in [("true", JSON.boolean(true)), ("false", .boolean(false)), ("null", .null)]
            where text[index...].starts(with: word.utf8) {
                index += word.utf8.count
                return value
            }
            throw error("a value is due here")
        }
    }

    private mutating func members(depth: Int) throws(JSON.SyntaxError) -> [JSON.Member] {
        var members: [JSON.Member] = []
        try expect("{")
        skipSpace()
        guard !take("}") else { return members }
        repeat {
            skipSpace()
            let name = try string()
            guard !members.contains(where: { $0.name == name }) else { throw error("the name \(name) stands twice") }
            skipSpace()
            try expect(":")
            members.append(JSON.Member(name: name, value: try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        try expect("}")
        return members
    }

    private mutating func elements(depth: Int) throws(JSON.SyntaxError) -> [JSON] {
        var elements: [JSON] = []
        try expect("[")
        skipSpace()
        guard !take("]") else { return elements }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        try expect("]")
        return elements
    }

    private mutating func number() throws(JSON.SyntaxError) -> JSON {
        let start = index
        func digits(_ reader: inout Self) throws(JSON.SyntaxError) {
            guard let byte = reader.next, (0x30...0x39).contains(byte) else { throw reader.error("a digit is due here") }
            while let byte = reader.next, (0x30...0x39).contains(byte) { reader.index += 1 }
        }
        _ = take("-")
        if !take("0") { try digits(&self) }
        var isInteger = true
        if take(".") {
            isInteger = false
            try digits(&self)
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits(&self)
        }
        let written = String(decoding: text[start..<index], as: UTF8.self)
        return isInteger ? Int64(written).map(JSON.integer) ?? .number(written) : .number(written)
    }

    private mutating func string() throws(JSON.SyntaxError) -> String {
        try expect("\"")
        var bytes: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw error("a control character in a string is escaped") }
            index += 1
            if byte == UInt8(ascii: "\\") {
                bytes += try Array(String(escaped()).utf8)
            } else {
                bytes.append(byte)
            }
        }
        guard let string = String(validating: bytes, as: UTF8.self) else { throw error("a string is UTF-8") }
        try expect("\"")
        return string
    }

    /// What stands behind a backslash.
    private mutating func escaped() throws(JSON.SyntaxError) -> Unicode.Scalar {
        guard let letter = next else { throw error("a character is due here") }
        index += 1
        switch Unicode.Scalar(letter) {
        case "\"", "\\", "/": return Unicode.Scalar(letter)
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try escapedUnit()
        default: throw error("there is no such escape")
        }
    }

    /// `00e9`, or both halves of a pair: `d83d\ude42`.
    private mutating func escapedUnit() throws(JSON.SyntaxError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first) else { throw error("a surrogate has its other half before it") }
        try expect("\\")
        try expect("u")
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("a surrogate has its other half behind it") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSON.SyntaxError) -> UInt32 {
        let digits = String(decoding: text[index...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, !digits.hasPrefix("+"), let value = UInt32(digits, radix: 16) else {
            throw error("four hexadecimal digits are due here")
        }
        index += 4
        return value
    }
}
