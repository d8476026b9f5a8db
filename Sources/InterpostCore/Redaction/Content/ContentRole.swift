import NIOCore

/// What a string of IMAP is, as far as its redaction goes.
enum ContentRole: Sendable, Equatable {
    case kept
    /// A name, an address, a subject: what is in headers of messages.
    case words
    /// An excerpt of a message's text, a script.
    case text
    /// The boundary of a multipart, which is mapped where the text that contains it is mapped.
    case boundary
    /// Something that was looked for, or that somebody noted.
    case searched
    case mailbox
    /// A label of Gmail: a mailbox, unless it begins with a backslash.
    case label
    case user
    case flag
    case identifier
    /// An identifier that has to stay a number of 64 bits.
    case number
    case message(MessageMapper.Start)
    /// The message that the previous literal began goes on.
    case restOfMessage
    /// In a response or command that is not known.
    case unknown

    var isName: Bool {
        switch self {
        case .mailbox, .label, .user, .flag: true
        default: false
        }
    }

    func isDue(at level: RedactionLevel) -> Bool {
        switch self {
        case .kept: false
        case .words, .user, .message, .restOfMessage, .unknown: level.includes(.headers)
        case .text, .boundary: level.includes(.bodies)
        case .searched, .mailbox, .label, .flag, .identifier, .number: level.includes(.all)
        }
    }
}

/// What maps strings of each role.
struct ContentMappers: Sendable {
    enum Form: Sendable { case atom, quoted, literal }

    let level: RedactionLevel
    let words: PseudonymSeed
    private let mailbox: PseudonymSeed
    private let user: PseudonymSeed
    private let keyword: PseudonymSeed
    private let identifier: PseudonymSeed

    init(_ level: RedactionLevel, key: any PseudonymKey) {
        self.level = level
        words = PseudonymSeed(key, .word)
        mailbox = PseudonymSeed(key, .mailbox)
        user = PseudonymSeed(key, .user)
        keyword = PseudonymSeed(key, .keyword)
        identifier = PseudonymSeed(key, .identifier)
    }

    func message(at start: MessageMapper.Start) -> MessageMapper {
        MessageMapper(words, at: start, mapsText: level.includes(.bodies))
    }

    /// For roles that have a name mapped as a whole.
    func name(_ role: ContentRole) -> NameMapper? {
        switch role {
        case .mailbox, .label: NameMapper(mailbox, .mailbox)
        case .user: NameMapper(user, .user)
        case .flag: NameMapper(keyword, .keyword)
        case .identifier, .number: NameMapper(identifier, .identifier)
        default: nil
        }
    }

    /// Maps a whole string in place. Says whether it may have changed.
    func map(_ role: ContentRole, _ bytes: inout MutableSpan<UInt8>, in range: Range<Int>, form: Form) -> Bool {
        guard role.isDue(at: level), !range.isEmpty else { return false }
        var range = range
        switch role {
        case .label where bytes[range.lowerBound] == UInt8(ascii: "\\"): return false
        case .flag where isKnownFlag(bytes, range): return false
        // A number where a string should be is a size.
        case .words where form == .atom && range.allSatisfy({ bytes[$0].isDigit }): return false
        case .unknown where form == .atom && !isPersonal(bytes, range): return false
        case .number:
            // The first digit stays, so that the number has as many and still fits 64 bits.
            range = range.dropFirst(1).startIndex..<range.upperBound
        default: break
        }
        if var mapper = name(role) {
            mapper.map(&bytes, in: range, isQuoted: form == .quoted)
        } else if case .message(let start) = role {
            var mapper = message(at: start)
            mapper.map(&bytes, in: range)
        } else {
            var mapper = TextMapper(words)
            mapper.map(&bytes, in: range)
        }
        if form == .atom { avoidNIL(&bytes, range) }
        return true
    }

    /// The atom NIL is not a string.
    private func avoidNIL(_ bytes: inout MutableSpan<UInt8>, _ range: Range<Int>) {
        guard range.count == 3, bytes[range.lowerBound] | 0x20 == UInt8(ascii: "n"),
            bytes[range.lowerBound + 1] | 0x20 == UInt8(ascii: "i"), bytes[range.lowerBound + 2] | 0x20 == UInt8(ascii: "l")
        else { return }
        bytes[range.lowerBound + 2] &+= 1
    }

    private func isKnownFlag(_ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>) -> Bool {
        if bytes[range.lowerBound] == UInt8(ascii: "\\") { return true }
        return KeptNames.keywords.contains(range.map { bytes[$0] })
    }

    /// Whether an atom that nobody knows is more than a word of a protocol.
    private func isPersonal(_ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>) -> Bool {
        guard level.includes(.all) else { return range.contains { bytes[$0] == UInt8(ascii: "@") } }
        return range.contains { bytes[$0].isLowerCase || bytes[$0] >= 0x80 || bytes[$0] == UInt8(ascii: "@") }
    }
}

extension ByteBuffer {
    /// A copy whose octets `change` has changed; `nil` where it says that it has not.
    func changed(_ change: (inout MutableSpan<UInt8>) -> Bool) -> ByteBuffer? {
        var octets = Array(buffer: self)
        var span = octets.mutableSpan
        return change(&span) ? ByteBuffer(bytes: octets) : nil
    }
}
