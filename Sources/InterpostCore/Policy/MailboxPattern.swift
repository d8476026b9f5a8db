public import NIOCore

/// Names of mailboxes, with `*` for anything and `%` for anything within one level, as LIST has them (RFC 9051 §6.3.9).
///
///     Lists/*      Lists/swift, Lists/swift/evolution; not Lists
///     inbox/*      INBOX/swift: INBOX may be in any case, nothing else may
///
/// Names are compared as UTF-8, so that a `*` may stand for letters that modified UTF-7 encodes in one run with their
/// neighbours.
public struct MailboxPattern: Hashable, Sendable, CustomStringConvertible {
    private let wildcards: Wildcards
    /// The pattern as it was given.
    public let description: String

    /// - Parameter text: As people write it: `Entwürfe`, not `Entw&APw-rfe`.
    public init(_ text: String) {
        description = text
        wildcards = Wildcards(text, hasLevels: true)
    }

    /// Whether the name matches. `%` stops at `separator`, and at nothing where that is not known.
    public func matches(_ mailbox: CanonicalMailbox, separator: UInt8?) -> Bool {
        state(behind: mailbox, separator: separator).isAtEnd
    }

    /// Whether it matches the mailbox, or one above it.
    func matchesAtOrAbove(_ mailbox: CanonicalMailbox, separator: UInt8?) -> Bool {
        var state = wildcards.start
        for (place, octet) in mailbox.text.readableBytesView.enumerated() {
            if octet == separator, state.isAtEnd { return true }
            state.take(octet, separator: separator, inAnyCase: mailbox.isOfINBOX && place < 5)
        }
        return state.isAtEnd
    }

    /// Whether there can be mailboxes below this one that the pattern matches.
    func mayMatch(below mailbox: CanonicalMailbox, separator: UInt8?) -> Bool {
        separator.map { belowState(mailbox, $0).mayGoOn } ?? false
    }

    /// Whether it matches whatever is below this mailbox.
    func matchesAll(below mailbox: CanonicalMailbox, separator: UInt8?) -> Bool {
        separator.map { belowState(mailbox, $0).takesAll } ?? true
    }

    private func state(behind mailbox: CanonicalMailbox, separator: UInt8?) -> Wildcards.State {
        var state = wildcards.start
        for (place, octet) in mailbox.text.readableBytesView.enumerated() {
            state.take(octet, separator: separator, inAnyCase: mailbox.isOfINBOX && place < 5)
        }
        return state
    }

    private func belowState(_ mailbox: CanonicalMailbox, _ separator: UInt8) -> Wildcards.State {
        var state = state(behind: mailbox, separator: separator)
        state.take(separator, separator: separator)
        return state
    }
}

/// Names of users and URLs with `*` for anything, compared as octets.
public struct TextPattern: Hashable, Sendable, CustomStringConvertible {
    private let wildcards: Wildcards
    /// The pattern as it was given.
    public let description: String

    /// A pattern: `*` stands for any octets, also none; every other octet for itself.
    public init(_ text: String) {
        description = text
        wildcards = Wildcards(text, hasLevels: false)
    }

    /// Whether all of `text` fits the pattern. `inAnyCase` ignores the case of ASCII letters.
    public func matches(_ text: ByteBuffer, inAnyCase: Bool = false) -> Bool {
        var state = wildcards.start
        for octet in text.readableBytesView { state.take(octet, separator: nil, inAnyCase: inAnyCase) }
        return state.isAtEnd
    }
}

/// Octets with wildcards among them. Matching takes time that grows with the product of the two lengths at most.
private struct Wildcards: Hashable, Sendable {
    enum Piece: Hashable, Sendable { case octet(UInt8), anything, withinLevel }

    let pieces: [Piece]

    /// - Parameter hasLevels: Whether `%` is a wildcard.
    init(_ text: String, hasLevels: Bool) {
        pieces = text.utf8.map { octet in
            switch octet {
            case UInt8(ascii: "*"): .anything
            case UInt8(ascii: "%") where hasLevels: .withinLevel
            default: .octet(octet)
            }
        }
    }

    var start: State { State(pieces) }

    /// Up to which pieces the pattern matches what has been read.
    struct State {
        private let pieces: [Piece]
        private var isReached: [Bool]

        init(_ pieces: [Piece]) {
            self.pieces = pieces
            isReached = [true] + Array(repeating: false, count: pieces.count)
            skipWildcards()
        }

        var isAtEnd: Bool { isReached[pieces.count] }
        /// Whether something can follow so that all of it is matched.
        var mayGoOn: Bool { isReached.dropLast().contains(true) }
        /// Whether all is matched whatever follows.
        var takesAll: Bool { pieces.last == .anything && isReached[pieces.count - 1] }

        mutating func take(_ octet: UInt8, separator: UInt8?, inAnyCase: Bool = false) {
            for place in stride(from: pieces.count, through: 0, by: -1) {
                let stays = isReached[place] && place < pieces.count && pieces[place].stays(at: octet, separator)
                let comes = place > 0 && isReached[place - 1] && pieces[place - 1].isOctet(octet, inAnyCase)
                isReached[place] = stays || comes
            }
            skipWildcards()
        }

        private mutating func skipWildcards() {
            for (place, piece) in pieces.enumerated() where isReached[place] && piece.isWildcard { isReached[place + 1] = true }
        }
    }
}

extension Wildcards.Piece {
    fileprivate var isWildcard: Bool { if case .octet = self { false } else { true } }

    fileprivate func stays(at octet: UInt8, _ separator: UInt8?) -> Bool {
        switch self {
        case .octet: false
        case .anything: true
        case .withinLevel: octet != separator
        }
    }

    fileprivate func isOctet(_ octet: UInt8, _ inAnyCase: Bool) -> Bool {
        guard case .octet(let own) = self else { return false }
        return own == octet || (inAnyCase && own.uppercased == octet.uppercased)
    }
}
