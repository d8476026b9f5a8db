// Just enough TLS for both halves, on OpenSSL, so that they share no code with the relay they measure.
//
// A context insists on TLS 1.3, one cipher suite and one group: left alone, OpenSSL prefers AES-256 and BoringSSL AES-128, and
// the subjects would be compared on different work. The group is the one that both send a key share of, so neither has to ask
// again. Nothing is resumed unless tickets are asked for, for the same reason.

import COpenSSL
import Foundation
import Glibc

/// The settings of one side of TLS. OpenSSL locks and counts the references to what is inside.
final class TLSContext: Sendable {
    static let cipherSuite = "TLS_AES_128_GCM_SHA256"
    static let group = "X25519"

    // Unsafe only to the compiler: set up in `init`, and OpenSSL lets threads share an SSL_CTX that no longer changes.
    fileprivate nonisolated(unsafe) let pointer: OpaquePointer

    /// - Parameter tickets: whether clients are given tickets, with which they may resume their sessions.
    static func server(_ credentials: Credentials, tickets: Bool) throws -> TLSContext {
        let context = try TLSContext(TLS_server_method())
        let certificate = credentials.certificate.path
        try check(SSL_CTX_use_certificate_chain_file(context.pointer, certificate) == 1, "cannot use \(certificate)")
        let key = credentials.privateKey.path
        try check(SSL_CTX_use_PrivateKey_file(context.pointer, key, SSL_FILETYPE_PEM) == 1, "cannot use \(key)")
        if !tickets {
            try check(SSL_CTX_set_num_tickets(context.pointer, 0) == 1, "cannot turn session tickets off")
            interpost_ctx_disable_session_cache(context.pointer)
        }
        return context
    }

    /// A client that trusts the credentials' authority, and no other.
    static func client(trusting credentials: Credentials) throws -> TLSContext {
        let context = try TLSContext(TLS_client_method())
        let authority = credentials.authority.path
        try check(SSL_CTX_load_verify_locations(context.pointer, authority, nil) == 1, "cannot use \(authority)")
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        return context
    }

    private init(_ method: OpaquePointer?) throws {
        guard let pointer = SSL_CTX_new(method) else { throw TLSError("cannot make a TLS context") }
        self.pointer = pointer
        interpost_ctx_set_stream_modes(pointer)
        try check(interpost_ctx_require_tls_1_3(pointer) == 1, "cannot require TLS 1.3")
        try check(SSL_CTX_set_ciphersuites(pointer, Self.cipherSuite) == 1, "cannot choose \(Self.cipherSuite)")
        try check(interpost_ctx_set_groups(pointer, Self.group) == 1, "cannot choose the group \(Self.group)")
    }

    deinit {
        SSL_CTX_free(pointer)
    }
}

/// One TLS connection over a socket that somebody else owns.
final class TLSSession {
    private let pointer: OpaquePointer

    /// The accepting side. Its handshake happens inside the first reads and writes.
    init(accepting descriptor: Int32, _ context: TLSContext) throws {
        pointer = try Self.make(descriptor, context)
        SSL_set_accept_state(pointer)
    }

    /// The connecting side, with its handshake done and the server's certificate verified. `descriptor` must block.
    init(connecting descriptor: Int32, to name: String, _ context: TLSContext) throws {
        pointer = try Self.make(descriptor, context)
        try check(interpost_set_server_name(pointer, name) == 1, "cannot name the server \(name)")
        try check(SSL_set1_host(pointer, name) == 1, "cannot expect a certificate for \(name)")
        ERR_clear_error()
        try check(SSL_connect(pointer) == 1, "TLS handshake failed")
    }

    deinit {
        SSL_free(pointer)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Transfer {
        ERR_clear_error()
        let count = SSL_read(pointer, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .moved(Int(count)) : try transfer(failedWith: count, "cannot read")
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws -> Transfer {
        ERR_clear_error()
        let count = SSL_write(pointer, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .moved(Int(count)) : try transfer(failedWith: count, "cannot write")
    }

    /// Sends close_notify if the socket takes it at once. The peer's own is not waited for.
    func close() {
        ERR_clear_error()
        _ = SSL_shutdown(pointer)
    }

    private static func make(_ descriptor: Int32, _ context: TLSContext) throws -> OpaquePointer {
        guard let pointer = SSL_new(context.pointer) else { throw TLSError("cannot make a TLS session") }
        guard SSL_set_fd(pointer, descriptor) == 1 else {
            defer { SSL_free(pointer) }
            throw TLSError("cannot attach TLS to a socket")
        }
        return pointer
    }

    private func transfer(failedWith result: Int32, _ problem: String) throws -> Transfer {
        let systemError = errno
        switch SSL_get_error(pointer, result) {
        case SSL_ERROR_WANT_READ: return .needs(.readable)
        case SSL_ERROR_WANT_WRITE: return .needs(.writable)
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL: throw TLSError("\(problem): \(String(cString: strerror(systemError)))")
        default: throw TLSError(problem)
        }
    }
}

/// What OpenSSL said, taken from the calling thread's queue of errors.
struct TLSError: Error, CustomStringConvertible {
    let description: String

    init(_ problem: String) {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            reasons.append(ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)")
        }
        description = reasons.isEmpty ? problem : "\(problem): \(reasons.joined(separator: ", "))"
    }
}

private func check(_ success: Bool, _ problem: @autoclosure () -> String) throws {
    if !success { throw TLSError(problem()) }
}
