import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Looks up addresses of servers on threads of its own: a slow name server delays the sessions that asked for the name, and nothing
/// else. A question about a name that is being looked up waits for the same answer.
final class NameLookup: Sendable {
    private struct Place: Hashable {
        var host: String
        var port: Int
    }

    private typealias Waiter = EventLoopPromise<[SocketAddress]>

    /// The threads for look-ups, one name each; more names wait.
    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    private let waiting = Mutex<[Place: [Waiter]]>([:])
    private let look: @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

    init(look: @escaping @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress] = NameLookup.systemAddresses) {
        self.look = look
    }

    func addresses(of host: String, port: Int, on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        let promise = eventLoop.makePromise(of: [SocketAddress].self)
        let place = Place(host: host, port: port)
        let isFirst = waiting.withLock { waiting in
            waiting[place, default: []].append(promise)
            return waiting[place]?.count == 1
        }
        if isFirst {
            Self.pool.submit { [self] _ in
                let result = Result { try look(host, port) }
                for waiter in waiting.withLock({ $0.removeValue(forKey: place) }) ?? [] { waiter.completeWith(result) }
            }
        }
        return promise.futureResult
    }

    /// What the system says, as it is configured: /etc/hosts, then its name servers.
    @Sendable static func systemAddresses(of host: String, port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw Failure(reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr {
                switch entry.ai_family {
                case AF_INET:
                    addresses.append(address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) })
                case AF_INET6:
                    addresses.append(address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) })
                default: break
                }
            }
            next = entry.ai_next
        }
        return addresses
    }

    struct Failure: Error, CustomStringConvertible {
        var reason: String
        var description: String { reason }
    }
}

/// One connection's questions to a ``NameLookup``.
struct ConnectionResolver: Resolver {
    let lookup: NameLookup
    let eventLoop: any EventLoop

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses(host, port, .inet) }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses(host, port, .inet6) }

    func cancelQueries() {}

    private func addresses(_ host: String, _ port: Int, _ family: NIOBSDSocket.ProtocolFamily) -> EventLoopFuture<[SocketAddress]>
    {
        lookup.addresses(of: host, port: port, on: eventLoop).map { $0.filter { $0.protocol == family } }
    }
}
