package import NIOCore

/// A text of JSON that somebody else wrote (RFC 8259), read strictly and within bounds.
///
///     {"a":[1,true]}      .object(["a": .array([.number("1"), .bool(true)])])
///     {"a":1,"a":2}       nil: two members with one name mean one thing here and another thing there
///
/// What it holds may be a secret, so it is never printed.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number as it is written: `-1.5e3`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Lists and objects in one another, at most.
    package static let maximumDepth = 16

    /// `nil` for a text that is not JSON in UTF-8, and for one that is too deep or has two members with one name.
    package init?(_ text: ByteBuffer) {
        var reader = JSONReader(text)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpaces()
        guard reader.isAtEnd else { return nil }
        self = value
    }

    package var text: String? { if case .string(let text) = self { text } else { nil } }

    package var members: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

    /// The whole part of a number, as far as 64 bits hold it: 3599 of `3599.5`, the largest that there is of `1e99`.
    package var integer: Int64? {
        guard case .number(let text) = self, let number = Double(text), !number.isNaN else { return nil }
        return Int64(text) ?? Int64(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
    }
}

extension JSONValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[JSON]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Reads from the front; `nil` means that the text is not JSON.
private struct JSONReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: ByteBuffer) { bytes = Array(text.readableBytesView) }

    var isAtEnd: Bool { place == bytes.count }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func skipSpaces() {
        while let byte = next, byte == .space || byte == .lineFeed || byte == .carriageReturn || byte == 0x09 { place += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func skip(word: StaticString, _ value: JSONValue) -> JSONValue? {
        let word = Array("\(word)".utf8)
        guard bytes[place...].starts(with: word) else { return nil }
        place += word.count
        return value
    }

    /// Recursion ends at the greatest depth.
    mutating func value(depth: Int) -> JSONValue? {
        skipSpaces()
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth + 1)
        case UInt8(ascii: "["): return array(depth: depth + 1)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return skip(word: "true", .bool(true))
        case UInt8(ascii: "f"): return skip(word: "false", .bool(false))
        case UInt8(ascii: "n"): return skip(word: "null", .null)
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        guard depth <= JSONValue.maximumDepth, skip("{") else { return nil }
        var members: [String: JSONValue] = [:]
        skipSpaces()
        if skip("}") { return .object(members) }
        repeat {
            skipSpaces()
            guard let name = string(), members[name] == nil else { return nil }
            skipSpaces()
            guard skip(":"), let value = value(depth: depth) else { return nil }
            members[name] = value
            skipSpaces()
        } while skip(",")
        return skip("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> JSONValue? {
        guard depth <= JSONValue.maximumDepth, skip("[") else { return nil }
        var elements: [JSONValue] = []
        skipSpaces()
        if skip("]") { return .array(elements) }
        repeat {
            guard let element = value(depth: depth) else { return nil }
            elements.append(element)
            skipSpaces()
        } while skip(",")
        return skip("]") ? .array(elements) : nil
    }

    private mutating func number() -> JSONValue? {
        let start = place
        _ = skip("-")
        if !skip("0"), !digits() { return nil }
        if skip("."), !digits() { return nil }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            place += 1
            if !skip("+") { _ = skip("-") }
            if !digits() { return nil }
        }
        return .number(String(decoding: bytes[start..<place], as: UTF8.self))
    }

    private mutating func digits() -> Bool {
        let start = place
        while let byte = next, byte.isDigit { place += 1 }
        return place > start
    }

    private mutating func string() -> String? {
        guard skip("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text += Array(String(Character(scalar)).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// What follows a backslash. Half a surrogate pair is no character.
    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let unit = hexadecimal() else { return nil }
            guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
            guard skip("\\"), skip("u"), let low = hexadecimal(), (0xDC00..<0xE000).contains(low) else { return nil }
            return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        default: return nil
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else { return nil }
            value = value << 4 | UInt32(digit)
            place += 1
        }
        return value
    }
}
