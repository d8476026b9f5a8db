import Foundation
import InterpostConfiguration
import InterpostCore
import NIOCore
import NIOPosix
import NIOSSL

/// What went wrong, in words for an operator.
enum FailureText {
    /// The peer closed the connection without a TLS goodbye; for a mail protocol that is an ordinary end.
    static func isUncleanEnd(_ error: any Error) -> Bool {
        if case NIOSSLError.uncleanShutdown = error { return true }
        if error is NIOSSLCloseTimedOutError { return true }
        if let error = error as? ChannelError, error == .inputClosed || error == .eof || error == .alreadyClosed { return true }
        return (error as? IOError).map { $0.errnoCode == ECONNRESET || $0.errnoCode == EPIPE } ?? false
    }

    static func of(_ error: any Error) -> String {
        switch error {
        case NIOSSLError.handshakeFailed(let reason): handshake(reason)
        default: ErrorWords.of(error)
        }
    }

    static func connecting(to upstream: UpstreamURL, _ error: any Error) -> String {
        let place = "\(upstream.host) port \(upstream.port)"
        switch error {
        case let error as NIOConnectionError:
            if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
                return "the name \(upstream.host) cannot be resolved"
            }
            let reasons = error.connectionErrors.map { of($0.error) }
            return "\(place): " + (reasons.isEmpty ? "no address" : Set(reasons).sorted().joined(separator: ", "))
        case ChannelError.connectTimeout: return "\(place) does not answer"
        default: return "\(place): \(of(error))"
        }
    }

    /// BoringSSL's reason, such as `TLSV1_ALERT_UNKNOWN_CA`: the peer's alert, or what was wrong with the peer.
    private static func handshake(_ reason: BoringSSLError) -> String {
        guard case .sslError(let stack) = reason, !stack.isEmpty else { return "\(reason)" }
        return stack.map { Self.reason(in: $0.description) }.joined(separator: "; ")
    }

    /// Turns `error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at FILE:LINE` into `wrong version number`.
    private static func reason(in description: String) -> String {
        guard let start = description.range(of: "OPENSSL_internal:") else {
            return description.replacingOccurrences(of: "Error: ", with: "").trimmingCharacters(in: .whitespaces)
        }
        let rest = description[start.upperBound...]
        return rest[..<(rest.range(of: " at ")?.lowerBound ?? rest.endIndex)].lowercased().replacing("_", with: " ")
    }
}

extension TLSProtocolVersion {
    init(_ version: TLSVersion) {
        self =
            switch version {
            case .tlsv1: .tls1_0
            case .tlsv11: .tls1_1
            case .tlsv12: .tls1_2
            case .tlsv13: .tls1_3
            }
    }
}
