import NIOCore

/// A maildrop as seen by a client that believes that it has deleted messages (smuggling §6, fake-DELE mode).
///
///     DELE 2      the server keeps it, and STAT, LIST, UIDL, RETR and TOP leave it out until RSET or the end of the session
struct MaildropView: Sendable {
    /// The messages' octets by number; `nil` until a listing has told them.
    private(set) var sizes: [UInt64: UInt64]?
    private(set) var deleted: Set<UInt64> = []
    /// How many messages are left, and their octets.
    private(set) var left: (count: Int, octets: UInt64) = (0, 0)
    private var arriving: [UInt64: UInt64] = [:]

    /// More messages than this are not remembered, and then none of them counts as deleted.
    private static let maximumMessages = 1_000_000

    mutating func beginListing() { arriving = [:] }

    /// A line of the answer to LIST.
    mutating func learn(_ line: ByteBuffer) {
        guard arriving.count < Self.maximumMessages, let (number, size) = Self.numbers(line) else { return }
        arriving[number] = size
    }

    mutating func endListing() {
        (sizes, arriving) = (arriving, [:])
        let kept = (sizes ?? [:]).filter { !deleted.contains($0.key) }
        left = (kept.count, kept.values.reduce(0, &+))
    }

    /// The number that a line of LIST or UIDL begins with.
    static func number(of line: ByteBuffer) -> UInt64? {
        let digits = line.readableBytesView.prefix(while: \.isDigit)
        return digits.isEmpty || digits.count > 10 ? nil : UInt64(String(decoding: digits, as: UTF8.self))
    }

    private static func numbers(_ line: ByteBuffer) -> (UInt64, UInt64)? {
        var reader = IMAPReader(IMAPText(line: line))
        guard let number = reader.number(), let size = reader.number() else { return nil }
        return (number, size)
    }

    enum Deletion { case done, alreadyDeleted, noSuchMessage }

    mutating func delete(_ number: UInt64) -> Deletion {
        guard let size = sizes?[number] else { return .noSuchMessage }
        guard deleted.insert(number).inserted else { return .alreadyDeleted }
        left = (left.count - 1, left.octets &- size)
        return .done
    }

    mutating func reset() {
        deleted = []
        left = ((sizes ?? [:]).count, (sizes ?? [:]).values.reduce(0, &+))
    }
}
