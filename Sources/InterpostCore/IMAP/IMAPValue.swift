import NIOCore

/// A value whose kind the reader does not know beforehand: the shape of ENVELOPE, BODYSTRUCTURE, NAMESPACE, THREAD and of
/// whatever an extension puts in parentheses.
///
///     ("a" NIL (b {1}␍␊c))      list [string a, nil, list [string b, string c]]
public enum IMAPValue: Hashable, Sendable {
    /// An atom, a number, a flag, a quoted string or a literal.
    case string(IMAPString)
    /// The atom `NIL`.
    case `nil`
    case list([IMAPValue])

    /// Lists that are nested deeper are passed over, and read as empty.
    static let maximumDepth = 64

    /// `nil` for a list, and for NIL.
    public var string: IMAPString? { if case .string(let string) = self { string } else { nil } }
    /// `nil` for anything but a list.
    public var list: [IMAPValue]? { if case .list(let values) = self { values } else { nil } }
    /// Whether it is the atom `NIL`.
    public var isNIL: Bool { self == .nil }
}

/// A value that is passed over, and read when somebody asks for it: ENVELOPE, BODYSTRUCTURE.
public struct UnreadValue: Hashable, Sendable, CustomStringConvertible {
    let text: IMAPText

    /// A reader at the beginning of the value.
    public var reader: IMAPReader { IMAPReader(text) }

    /// The value as it was written, without the octets of literals.
    public var description: String { String(buffer: text.oneLine) }
}

extension IMAPReader {
    /// The next value, or `nil` at the end and before a `)`.
    mutating func value(depth: Int = 0) -> IMAPValue? {
        skipSpaces()
        guard peek == UInt8(ascii: "(") else {
            guard let string = string() else { return nil }
            return string.form == .atom && string.bytes.equalsIgnoringCase("NIL") ? .nil : .string(string)
        }
        guard depth < IMAPValue.maximumDepth else {
            note(.nestedTooDeep)
            skipValue()
            return .list([])
        }
        advance()
        return .list(values(depth: depth + 1))
    }

    /// Values up to the `)` that closes the list, which is read too, or to the end.
    private mutating func values(depth: Int) -> [IMAPValue] {
        var values: [IMAPValue] = []
        while true {
            skipSpaces()
            if isAtEnd {
                note(.parenthesisNotClosed)
                return values
            }
            if skip(")") { return values }
            if let value = value(depth: depth) { values.append(value) } else { advance() }
        }
    }
}
