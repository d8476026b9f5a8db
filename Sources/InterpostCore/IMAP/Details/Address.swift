import NIOCore

/// One address of an ENVELOPE, or the beginning or end of a group (RFC 9051 §7.5.2, RFC 5322 §3.4).
///
///     ("Fred Foobar" NIL "foobar" "example.org")      a mailbox: Fred Foobar <foobar@example.org>
///     (NIL NIL "friends" NIL)                         the group `friends:` begins
///     (NIL NIL NIL NIL)                               the group ends
public struct Address: Hashable, Sendable, CustomStringConvertible {
    /// What an element of an address list is: an address, or an end of a group.
    public enum Role: Hashable, Sendable { case mailbox, groupStart, groupEnd }

    /// The name for people, as the message has it: perhaps in encoded words.
    public var name: IMAPString?
    /// Obsolete source route, `@a,@b`.
    public var route: IMAPString?
    /// The part before the `@`; for ``Role/groupStart`` the group's name.
    public var mailbox: IMAPString?
    /// The part after the `@`.
    public var host: IMAPString?

    /// An address from its four fields; all `nil` make the end of a group.
    public init(
        name: IMAPString? = nil, route: IMAPString? = nil, mailbox: IMAPString? = nil, host: IMAPString? = nil
    ) {
        self.name = name
        self.route = route
        self.mailbox = mailbox
        self.host = host
    }

    /// A group's markers have no host. One with a name for people is an address whose host is missing.
    public var role: Role {
        guard host == nil, name == nil, route == nil else { return .mailbox }
        return mailbox == nil ? .groupEnd : .groupStart
    }

    /// `fred@example.org`; for people, not for comparing.
    public var addressSpecification: String {
        [mailbox, host].compactMap { $0 }.filter { $0.length > 0 }.map(\.description).joined(separator: "@")
    }

    /// As it would be written in a header, with encoded words decoded; for people.
    public var description: String {
        switch role {
        case .groupStart: return (mailbox.map { EncodedWords.decode($0.bytes) } ?? "") + ":"
        case .groupEnd: return ";"
        case .mailbox:
            guard let name, name.length > 0 else { return addressSpecification }
            return "\(EncodedWords.decode(name.bytes)) <\(addressSpecification)>"
        }
    }
}

extension Address {
    /// Longer lists are read up to this many addresses.
    static let maximumCount = 10_000

    /// `("Fred" NIL "fred" "example.org")`, at its `(`. `nil` for `()`.
    fileprivate static func read(_ reader: inout IMAPReader) -> Address? {
        guard reader.skip("(") else { return nil }
        var fields = Fields()
        var count = 0
        while reader.nextField(isFirst: count == 0) {
            if count < 4 { fields.append(reader.nstringField()) } else { reader.skipValue() }
            count += 1
        }
        guard count > 0 else { return nil }
        if count != 4 { reader.note(.addressFieldCount) }
        return fields.address(&reader)
    }

    /// The fields of an address as they come, without an array for each.
    fileprivate struct Fields {
        private var all: (IMAPString?, IMAPString?, IMAPString?, IMAPString?)
        private(set) var count = 0

        mutating func append(_ field: IMAPString?) {
            switch count {
            case 0: all.0 = field
            case 1: all.1 = field
            case 2: all.2 = field
            case 3: all.3 = field
            default: return
            }
            count += 1
        }

        /// The host is the last field and the mailbox comes before it; what is missing is the route, then the name.
        func address(_ reader: inout IMAPReader) -> Address? {
            var address: Address
            switch count {
            case 0: return nil
            case 1: address = Address(splitting: all.0)
            case 2: address = Address(mailbox: all.0, host: all.1)
            case 3: address = Address(name: all.0, mailbox: all.1, host: all.2)
            default: address = Address(name: all.0, route: all.1, mailbox: all.2, host: all.3)
            }
            address.mend(&reader)
            return address
        }
    }

    /// `fred@example.org` in one string. The host of one without an `@` is empty: with NIL it would begin a group.
    fileprivate init(splitting string: IMAPString?) {
        self.init()
        guard let string else { return }
        guard let at = string.bytes.readableBytesView.lastIndex(of: UInt8(ascii: "@")) else {
            (mailbox, host) = (string, IMAPString(""))
            return
        }
        let bytes = string.bytes
        mailbox = bytes.getSlice(at: bytes.readerIndex, length: at - bytes.readerIndex).map { IMAPString($0) }
        host = bytes.getSlice(at: at + 1, length: bytes.writerIndex - at - 1).map { IMAPString($0) }
    }

    /// Puts right what some servers get wrong, and notes what else is missing.
    fileprivate mutating func mend(_ reader: inout IMAPReader) {
        unswap(&reader)
        if let bytes = mailbox?.bytes, bytes.readableBytes > 1, bytes.byte(at: bytes.readerIndex) == UInt8(ascii: "<") {
            mailbox?.bytes.moveReaderIndex(forwardBy: 1)
            mailbox?.length -= 1
            reader.note(.bracketInAddress)
        }
        if let bytes = host?.bytes, bytes.readableBytes > 1, bytes.byte(at: bytes.writerIndex - 1) == UInt8(ascii: ">") {
            host?.bytes.moveWriterIndex(to: bytes.writerIndex - 1)
            host?.length -= 1
            reader.note(.bracketInAddress)
        }
        guard role == .mailbox else { return }
        if Self.isMissing(mailbox) || Self.isMissing(host) { reader.note(.incompleteAddress) }
    }

    private static func isMissing(_ field: IMAPString?) -> Bool {
        guard let field, field.length > 0 else { return true }
        return placeholders.contains(field.bytes)
    }

    /// What Dovecot, UW imapd, Exchange and Cyrus write where a mailbox or host is missing: NIL would make it a group.
    static let placeholders = [
        "MISSING_DOMAIN", "MISSING_MAILBOX", ".MISSING-HOST-NAME.", ".SYNTAX-ERROR.", "unspecified-domain",
    ].map { ByteBuffer(string: $0) }

    /// Gmail at times puts the address where the name belongs and the name where the mailbox belongs:
    /// `("<ann@example.org>" NIL "Ann" NIL)`.
    private mutating func unswap(_ reader: inout IMAPReader) {
        guard host == nil, let phrase = mailbox, let bytes = name?.bytes, bytes.readableBytes > 2,
            bytes.byte(at: bytes.writerIndex - 1) == UInt8(ascii: ">"),
            let start = bytes.readableBytesView.lastIndex(of: UInt8(ascii: "<")),
            let address = bytes.getSlice(at: start + 1, length: bytes.writerIndex - start - 2),
            address.readableBytesView.contains(UInt8(ascii: "@"))
        else { return }
        let route = route
        self = Address(splitting: IMAPString(address))
        self.route = route
        name = phrase
        reader.note(.bracketInAddress)
    }
}

extension IMAPReader {
    /// `((…)(…))`, or NIL for none.
    mutating func addresses() -> [Address] {
        guard peek == UInt8(ascii: "(") else {
            if isAtNIL {
                _ = nstringField()
                return []
            }
            note(.wordForList)
            var fields = Address.Fields()
            fields.append(nstringField())
            return fields.address(&self).map { [$0] } ?? []
        }
        advance()
        var addresses: [Address] = []
        // An address whose own parentheses are missing; servers put a NIL next to real addresses, too.
        var loose = Address.Fields()
        var isInGroup = false
        var isFirst = true
        while nextAddress(isFirst: isFirst) {
            isFirst = false
            if addresses.count >= Address.maximumCount {
                note(.listTooLong)
                skipValue()
            } else if peek == UInt8(ascii: "(") {
                guard let address = Address.read(&self) else {
                    note(.listForNIL)
                    continue
                }
                addresses.append(address)
                follow(address.role, isInGroup: &isInGroup)
            } else {
                note(isAtNIL ? .nilForList : .wordForList)
                loose.append(nstringField())
            }
        }
        if isFirst { note(.listForNIL) }
        if let address = loose.address(&self), address.role != .groupEnd { addresses.append(address) }
        if isInGroup { note(.groupNotClosed) }
        return addresses
    }

    private mutating func follow(_ role: Address.Role, isInGroup: inout Bool) {
        switch role {
        case .mailbox: return
        case .groupStart:
            if isInGroup { note(.groupNotClosed) }
            isInGroup = true
        case .groupEnd:
            if !isInGroup { note(.groupNotClosed) }
            isInGroup = false
        }
    }

    /// Like ``nextField(isFirst:)``, but no space is due.
    private mutating func nextAddress(isFirst: Bool) -> Bool {
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
        if hasSpace, isFirst {
            note(.extraSpace)
        } else if hasSpace, peek == UInt8(ascii: "(") {
            note(.spaceBetweenAddresses)
        }
        return true
    }
}
