import NIOCore
import Testing

@testable import InterpostCore

/// A body's end is looked for by dots and by line ends in turn; both find the same place.
@Suite struct `The end of a POP3 body` {
    /// Bodies made of what may be mistaken for it, in many orders.
    private static let bodies: [[UInt8]] = {
        var generator = SeededGenerator(seed: 1939)
        let parts = ["text", "a.b", ".", "..", "\r\n", "\n", "\r", " . ", "\r\n..\r\n", "\r\n.x\r\n", "no end.\r\n"]
        return (0..<60).map { _ in
            Array(
                (0..<Int.random(in: 0...250, using: &generator)).map { _ in parts.randomElement(using: &generator) ?? "" }
                    .joined().utf8)
        }
    }()

    @Test func `is the first one wherever it stands`() {
        for body in Self.bodies {
            let text = body + Array("\r\n.\r\n+OK next\r\n".utf8)
            // Behind the status line a terminator may follow at once.
            let end = text.indices.first { index in
                (index == 0 || text[index - 1] == 10) && text[index...].starts(with: Array(".\r\n".utf8))
            }
            var framer = POP3Framer()
            framer.expect(.body)
            framer.append(ByteBuffer(bytes: text))
            var found: [UInt8] = []
            while let fragment = framer.next(), case .body(let bytes) = fragment { found += Array(buffer: bytes) }
            #expect(found.count == end)
            #expect(found == Array(text.prefix(end ?? 0)))
        }
    }
}
