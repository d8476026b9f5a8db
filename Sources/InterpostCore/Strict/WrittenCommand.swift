package import NIOCore

/// The octets of one command, as they go to a server.
///
///     a LOGIN {3}␍␊      first segment; the server must ask for more
///     üü "x"␍␊           last segment
package struct WrittenCommand: Hashable, Sendable {
    /// Each but the last ends in `{n}␍␊`, and needs the server's `+` before the next.
    package var segments: [ByteBuffer]
    /// The announcement with which the last segment ends: the octets of a message and a line end are to follow, once the
    /// server has asked for them.
    package var messageLiteral: LiteralAnnouncement?
}

/// Puts a command together word by word, and makes sure that the result is one command.
struct CommandText {
    /// Octets of a string in quotes.
    static let maximumQuoted = 1000
    /// Where strings become literals, so that no line grows too long.
    static let fullLine = 6000
    /// Octets of one line without its sequence sets, and with them.
    static let maximumLine = 8000
    static let maximumText = 65536
    /// RFC 7888 §5
    static let maximumMinus = 4096

    private let literals: CommandWriter.Literals
    private var segments: [ByteBuffer] = []
    private var current = ByteBuffer()
    private var lineOctets = 0
    private var setOctets = 0
    private var messageLiteral: LiteralAnnouncement?
    /// Something was to be written that a command cannot contain.
    private(set) var isBroken = false

    init(literals: CommandWriter.Literals) { self.literals = literals }

    /// The whole command, with a line end unless a message follows; `nil` for what would not be a command.
    func finished() -> WrittenCommand? {
        guard !isBroken, lineOctets - setOctets <= Self.maximumLine, lineOctets <= Self.maximumText else { return nil }
        var last = current
        if messageLiteral == nil { last.writeStaticString("\r\n") }
        return WrittenCommand(segments: segments + [last], messageLiteral: messageLiteral)
    }

    private mutating func write(_ bytes: ByteBuffer) {
        current.writeImmutableBuffer(bytes)
        lineOctets += bytes.readableBytes
    }

    /// Octets of the grammar itself.
    mutating func mark(_ text: StaticString) {
        current.writeStaticString(text)
        lineOctets += text.utf8CodeUnitCount
    }

    /// A word as it is: a flag, a number, a name.
    mutating func word(_ bytes: ByteBuffer) {
        if bytes.readableBytes == 0 || !bytes.readableBytesView.allSatisfy(StrictCharacters.bare.contains) { isBroken = true }
        write(bytes)
    }

    mutating func word(_ keyword: Keyword) { word(ByteBuffer(string: keyword.description)) }

    mutating func set(_ set: SequenceSet) {
        word(set.text)
        setOctets += set.text.readableBytes
    }

    /// The string as an atom where no server can take it for something else, in quotes, or as a literal.
    mutating func astring(_ string: IMAPString) {
        let view = string.bytes.readableBytesView
        if !view.isEmpty, view.count <= Self.maximumQuoted, view.allSatisfy(StrictCharacters.plain.contains),
            !string.bytes.equalsIgnoringCase("NIL"), lineOctets < Self.fullLine
        {
            write(string.bytes)
        } else {
            self.string(string)
        }
    }

    /// The string in quotes, or as a literal.
    mutating func string(_ string: IMAPString) {
        let view = string.bytes.readableBytesView
        guard string.length == view.count else {
            isBroken = true
            return
        }
        guard view.count <= Self.maximumQuoted, lineOctets < Self.fullLine, view.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            literal(string.bytes)
            return
        }
        var quoted = ByteBuffer()
        quoted.writeStaticString("\"")
        for byte in view {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.writeStaticString("\\") }
            quoted.writeInteger(byte)
        }
        quoted.writeStaticString("\"")
        write(quoted)
    }

    private mutating func literal(_ octets: ByteBuffer) {
        let count = octets.readableBytes
        let holdsNUL = octets.firstIndex(of: 0, from: octets.readerIndex) != nil
        let waits =
            switch literals {
            case .none: true
            case .minus: count > Self.maximumMinus
            case .plus: false
            }
        write(ByteBuffer(string: "\(holdsNUL ? "~" : ""){\(count)\(waits ? "" : "+")}\r\n"))
        if lineOctets - setOctets > Self.maximumLine || lineOctets > Self.maximumText { isBroken = true }
        lineOctets = 0
        setOctets = 0
        if waits {
            segments.append(current)
            current = ByteBuffer()
        }
        current.writeImmutableBuffer(octets)
    }

    /// The message at the end. The server says whether it is welcome before its octets go out.
    mutating func message(_ part: AppendedMessage.Part) {
        switch part {
        case .text(let octets): messageLiteral = LiteralAnnouncement(length: octets)
        case .binary(let octets): messageLiteral = LiteralAnnouncement(length: octets, isBinary: true)
        case .utf8, .url: isBroken = true
        }
        guard let messageLiteral else { return }
        write(ByteBuffer(string: "\(messageLiteral.isBinary ? "~" : ""){\(messageLiteral.length)}\r\n"))
    }

    mutating func breakOff() { isBroken = true }

    // MARK: Lists

    /// The elements, with a space before each.
    mutating func each<Element>(_ elements: some Sequence<Element>, _ write: (inout CommandText, Element) -> Void) {
        for element in elements {
            mark(" ")
            write(&self, element)
        }
    }

    mutating func list<Element>(_ elements: some Sequence<Element>, _ write: (inout CommandText, Element) -> Void) {
        mark("(")
        words(elements, write)
        mark(")")
    }

    /// The elements, with a space between any two.
    mutating func words<Element>(_ elements: some Sequence<Element>, _ write: (inout CommandText, Element) -> Void) {
        var isFirst = true
        for element in elements {
            if !isFirst { mark(" ") }
            isFirst = false
            write(&self, element)
        }
    }

    mutating func options(_ options: [IMAPOption]) {
        list(options) { text, option in
            text.word(option.name)
            guard let argument = option.argument else { return }
            text.mark(" ")
            text.value(argument)
        }
    }

    /// Atoms as they are, strings as strings; no deeper than the reader lets lists be.
    mutating func value(_ value: IMAPValue, depth: Int = 0) {
        switch value {
        case .nil: mark("NIL")
        case .string(let string) where string.form == .atom: word(string.bytes)
        case .string(let string): astring(string)
        case .list(let values):
            guard depth <= StrictReader.maximumDepth else {
                isBroken = true
                return
            }
            list(values) { text, value in text.value(value, depth: depth + 1) }
        }
    }
}
