package import NIOCore

/// Writes what was said as the two files of Dovecot's rawlog, with the time before each line.
///
///     C: a NOOP␍␊      1700000000.123456 a NOOP␍␊      in the client's file
///
/// `Rawlog` reads both in the order in which they were said: where microseconds would not tell it, they are made to.
package struct RawlogWriter: Sendable {
    private var isMidLine = (client: false, server: false)
    private var last: (side: Side, microseconds: Int64)?

    package init() {}

    package mutating func write(_ turn: SessionTurn, toClient client: inout ByteBuffer, server: inout ByteBuffer) {
        let time = time(of: turn)
        if turn.side == .client {
            Self.write(turn.bytes, at: time, isMidLine: &isMidLine.client, to: &client)
        } else {
            Self.write(turn.bytes, at: time, isMidLine: &isMidLine.server, to: &server)
        }
    }

    /// Never before what was said earlier; a client's line is later than the server's, because with equal times it comes first.
    private mutating func time(of turn: SessionTurn) -> Int64 {
        var microseconds = max(0, turn.time.nanoseconds) / 1000
        if let last {
            let isAnswer = last.side == .server && turn.side == .client
            microseconds = max(microseconds, last.microseconds + (isAnswer ? 1 : 0))
        }
        last = (turn.side, microseconds)
        return microseconds
    }

    private static func write(_ bytes: ByteBuffer, at time: Int64, isMidLine: inout Bool, to file: inout ByteBuffer) {
        var rest = bytes
        while rest.readableBytes > 0 {
            let feed = rest.firstIndex(of: .lineFeed, from: rest.readerIndex)
            let length = feed.map { $0 - rest.readerIndex + 1 } ?? rest.readableBytes
            guard let line = rest.readSlice(length: length) else { return }
            if !isMidLine {
                let fraction = String(time % 1_000_000)
                file.writeString("\(time / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction) ")
            }
            file.writeImmutableBuffer(line)
            isMidLine = feed == nil
        }
    }
}
