import Crypto
import InterpostCore
import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

@testable import InterpostProxy

@Suite struct TLSHelloTests {
    /// What a real TLS library says first.
    private static func clientHello(serverName: String?, protocols: [String] = []) throws -> ByteBuffer {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = protocols
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: serverName))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return try channel.readOutbound(as: ByteBuffer.self) ?? ByteBuffer()
    }

    @Test func `a ClientHello is read at every cut, and not before it is whole`() throws {
        let bytes = try Self.clientHello(serverName: "imap.example.org", protocols: ["imap"])
        for cut in 0..<bytes.readableBytes {
            guard case .needsMore = TLSHello.readClient(bytes.getSlice(at: 0, length: cut) ?? ByteBuffer()) else {
                Issue.record("\(cut) of \(bytes.readableBytes) octets were enough")
                return
            }
        }
        guard case .hello(let hello) = TLSHello.readClient(bytes) else {
            Issue.record("not read")
            return
        }
        #expect(hello.serverName == "imap.example.org")
        #expect(hello.applicationProtocols == ["imap"])
        #expect(hello.ja4.hasPrefix("t13d"))
        #expect(hello.ja4.dropFirst(8).hasPrefix("ip_"))
    }

    @Test func `a hello over many records is one hello`() throws {
        var whole = try Self.clientHello(serverName: nil)
        whole.moveReaderIndex(forwardBy: 5)
        var split = ByteBuffer()
        while let piece = whole.readSlice(length: min(31, whole.readableBytes)), piece.readableBytes > 0 {
            split.writeBytes([22, 3, 1])
            split.writeInteger(UInt16(piece.readableBytes))
            split.writeImmutableBuffer(piece)
        }
        guard case .hello(let hello) = TLSHello.readClient(split) else {
            Issue.record("not read")
            return
        }
        #expect(hello.serverName == nil)
    }

    @Test func `typed text is no handshake`() {
        for text in ["a LOGIN user secret\r\n", "GET / HTTP/1.1\r\n", "\u{16}\u{2}xxxxxxx"] {
            guard case .isNotTLS = TLSHello.readClient(ByteBuffer(string: text)) else {
                Issue.record("taken for a handshake: \(text)")
                return
            }
        }
    }

    @Test func `any other bytes neither crash nor make a hello`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = ByteBuffer(bytes: [22, 3, 1, 0, 60, 1, 0, 0, 56])
            for _ in 0..<56 { bytes.writeInteger(UInt8.random(in: 0...255, using: &random)) }
            _ = TLSHello.readClient(bytes)
            _ = TLSHello.readServer(bytes)
        }
    }

    /// The example of the JA4 specification: Chrome's hello.
    @Test func `JA4 is as its specification shows`() throws {
        var body = ByteBuffer(bytes: [3, 3] + Array(repeating: 0, count: 32) + [0])
        let suites: [UInt16] = [
            0x0A0A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D,
            0x002F, 0x0035,
        ]
        body.writeInteger(UInt16(suites.count * 2))
        for suite in suites { body.writeInteger(suite) }
        body.writeBytes([1, 0])
        var extensions = ByteBuffer()
        func add(_ type: UInt16, _ bytes: [UInt8] = []) {
            extensions.writeInteger(type)
            extensions.writeInteger(UInt16(bytes.count))
            extensions.writeBytes(bytes)
        }
        add(0x1A1A)
        add(0x0000, [0, 4, 0, 0, 1, 97])
        add(0x0010, [0, 3, 2] + Array("h2".utf8))
        add(0x002B, [4, 3, 4, 3, 3])
        add(0x000D, [0, 16, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1])
        for type: UInt16 in [0x0005, 0x000A, 0x000B, 0x0012, 0x0015, 0x0017, 0x001B, 0x0023, 0x002D, 0x0033, 0x4469, 0xFF01] {
            add(type)
        }
        body.writeInteger(UInt16(extensions.readableBytes))
        body.writeImmutableBuffer(extensions)
        var record = ByteBuffer(bytes: [22, 3, 1])
        record.writeInteger(UInt16(body.readableBytes + 4))
        record.writeBytes([1, 0])
        record.writeInteger(UInt16(body.readableBytes))
        record.writeImmutableBuffer(body)
        guard case .hello(let hello) = TLSHello.readClient(record) else {
            Issue.record("not read")
            return
        }
        #expect(hello.ja4 == "t13d1516h2_8daaf6152771_e5627efa2ab1")
    }

    @Test func `a clear-text alert is named`() {
        #expect(TLSAlert.find(in: ByteBuffer(bytes: [21, 3, 3, 0, 2, 2, 48])) == "the peer's alert: unknown_ca (48)")
        #expect(TLSAlert.find(in: ByteBuffer(bytes: [20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 2, 48])) == nil)
    }
}
