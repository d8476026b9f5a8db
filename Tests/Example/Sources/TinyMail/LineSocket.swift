import Foundation

/// A TCP connection that speaks in lines. It waits for each of them, for at most ten seconds.
final class LineSocket {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(host: String, port: Int) throws {
        var hints = addrinfo()
        hints.ai_socktype = Self.stream
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0 else { throw Failure(description: "there is no host \(host)") }
        defer { freeaddrinfo(found) }
        var next = found
        while let address = next?.pointee {
            let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            if descriptor >= 0, connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                self.descriptor = descriptor
                var patience = timeval(tv_sec: 10, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
                return
            }
            if descriptor >= 0 { close(descriptor) }
            next = address.ai_next
        }
        throw Failure(description: "nobody listens on \(host):\(port)")
    }

    deinit { close(descriptor) }

    #if canImport(Darwin)
        private static let stream = SOCK_STREAM
    #else
        private static let stream = Int32(SOCK_STREAM.rawValue)
    #endif

    func send(_ line: String) throws {
        var rest = Array("\(line)\r\n".utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(description: "the server does not listen any more") }
            rest = rest.dropFirst(count)
        }
    }

    /// The next line without its CR LF.
    func line() throws -> String {
        while true {
            if let end = received.firstIndex(of: 10) {
                defer { received.removeFirst(end + 1) }
                return String(decoding: received[..<end], as: UTF8.self).trimmingCharacters(in: ["\r"])
            }
            try receive()
        }
    }

    /// The next octets, however many lines they are.
    func octets(_ count: Int) throws -> String {
        while received.count < count { try receive() }
        defer { received.removeFirst(count) }
        return String(decoding: received[..<count], as: UTF8.self)
    }

    private func receive() throws {
        var piece = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &piece, piece.count)
        guard count > 0 else { throw Failure(description: "the server says nothing more") }
        received += piece[..<count]
    }
}
