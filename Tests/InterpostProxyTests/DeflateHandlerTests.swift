import NIOCore
import NIOEmbedded
import Testing

@testable import InterpostCore
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
        var total = try #require(try right.readInbound(as: ByteBuffer.self)).readableBytes
        #expect(
            try right.readInbound(as: ByteBuffer.self) == nil, "others of the event loop have their turn before the next piece")
        right.embeddedEventLoop.advanceTime(by: .seconds(1))
        while let piece = try right.readInbound(as: ByteBuffer.self) {
            #expect(piece.readableBytes <= 1 << 16)
            total += piece.readableBytes
        }
        #expect(total == 64 << 20)
    }

    @Test func `an end of input waits for what was sent before it`() throws {
        let (left, right) = try Self.pair()
        let ends = Ends()
        try right.pipeline.syncOperations.addHandler(ends)
        left.writeAndFlush(ByteBuffer(repeating: 0, count: 1 << 20), promise: nil)
        while let bytes = try left.readOutbound(as: ByteBuffer.self) { try right.writeInbound(bytes) }
        right.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(ends.octets == 1 << 16 && ends.octetsAtEnd == nil)
        right.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(ends.octetsAtEnd == 1 << 20)
    }

    @Test func `a connection that is lost gives what it has sent`() throws {
        let (left, right) = try Self.pair()
        let ends = Ends()
        try right.pipeline.syncOperations.addHandler(ends)
        left.writeAndFlush(ByteBuffer(repeating: 0, count: 1 << 20), promise: nil)
        while let bytes = try left.readOutbound(as: ByteBuffer.self) { try right.writeInbound(bytes) }
        right.pipeline.fireChannelInactive()
        #expect(ends.octetsAtEnd == 1 << 20)
    }

    @Test func `what swells more than is allowed waits, and that is told once`() throws {
        let left = EmbeddedChannel(handler: try DeflateHandler())
        var told = 0
        let allowance = Allowance(perSecond: 65_536, at: SessionClock().now)
        let right = EmbeddedChannel(
            handler: try DeflateHandler(.init(allowance: allowance, clock: SessionClock(), onSpent: { told += 1 })))
        let ends = Ends()
        try right.pipeline.syncOperations.addHandler(ends)
        left.writeAndFlush(ByteBuffer(repeating: 0, count: 16 << 20), promise: nil)
        while let bytes = try left.readOutbound(as: ByteBuffer.self) { try right.writeInbound(bytes) }
        right.embeddedEventLoop.advanceTime(by: .seconds(1))
        // Four seconds' worth, and 32 times what was sent, before the first wait is over.
        #expect((5 << 16)...(2 << 20) ~= ends.octets)
        #expect(told == 1)
        right.embeddedEventLoop.advanceTime(by: .hours(24))
        #expect(ends.octets == 16 << 20)
        #expect(told == 1)
    }

    @Test func `what is not DEFLATE is an error`() throws {
        let (_, right) = try Self.pair()
        #expect(throws: DeflateError.self) { try right.writeInbound(ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF])) }
    }
}

/// How much came, and how much of it before the end.
private final class Ends: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var octets = 0
    private(set) var octetsAtEnd: Int?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { octets += unwrapInboundIn(data).readableBytes }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { octetsAtEnd = octets }
    }

    func channelInactive(context: ChannelHandlerContext) { octetsAtEnd = octets }
}
