import NIOCore

/// What stands for numbers and names that a server chooses: ordinals in the order in which they first appear.
///
///     UID 4711, UID 4713, UID 4711      u1, u2, u1
///
/// UIDs, their validity and mod-sequences are those of a mailbox: the same number in another one is another message.
struct NormalFormNames: Sendable {
    enum Kind: UInt8, Sendable {
        case uid, modSequence, validity, id

        fileprivate var prefix: UInt8 {
            switch self {
            case .uid: UInt8(ascii: "u")
            case .modSequence: UInt8(ascii: "m")
            case .validity: UInt8(ascii: "v")
            case .id: UInt8(ascii: "i")
            }
        }

        fileprivate var belongsToMailbox: Bool { self != .id }
    }

    private struct Space: Hashable {
        var kind: Kind
        var mailbox: UInt64
    }

    /// The most names that are told apart; all further names look the same.
    static let maximumCount = 1 << 20

    private var spaces: [Space: [UInt64: Int]] = [:]
    private var count = 0

    /// Appends what stands for the name.
    /// - Parameter name: A number, or a digest of a name.
    mutating func write(_ name: UInt64, _ kind: Kind, of mailbox: UInt64, to text: inout [UInt8]) {
        let space = Space(kind: kind, mailbox: kind.belongsToMailbox ? mailbox : 0)
        text.append(kind.prefix)
        if let known = spaces[space]?[name] { return text.append(contentsOf: "\(known)".utf8) }
        guard count < Self.maximumCount else { return text.append(UInt8(ascii: "?")) }
        count += 1
        let ordinal = (spaces[space]?.count ?? 0) + 1
        spaces[space, default: [:]][name] = ordinal
        text.append(contentsOf: "\(ordinal)".utf8)
    }

    /// Appends a set of UIDs. `*`, `$` and the 1 of `1:*` do not belong to a message and stay.
    mutating func write(set: ArraySlice<UInt8>, of mailbox: UInt64, to text: inout [UInt8]) {
        for (index, element) in set.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            let bounds = element.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            let isOpen = bounds.contains { $0.elementsEqual([UInt8(ascii: "*")]) || $0.elementsEqual("4294967295".utf8) }
            for (index, bound) in bounds.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ":")) }
                if let number = Self.number(bound), !(isOpen && (number == 1 || number == UInt64(UInt32.max))) {
                    write(number, .uid, of: mailbox, to: &text)
                } else {
                    text.append(contentsOf: bound)
                }
            }
        }
    }

    /// Digits, and not too many of them.
    static func number(_ word: ArraySlice<UInt8>) -> UInt64? {
        guard !word.isEmpty, word.count < 20 else { return nil }
        var value: UInt64 = 0
        for byte in word {
            // Nineteen digits are less than 2^64.
            guard byte.isDigit else { return nil }
            value = value * 10 + UInt64(byte - 0x30)
        }
        return value
    }

    /// `1:4,7`, `*`, `$`
    static func isSet(_ word: ArraySlice<UInt8>) -> Bool {
        !word.isEmpty && word.allSatisfy { $0.isDigit || "*:,$".utf8.contains($0) }
    }
}
