/// Continues a message that is fetched piece by piece, where the next piece begins at the end of the last one:
///
///     * 1 FETCH (BODY[]<0> {1000}␍␊ …        * 1 FETCH (BODY[]<1000> {1000}␍␊ …
///
/// A piece that does not begin where the last one ended may begin in a header or in a text, and in the middle of a word.
struct PartialMessages: Sendable {
    private struct Piece {
        var number: UInt64?
        var section: [UInt8]
        /// Octets of the text before the next piece.
        var offset: UInt64
        var message: MessageMapper?
    }

    /// The number of the message that the answer is about.
    var number: UInt64?
    /// The item whose literal is announced: `BODY[]<1000>`.
    var item: [UInt8] = []
    private var last: Piece?
    private var current: Piece?

    /// A literal begins. Returns the state in which the last piece ended, if this one continues it.
    mutating func begin(_ length: UInt64, atMiddle: Bool) -> MessageMapper? {
        current = nil
        guard item.last == UInt8(ascii: ">"), let bracket = item.lastIndex(of: UInt8(ascii: "<")) else { return nil }
        let offset = item[bracket...].reduce(UInt64(0)) { $1.isDigit ? $0 &* 10 &+ UInt64($1 - 0x30) : $0 }
        let section = Array(item[..<bracket])
        current = Piece(number: number, section: section, offset: offset &+ length)
        guard atMiddle, let last, last.number == number, last.section == section, last.offset == offset else { return nil }
        return last.message
    }

    /// The literal is over.
    mutating func store(_ message: MessageMapper) {
        guard var piece = current else { return }
        piece.message = message
        (last, current) = (piece, nil)
    }
}
