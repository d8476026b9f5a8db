import NIOCore

/// The commands in progress, by which their tags are known.
///
///     C: a1 NOOP␍␊C: a2 NOOP␍␊     <tag>, <tag>
///     S: a2 OK␍␊S: a1 OK␍␊         <tag+1>, <tag>: not the one that was asked first
///
/// A tag is not shown as the number of its command in the session: one additional command would make all later ones
/// different.
struct NormalFormTags: Sendable {
    /// What stands for a command's tag in the command itself; and in an answer, for the tag of the oldest command in
    /// progress.
    static let first = "<tag>"
    private static let maximumCount = 1000

    private var open: [(tag: ByteBuffer, exchange: Int?, number: Int)] = []
    /// Commands so far.
    private(set) var count = 0

    /// - Parameter exchange: The exchange of the events that belong to the command.
    mutating func begin(_ tag: ByteBuffer, _ exchange: Int?) {
        if open.count >= Self.maximumCount { open.removeFirst() }
        count += 1
        open.append((tag.ownCopy, exchange, count))
    }

    /// Which command is over now; `nil` for one that never began.
    mutating func end(_ exchange: Int?) -> Int? {
        open.firstIndex { $0.exchange == exchange }.map { open.remove(at: $0).number }
    }

    /// What stands for the tag.
    func shown(_ tag: ArraySlice<UInt8>, _ normalisation: Normalisation) -> String {
        guard normalisation.contains(.tags) else { return String(decoding: tag, as: UTF8.self) }
        guard let index = open.firstIndex(where: { $0.tag.readableBytesView.elementsEqual(tag) }) else { return "<tag?>" }
        return index == 0 ? Self.first : "<tag+\(index)>"
    }
}
