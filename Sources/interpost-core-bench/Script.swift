// What is said in a measurement, in the pieces in which it arrives. Two things are worth knowing about a piece beside its
// bytes, because only a conversation finds them out by itself: that it is octets of a literal, and what follows a status line.

import InterpostCore
import NIOCore

struct Turn {
    var side: Side
    var bytes: ByteBuffer
    /// How often the piece comes: a gigabyte does not take a gigabyte of memory.
    var times = 1
    /// Octets of a literal: there are no lines in it to be found.
    var isLiteral = false
    /// What a POP3 framer has to be told after this piece.
    var thenExpect: POP3Framer.Expectation?
}

struct Script {
    let mailProtocol: MailProtocol
    private(set) var turns: [Turn] = []
    private(set) var octets = 0
    /// Line ends outside of literals and bodies.
    private(set) var lines = 0
    /// What answers the one command that matters, for a peer that sends its own commands.
    private(set) var listing = ByteBuffer()

    /// What one read from a TLS connection under load brings.
    static let pieceSize = 1 << 16

    init(_ mailProtocol: MailProtocol) { self.mailProtocol = mailProtocol }

    mutating func client(_ line: String) { append(Turn(side: .client, bytes: ByteBuffer(string: line + "\r\n"))) }

    mutating func server(_ lines: String..., thenExpect: POP3Framer.Expectation? = nil) {
        let bytes = ByteBuffer(string: lines.map { $0 + "\r\n" }.joined())
        append(Turn(side: .server, bytes: bytes, thenExpect: thenExpect))
    }

    /// The server's answer in many lines, cut where the network cuts.
    mutating func listing(_ count: Int, _ line: (Int) -> String) {
        for number in 1...max(1, count) { listing.writeString(line(number) + "\r\n") }
        var rest = listing
        while let piece = rest.readSlice(length: min(Self.pieceSize, rest.readableBytes)), piece.readableBytes > 0 {
            append(Turn(side: .server, bytes: piece))
        }
    }

    mutating func server(_ piece: ByteBuffer, times: Int, isLiteral: Bool) {
        append(Turn(side: .server, bytes: piece, times: times, isLiteral: isLiteral), countsLines: false)
    }

    private mutating func append(_ turn: Turn, countsLines: Bool = true) {
        turns.append(turn)
        octets += turn.bytes.readableBytes * turn.times
        if countsLines { lines += turn.bytes.readableBytesView.count { $0 == UInt8(ascii: "\n") } }
    }
}
