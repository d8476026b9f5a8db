import NIOCore
import NIOEmbedded
import Testing

@testable import InterpostProxy

@Suite struct DeflateHandlerTests {
    private static func pair() throws -> (EmbeddedChannel, EmbeddedChannel) {
        let channels = (EmbeddedChannel(), EmbeddedChannel())
        try channels.0.pipeline.syncOperations.addHandler(DeflateHandler())
        try channels.1.pipeline.syncOperations.addHandler(DeflateHandler())
        return channels
    }

    private static func pass(_ from: EmbeddedChannel, _ to: EmbeddedChannel) throws -> String {
        while let bytes = try from.readOutbound(as: ByteBuffer.self) {
            if bytes.readableBytes > 0 { try to.writeInbound(bytes) }
        }
        var text = ""
        while let bytes = try to.readInbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    @Test func `what is flushed arrives, with one dictionary for the whole session`() throws {
        let (left, right) = try Self.pair()
        for number in 0..<50 {
            let text = "* \(number) FETCH (FLAGS (\\Seen))\r\n"
            left.writeAndFlush(ByteBuffer(string: text), promise: nil)
            #expect(try Self.pass(left, right) == text)
            right.writeAndFlush(ByteBuffer(string: "a\(number) NOOP\r\n"), promise: nil)
            #expect(try Self.pass(right, left) == "a\(number) NOOP\r\n")
        }
    }

    @Test func `a small input that swells comes in bounded pieces`() throws {
        let (left, right) = try Self.pair()
        left.writeAndFlush(ByteBuffer(repeating: 0, count: 64 << 20), promise: nil)
        var compressed = ByteBuffer()
        while let bytes = try left.readOutbound(as: ByteBuffer.self) { compressed.writeImmutableBuffer(bytes) }
        #expect(compressed.readableBytes < 1 << 17)
        try right.writeInbound(compressed)
        var total = 0
        while let piece = try right.readInbound(as: ByteBuffer.self) {
            #expect(piece.readableBytes <= 1 << 16)
            total += piece.readableBytes
        }
        #expect(total == 64 << 20)
    }

    @Test func `what is not DEFLATE is an error`() throws {
        let (_, right) = try Self.pair()
        #expect(throws: DeflateError.self) { try right.writeInbound(ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF])) }
    }
}
