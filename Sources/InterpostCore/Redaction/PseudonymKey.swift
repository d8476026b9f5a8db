public import NIOCore

/// Derives the octets that pseudonyms are made of. The shell has one with HMAC-SHA-256 and a random key.
///
/// Anyone who has the key can undo every pseudonym made with it: it is thrown away when a capture set is complete.
public protocol PseudonymKey: Sendable {
    /// 32 octets for a value of a class.
    func digest(_ value: ByteBuffer, of kind: PseudonymKind) -> [UInt8]
}

/// Classes of values: equal values of one class have equal pseudonyms, wherever they are.
public enum PseudonymKind: String, CaseIterable, Sendable {
    /// Words of headers, texts and searches.
    case word
    case mailbox
    /// Login names, identifiers in ACL.
    case user
    /// Flags that are not the system's.
    case keyword
    /// EMAILID, THREADID, MAILBOXID, UIDL, and other stable identifiers.
    case identifier
    // Classes of credentials.
    case password, token
}

/// How much of what a session says is replaced in a capture. Each level includes those before it.
public enum RedactionLevel: String, CaseIterable, Sendable {
    case none
    /// Header fields of messages, ENVELOPE, names of files, users.
    case headers
    /// Text and attachments of messages.
    case bodies
    /// Names of mailboxes, keywords, searches, annotations, identifiers.
    case all

    func includes(_ other: RedactionLevel) -> Bool { rank >= other.rank }

    /// The level at which something is redacted once it has been redacted at both.
    public func joined(with other: RedactionLevel) -> RedactionLevel { includes(other) ? self : other }

    /// The level of what both of them replace.
    public func common(with other: RedactionLevel) -> RedactionLevel { includes(other) ? other : self }

    private var rank: Int {
        switch self {
        case .none: 0
        case .headers: 1
        case .bodies: 2
        case .all: 3
        }
    }
}

/// What the pseudonyms of one class grow from: two numbers that nobody knows without the key.
struct PseudonymSeed: Sendable {
    let start: UInt64
    let factor: UInt64

    init(_ key: any PseudonymKey, _ kind: PseudonymKind) {
        let digest = key.digest(ByteBuffer(), of: kind)
        func number(_ index: Int) -> UInt64 {
            digest.dropFirst(index * 8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        start = number(0) ^ number(2)
        factor = (number(1) ^ number(3)) | 1
    }

    /// The state after another octet. Folding both halves of a product keeps what came before from showing.
    @inline(__always) func next(_ state: UInt64, _ byte: UInt8) -> UInt64 {
        let product = (state ^ UInt64(byte) &* 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: factor)
        return product.high ^ product.low &+ start
    }

    /// From 0 to `count` - 1.
    @inline(__always) static func choice(of count: UInt8, _ state: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: (state >> 32 &* UInt64(count)) >> 32)
    }
}
