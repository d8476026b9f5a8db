import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import InterpostProxy

@Suite struct `A listener without descriptors` {
    @Test func `accepts nobody for a moment, and says so once`() throws {
        var said: [String] = []
        let channel = EmbeddedChannel(handler: AcceptPause("imaps://127.0.0.1:993") { said.append($0) })
        for _ in 0..<3 {
            channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
            #expect(Self.autoRead(of: channel) == false)
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
            #expect(Self.autoRead(of: channel) == true)
        }
        #expect(said == ["imaps://127.0.0.1:993 cannot accept connections: Too many open files"])
        try channel.writeInbound(EmbeddedChannel() as any Channel)
        #expect(said.last == "imaps://127.0.0.1:993 accepts connections again")
        #expect(said.count == 2)
    }

    /// What was set last.
    private static func autoRead(of channel: EmbeddedChannel) -> Bool? {
        channel.options.last { $0.0 is ChannelOptions.Types.AutoReadOption }?.1 as? Bool
    }

    @Test func `passes other errors on`() throws {
        let channel = EmbeddedChannel(handler: AcceptPause("imap://127.0.0.1:143") { _ in })
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
    }
}
