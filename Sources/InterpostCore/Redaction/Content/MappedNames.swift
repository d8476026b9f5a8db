import NIOCore

/// The last names that a client used, and their pseudonyms: a server repeats them in texts for people, in any case.
///
///     a SELECT Geheimnis␍␊      a NO Mailbox does not exist: Geheimnis␍␊
struct MappedNames: Sendable {
    private var names: [(name: [UInt8], pseudonym: [UInt8])] = []

    private static let maximumCount = 32
    private static let lengths = 3...256

    mutating func append(_ name: [UInt8], _ pseudonym: [UInt8]) {
        guard Self.lengths.contains(name.count), name != pseudonym else { return }
        names.removeAll { $0.name == name }
        if names.count >= Self.maximumCount { names.removeFirst() }
        names.append((name, pseudonym))
    }

    /// Replaces names with their pseudonyms, the longest first. Says whether there was one.
    func replace(in bytes: inout MutableSpan<UInt8>, from start: Int) -> Bool {
        var index = start
        var hasChanged = false
        while index < bytes.count {
            let found = names.filter { Self.stands($0.name, in: bytes, at: index) }.max { $0.name.count < $1.name.count }
            if let found {
                for offset in found.pseudonym.indices { bytes[index + offset] = found.pseudonym[offset] }
                hasChanged = true
            }
            index += found?.name.count ?? 1
        }
        return hasChanged
    }

    private static func stands(_ name: [UInt8], in bytes: borrowing MutableSpan<UInt8>, at index: Int) -> Bool {
        guard index + name.count <= bytes.count else { return false }
        for offset in name.indices where bytes[index + offset].uppercased != name[offset].uppercased { return false }
        return true
    }
}
