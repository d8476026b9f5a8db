// Strategy: ports come from the system. All of a server's ports are held at once while they are
// chosen, so they differ from each other; whoever takes them over must cope with the rare loss of one.

import Foundation

enum Port {
    /// Ports of the loopback address that nobody listens on.
    static func free(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        defer { sockets.forEach { close($0) } }
        return try (0..<count).map { _ in
            let descriptor = try stream()
            sockets.append(descriptor)
            var address = loopback(port: 0)
            guard withSocketAddress(&address, { bind(descriptor, $0, $1) }) == 0 else { throw failure("bind") }
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard withSocketAddress(&address, { bound, _ in getsockname(descriptor, bound, &length) }) == 0 else {
                throw failure("getsockname")
            }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    static func accepts(_ port: Int) throws -> Bool {
        let descriptor = try stream()
        defer { close(descriptor) }
        var address = loopback(port: UInt16(port))
        return withSocketAddress(&address) { connect(descriptor, $0, $1) } == 0
    }

    private static func stream() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("socket") }
        return descriptor
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func failure(_ call: String) -> InteropFailure {
        InteropFailure("\(call): \(String(cString: strerror(errno)))")
    }
}
