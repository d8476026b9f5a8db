package import NIOCore

/// Dovecot's rawlog: two files, what the client sent (`.in`) and what it was sent (`.out`), each line with the time before
/// it where the server was told so (`rawlog` with timestamps: `1700000000.123456 a NOOP`).
package enum Rawlog {
    /// Octets of each half that are read: which of the server's lines answer a command is found by looking ahead.
    package static let maximumSize = 1 << 26

    /// Both files as turns, ordered by time. Without times the client's first bytes come after the server's first line, and
    /// from there each side speaks as late as it can: a command before its answer.
    package static func turns(client: ByteBuffer, server: ByteBuffer) -> [SessionTurn] {
        let said = turns(of: client, side: .client)
        let answered = turns(of: server, side: .server)
        guard said.isTimed, answered.isTimed else { return interleave(said.turns, answered.turns) }
        // A stable merge: equal times keep the client first, since answers follow commands.
        var result: [SessionTurn] = []
        var rest = answered.turns[...]
        for turn in said.turns {
            while let next = rest.first, next.time < turn.time, let answer = rest.popFirst() { result.append(answer) }
            result.append(turn)
        }
        return result + rest
    }

    private static func turns(of text: ByteBuffer, side: Side) -> (turns: [SessionTurn], isTimed: Bool) {
        var reader = RawlogReader()
        reader.receive(text)
        reader.finish()
        var turns: [SessionTurn] = []
        while let line = reader.next() {
            turns.append(SessionTurn(side: side, bytes: line.bytes, time: line.time, origin: line.origin))
        }
        return (turns, reader.isTimed)
    }

    /// The lines that a file begins with, without their times.
    static func lines(of head: ByteBuffer) -> (texts: [ByteBuffer], isTimed: Bool) {
        let (turns, isTimed) = turns(of: head, side: .client)
        return (turns.map(\.bytes), isTimed)
    }

    /// The greeting, then each of the client's lines, followed by the server's up to the one that answers it: the completion
    /// with its tag, or a `+`; in POP3 a status line.
    private static func interleave(_ client: [SessionTurn], _ server: [SessionTurn]) -> [SessionTurn] {
        var result: [SessionTurn] = []
        var answers = server[...]
        // How many of the answers begin with a word, so that a word that begins none is not looked for.
        var words: [UInt64: Int] = [:]
        for answer in server { words[answer.word, default: 0] += 1 }
        func give(upTo end: Int) {
            for answer in answers[...end] { words[answer.word, default: 1] -= 1 }
            result += answers[...end]
            answers = answers[(end + 1)...]
        }
        let isPOP3 = server.first?.isPrompt == true
        if !answers.isEmpty { give(upTo: answers.startIndex) }
        for line in client {
            result.append(line)
            let word = line.word
            if isPOP3 || (word != SessionTurn.noWord && words[word, default: 0] > 0) {
                let end = answers.firstIndex { $0.isPrompt || (!isPOP3 && $0.word == word) }
                if let end { give(upTo: end) }
            } else if answers.first?.isPrompt == true {
                // Octets of a literal, a SASL response: only what asks for more of them answers these.
                give(upTo: answers.startIndex)
            }
        }
        return result + answers
    }
}

/// Cuts one half of a rawlog into lines and takes their times off.
struct RawlogReader: Sendable {
    /// Octets after which a line is handed on in pieces.
    private static let maximumLine = 1 << 20

    private var pending = ByteBuffer()
    private var offset = 0
    private var time = WireTime(nanoseconds: 0)
    private var isFinished = false
    private var isMidLine = false
    /// Lines have times: the first one does.
    private(set) var isTimed = false

    mutating func receive(_ text: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = text
        } else {
            pending.discardReadBytes()
            pending.writeImmutableBuffer(text)
        }
    }

    mutating func finish() { isFinished = true }

    /// The next line, or `nil` until there is more text. A line that has no time has that of the line before.
    mutating func next() -> (bytes: ByteBuffer, time: WireTime, origin: SessionTurn.Origin)? {
        guard pending.readableBytes > 0 else { return nil }
        let feed = pending.firstIndex(of: .lineFeed, from: pending.readerIndex)
        let length = min(feed.map { $0 - pending.readerIndex + 1 } ?? pending.readableBytes, Self.maximumLine)
        guard feed != nil || isFinished || length == Self.maximumLine, var line = pending.readSlice(length: length) else {
            return nil
        }
        let start = offset
        offset += length
        if !isMidLine, start == 0 || isTimed, let time = Self.readTime(&line) {
            self.time = time
            isTimed = true
        }
        isMidLine = length == Self.maximumLine && line.byte(at: line.writerIndex - 1) != .lineFeed
        return (line, time, SessionTurn.Origin(offset: start + length - line.readableBytes))
    }

    /// `1700000000.123456 ` before a line.
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
}

extension SessionTurn {
    /// A server's `+` line, or a POP3 status line.
    fileprivate var isPrompt: Bool {
        bytes.readableBytesView.first == UInt8(ascii: "+") || bytes.hasPrefixIgnoringCase("-ERR")
    }

    fileprivate static let noWord: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The first word, folded into a number (FNV-1a): equal words have equal numbers.
    fileprivate var word: UInt64 {
        var hash = Self.noWord
        for byte in bytes.readableBytesView where byte != .lineFeed {
            guard byte != .space, byte != .carriageReturn else { break }
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return hash
    }
}
