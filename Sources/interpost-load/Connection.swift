// A TCP connection of either half, with TLS in it or in the clear: one place where bytes meet a socket.
//
// The same reads and writes serve the server's non-blocking sockets, which wait in poll for what a transfer needs, and the
// client's blocking ones, whose time-out turns up as a need.

import Glibc

/// What came of an attempt to move bytes.
enum Transfer {
    case moved(Int)
    case needs(Readiness)
    case ended
}

/// What a socket can be waited for to become.
enum Readiness {
    case readable, writable
}

final class Connection {
    let descriptor: Int32
    private let tls: TLSSession?

    /// Takes over an accepted socket. `context`: nil for no TLS.
    init(accepted descriptor: Int32, _ context: TLSContext?) throws {
        self.descriptor = descriptor
        do {
            tls = try context.map { try TLSSession(accepting: descriptor, $0) }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Connects to a port of this machine, and verifies that `localhost` answers there.
    init(toPort port: UInt16, _ context: TLSContext, secondsToAnswer: Int) throws {
        descriptor = try Socket.connect(toPort: port, secondsToAnswer: secondsToAnswer)
        do {
            tls = try TLSSession(connecting: descriptor, to: "localhost", context)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Transfer {
        if let tls { return try tls.read(into: buffer) }
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        return count == 0 ? .ended : try Self.transfer(count, needing: .readable)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws -> Transfer {
        if let tls { return try tls.write(bytes) }
        return try Self.transfer(send(descriptor, bytes.baseAddress, bytes.count, 0), needing: .writable)
    }

    /// Says that nothing more will be sent. What the peer still sends can be read.
    func finish() {
        tls?.close()
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static func transfer(_ count: Int, needing readiness: Readiness) throws -> Transfer {
        if count >= 0 { return .moved(count) }
        if errno == EAGAIN { return .needs(readiness) }
        throw SystemError("cannot use a connection")
    }
}
