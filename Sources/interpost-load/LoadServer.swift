// The server half: one thread, one poll, thousands of sessions.
//
// It must cost less than what it stands behind, so it only encrypts; a session does as much as its socket allows, says what it
// waits for, and is not looked at again before that.

import Foundation
import Glibc

final class LoadServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let context: TLSContext?
    private let mailbox: Mailbox

    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - context: nil for no TLS.
    init(port: UInt16, context: TLSContext?, mailbox: Mailbox) throws {
        listener = try Socket.listen(onPort: port)
        self.port = try Socket.port(of: listener)
        self.context = context
        self.mailbox = mailbox
    }

    deinit {
        close(listener)
    }

    /// Serves on a thread of its own until the process ends. When that fails there is nothing left to measure.
    func runOnThread() {
        Thread.detachNewThread {
            do {
                try self.run()
            } catch {
                Leftovers.shared.clear()
                note("Error: the server half has failed: \(error)")
                exit(EXIT_FAILURE)
            }
        }
    }

    /// Serves until the process ends, or the system refuses to go on.
    func run() throws -> Never {
        // The listener, and then the socket of each session, in the order of the sessions.
        var sockets = [pollfd(fd: listener, events: Readiness.readable.events, revents: 0)]
        var sessions: [ServerSession] = []
        while true {
            guard poll(&sockets, nfds_t(sockets.count), -1) >= 0 else {
                if errno == EINTR { continue }
                throw SystemError("cannot wait for connections")
            }
            // From the last to the first, because one that is over is replaced by the last.
            for index in sessions.indices.reversed() where sockets[index + 1].revents != 0 {
                // A connection that breaks is over too: clients may leave as they like.
                if let readiness = try? sessions[index].advance() {
                    sockets[index + 1].events = readiness.events
                } else {
                    sessions.swapAt(index, sessions.count - 1)
                    sessions.removeLast()
                    sockets.swapAt(index + 1, sockets.count - 1)
                    sockets.removeLast()
                }
            }
            guard sockets[0].revents != 0 else { continue }
            while let accepted = try Socket.accept(from: listener) {
                sessions.append(ServerSession(try Connection(accepted: accepted, context), mailbox))
                sockets.append(pollfd(fd: accepted, events: Readiness.writable.events, revents: 0))
            }
        }
    }
}

extension Readiness {
    fileprivate var events: Int16 {
        switch self {
        case .readable: Int16(POLLIN)
        case .writable: Int16(POLLOUT)
        }
    }
}
