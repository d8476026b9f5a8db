import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import InterpostProxy

@Suite struct `Looking a server's name up` {
    static let address = try! SocketAddress(ipAddress: "192.0.2.1", port: 993)

    @Test func `is done once for all who ask meanwhile`() async throws {
        let (begun, go) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
        let count = Mutex(0)
        let names = NameLookup { _, _ in
            count.withLock { $0 += 1 }
            begun.continuation.yield()
            go.wait()
            return [Self.address]
        }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let first = names.addresses(of: "imap.example.org", port: 993, on: loop)
        for await _ in begun.stream { break }
        let others = (0..<20).map { _ in names.addresses(of: "imap.example.org", port: 993, on: loop) }
        go.signal()
        #expect(try await first.get() == [Self.address])
        for other in others { #expect(try await other.get() == [Self.address]) }
        #expect(count.withLock { $0 } == 1)
    }

    @Test func `that takes its time keeps nobody waiting who asks for another`() async throws {
        let go = DispatchSemaphore(value: 0)
        let names = NameLookup { host, _ in
            if host == "slow.example.org" { go.wait() }
            return [Self.address]
        }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let slow = names.addresses(of: "slow.example.org", port: 993, on: loop)
        #expect(try await names.addresses(of: "imap.example.org", port: 993, on: loop).get() == [Self.address])
        go.signal()
        #expect(try await slow.get() == [Self.address])
    }

    @Test func `tells why there is no address, and is done again for the next one`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let names = NameLookup()
        for _ in 0..<2 {
            await #expect(throws: NameLookup.Failure.self) {
                try await names.addresses(of: "no-such-name.invalid", port: 993, on: loop).get()
            }
        }
        let resolver = ConnectionResolver(lookup: names, eventLoop: loop)
        let (v4, v6) = (resolver.initiateAQuery(host: "127.0.0.1", port: 1), resolver.initiateAAAAQuery(host: "::1", port: 1))
        #expect(try await v4.get().map(\.ipAddress) == ["127.0.0.1"])
        #expect(try await v6.get().map(\.ipAddress) == ["::1"])
        #expect(try await resolver.initiateAAAAQuery(host: "127.0.0.1", port: 1).get().isEmpty)
    }
}
