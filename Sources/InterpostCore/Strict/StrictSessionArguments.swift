import NIOCore

// Arguments of the commands that concern the session, strictly (RFC 9051 §6.1 and §6.2, RFC 2971, 4978, 5161, 5255).

extension StrictReader {
    private static let maximumFields = 30
    private static let maximumFieldName = 30
    private static let maximumFieldValue = 1024

    /// `NIL`, or `("name" "Interpost" "os" NIL)`.
    mutating func id() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        guard peek == UInt8(ascii: "(") else {
            guard try keyword() == Keyword("NIL") else { throw .malformed("no list where one belongs") }
            return .id([])
        }
        let fields = try list(orEmpty: true) { (reader) throws(StrictRefusal) in
            let name = try reader.string()
            try reader.space()
            let value = try reader.nstring()
            guard name.length <= Self.maximumFieldName, value?.length ?? 0 <= Self.maximumFieldValue else {
                throw .malformed("a field that is too long")
            }
            return IDField(name: name, value: value)
        }
        guard fields.count <= Self.maximumFields else { throw .malformed("too many fields") }
        return .id(fields)
    }

    mutating func enable() throws(StrictRefusal) -> IMAPCommand.Body {
        var names: [IMAPString] = []
        repeat {
            try space()
            try countElement()
            names.append(IMAPString(try word(of: .atom)))
        } while !isAtEnd
        return .enable(names)
    }

    mutating func login() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let user = try astring()
        try space()
        return .login(user: user, password: Secret(try astring().bytes))
    }

    /// `PLAIN`, `PLAIN =`, `PLAIN AGFubmEAZ2VoZWlt`
    mutating func authenticate() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        let mechanism = try keyword()
        guard !isAtEnd else { return .authenticate(mechanism: mechanism, initialResponse: nil) }
        try space()
        let response = try word(of: .base64)
        guard Self.isResponse(response) else { throw .malformed("an initial response that is no base64") }
        return .authenticate(mechanism: mechanism, initialResponse: Secret(response))
    }

    /// `=` stands for an empty response (RFC 4959 §3).
    private static func isResponse(_ bytes: ByteBuffer) -> Bool {
        let view = bytes.readableBytesView
        let padding = view.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard view.count > 1 else { return padding == 1 }
        return view.count.isMultiple(of: 4) && padding <= 2 && !view.dropLast(padding).contains(UInt8(ascii: "="))
    }

    mutating func compress() throws(StrictRefusal) -> IMAPCommand.Body {
        try space()
        return .compress(algorithm: try keyword())
    }

    /// All that is left, each with a space before it.
    mutating func astrings() throws(StrictRefusal) -> [IMAPString] {
        var found: [IMAPString] = []
        while !isAtEnd {
            try space()
            try countElement()
            found.append(try astring())
        }
        return found
    }
}
