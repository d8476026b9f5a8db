public import NIOCore

/// Dovecot's rawlog: two files, what the client sent (`.in`) and what it was sent (`.out`), each line with the time in
/// front where the server was told so (`rawlog` with timestamps: `1700000000.123456 a NOOP`).
public enum Rawlog {
    /// Both files as turns, ordered by time. Without times the client's first bytes come after the server's first line, and
    /// from there each side speaks as late as it can: a command before its answer.
    public static func turns(client: ByteBuffer, server: ByteBuffer) -> [SessionTurn] {
        let said = lines(of: client, side: .client)
        let answered = lines(of: server, side: .server)
        guard said.isTimed, answered.isTimed else { return interleave(said.turns, answered.turns) }
        // A stable merge: equal times keep the client first, since answers follow commands.
        var result: [SessionTurn] = []
        var rest = answered.turns[...]
        for turn in said.turns {
            while let next = rest.first, next.time < turn.time { result.append(rest.removeFirst()) }
            result.append(turn)
        }
        return result + rest
    }

    private static func lines(of text: ByteBuffer, side: Side) -> (turns: [SessionTurn], isTimed: Bool) {
        var text = text
        var turns: [SessionTurn] = []
        var isTimed = text.readableBytes > 0
        while text.readableBytes > 0 {
            let end = text.firstIndex(of: .lineFeed, from: text.readerIndex)
            let length = end.map { $0 - text.readerIndex + 1 } ?? text.readableBytes
            guard var line = text.readSlice(length: length) else { break }
            let time = isTimed ? readTime(&line) : nil
            if time == nil { isTimed = false }
            turns.append(SessionTurn(side: side, bytes: line, time: time ?? WireTime(nanoseconds: 0)))
        }
        return (turns, isTimed)
    }

    /// `1700000000.123456 ` in front of a line.
    private static func readTime(_ line: inout ByteBuffer) -> WireTime? {
        let view = line.readableBytesView
        guard let space = view.prefix(24).firstIndex(of: .space) else { return nil }
        let parts = view[..<space].split(separator: .dot, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isDigit) }), parts[0].count <= 10,
            parts[1].count == 6, let seconds = Int64(String(decoding: parts[0], as: UTF8.self)),
            let microseconds = Int64(String(decoding: parts[1], as: UTF8.self))
        else { return nil }
        // Ten digits of seconds may be more than 64 bits of nanoseconds hold.
        guard seconds < 9_000_000_000 else { return nil }
        line.moveReaderIndex(to: space + 1)
        return WireTime(nanoseconds: (seconds * 1_000_000 + microseconds) * 1000)
    }

    /// The greeting, then commands as long as nothing more is owed, then answers.
    private static func interleave(_ client: [SessionTurn], _ server: [SessionTurn]) -> [SessionTurn] {
        var result: [SessionTurn] = []
        var answers = server[...]
        if let greeting = answers.popFirst() { result.append(greeting) }
        for command in client {
            result.append(command)
            let tag = command.bytes.readableBytesView.prefix { $0 != .space && $0 != .carriageReturn }
            guard !tag.isEmpty,
                let end = answers.prefix(10_000).firstIndex(where: { $0.bytes.readableBytesView.starts(with: tag) || $0.isPrompt }
                )
            else { continue }
            result += answers[...end]
            answers = answers[(end + 1)...]
        }
        return result + answers
    }
}

extension SessionTurn {
    /// A server's `+` line, or a POP3 status line.
    fileprivate var isPrompt: Bool {
        bytes.readableBytesView.first == UInt8(ascii: "+") || bytes.hasPrefixIgnoringCase("-ERR")
    }
}
