// The few socket calls that both halves need, all of them on the loopback interface and closed on exec.

import Glibc

enum Socket {
    /// A non-blocking listening socket. `port`: 0 lets the system choose.
    static func listen(onPort port: UInt16) throws -> Int32 {
        let descriptor = try make()
        set(SO_REUSEADDR, at: SOL_SOCKET, to: Int32(1), of: descriptor)
        let bound = withLoopbackAddress(port) { bind(descriptor, $0, $1) }
        guard bound == 0, Glibc.listen(descriptor, 1024) == 0 else {
            defer { close(descriptor) }
            throw SystemError("cannot listen on 127.0.0.1:\(port)")
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return descriptor
    }

    /// The next connection to a listening socket, non-blocking; nil when none waits.
    static func accept(from listener: Int32) throws -> Int32? {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else {
            if errno == EAGAIN || errno == ECONNABORTED { return nil }
            throw SystemError("cannot accept a connection")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        set(TCP_NODELAY, at: Int32(IPPROTO_TCP), to: Int32(1), of: descriptor)
        return descriptor
    }

    /// A blocking connected socket, whose reads and writes give up after `secondsToAnswer`.
    static func connect(toPort port: UInt16, secondsToAnswer: Int) throws -> Int32 {
        let descriptor = try make()
        set(TCP_NODELAY, at: Int32(IPPROTO_TCP), to: Int32(1), of: descriptor)
        let patience = timeval(tv_sec: secondsToAnswer, tv_usec: 0)
        set(SO_RCVTIMEO, at: SOL_SOCKET, to: patience, of: descriptor)
        set(SO_SNDTIMEO, at: SOL_SOCKET, to: patience, of: descriptor)
        guard withLoopbackAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            defer { close(descriptor) }
            throw SystemError("cannot connect to 127.0.0.1:\(port)")
        }
        return descriptor
    }

    static func port(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Rebinding holds: every socket here is AF_INET, whose addresses are sockaddr_in.
        let found = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard found == 0 else { throw SystemError("cannot tell a socket's port") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// A port that was free a moment ago, for a program that cannot say which one it chose.
    static func freePort() throws -> UInt16 {
        let descriptor = try listen(onPort: 0)
        defer { close(descriptor) }
        return try port(of: descriptor)
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("cannot make a socket") }
        return descriptor
    }

    /// Options only tune: a system that refuses one still works, and shows it in the figures.
    private static func set<Value: BitwiseCopyable>(_ option: Int32, at level: Int32, to value: Value, of descriptor: Int32) {
        withUnsafeBytes(of: value) {
            _ = setsockopt(descriptor, level, option, $0.baseAddress, socklen_t($0.count))
        }
    }

    private static func withLoopbackAddress<R>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        // Rebinding holds: a sockaddr_in is what the calls read behind a sockaddr of family AF_INET.
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}

/// A system call that failed, and why.
struct SystemError: Error, CustomStringConvertible {
    let description: String

    init(_ problem: String, code: Int32 = errno) {
        description = "\(problem): \(String(cString: strerror(code)))"
    }
}
