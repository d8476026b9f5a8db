import NIOCore

/// The last names that a client used, and their pseudonyms: a server repeats them in texts for people, in any case, and often
/// without the levels above.
///
///     a SELECT Lists/Birds␍␊      a NO Mailbox does not exist: Lists/Birds␍␊
///                                 a NO Birds is not in Lists␍␊
struct MappedNames: Sendable {
    private struct Name: Sendable {
        var name: [UInt8]
        var pseudonym: [UInt8]
        /// It is looked for only where it stands alone: something so short, or a single level of a name, also occurs within
        /// other words.
        var isWhole: Bool
    }

    private var names: [Name] = []

    private static let maximumCount = 64
    /// Octets of a name that is remembered.
    static let maximumLength = 128
    /// Octets of a name that is looked for within words.
    private static let minimumWithin = 3

    mutating func append(_ name: [UInt8], _ pseudonym: [UInt8]) {
        guard name.count <= Self.maximumLength, name.count == pseudonym.count else { return }
        // Whatever separates the levels is no letter and no digit.
        let levels = name.indices.split { !WholeWords.isInWord(name[$0]) }
        if levels.count > 1 {
            for level in levels { append(Array(name[level]), Array(pseudonym[level]), isWhole: true) }
        }
        append(name, pseudonym, isWhole: name.count < Self.minimumWithin)
    }

    private mutating func append(_ name: [UInt8], _ pseudonym: [UInt8], isWhole: Bool) {
        guard !name.isEmpty, name != pseudonym else { return }
        names.removeAll { $0.name == name && $0.isWhole == isWhole }
        if names.count >= Self.maximumCount { names.removeFirst() }
        names.append(Name(name: name, pseudonym: pseudonym, isWhole: isWhole))
    }

    /// Replaces names with their pseudonyms, the longest first. Says whether there was one.
    func replace(in bytes: inout MutableSpan<UInt8>, in range: Range<Int>) -> Bool {
        var index = range.lowerBound
        var hasChanged = false
        while index < range.upperBound {
            let found = names.filter { Self.stands($0, in: bytes, at: index, from: range.lowerBound) }
                .max { $0.name.count < $1.name.count }
            if let found {
                for offset in found.pseudonym.indices { bytes[index + offset] = found.pseudonym[offset] }
                hasChanged = true
            }
            index += found?.name.count ?? 1
        }
        return hasChanged
    }

    private static func stands(_ name: Name, in bytes: borrowing MutableSpan<UInt8>, at index: Int, from start: Int) -> Bool {
        let end = index + name.name.count
        guard end <= bytes.count else { return false }
        for offset in name.name.indices where bytes[index + offset].uppercased != name.name[offset].uppercased { return false }
        guard name.isWhole else { return true }
        return (index == start || !WholeWords.isInWord(bytes[index - 1]))
            && (end == bytes.count || !WholeWords.isInWord(bytes[end]))
    }
}
