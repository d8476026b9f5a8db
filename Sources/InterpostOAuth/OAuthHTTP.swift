import AsyncHTTPClient
import Foundation
package import InterpostCore
package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Brings a request to an authorisation server.
package protocol OAuthTransport: Sendable {
    /// Throws where no answer came; ``OAuthAnswer`` may say anything.
    func answer(to request: OAuthRequest) async throws(OAuthFailure) -> OAuthAnswer
}

/// HTTPS as secrets want it: the certificate is always verified, no redirect is followed, no proxy of the environment is used, an answer
/// has 64 KiB at most and has to be complete within a time.
package final class OAuthHTTP: OAuthTransport {
    private let client: HTTPClient
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - timeout: For the whole of a request and its answer.
    ///   - trust: PEM files with certificates that are trusted beside the system's.
    package init(timeout: TimeAmount = .seconds(30), trust: [String] = []) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.additionalTrustRoots = trust.map { .file($0) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: timeout, read: timeout, write: timeout), decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(10)
        // Whoever waits does so for an answer, and is told at once that there is none.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.timeout = timeout
    }

    package func shutdown() async { try? await client.shutdown() }

    /// The client must not end without it; a second time does nothing.
    deinit { client.shutdown { _ in } }

    package func answer(to request: OAuthRequest) async throws(OAuthFailure) -> OAuthAnswer {
        let limit = timeout.nanoseconds
        let result = await withTaskGroup(of: Result<OAuthAnswer, OAuthFailure>?.self) { group in
            group.addTask { await Result { () async throws(OAuthFailure) in try await self.exchange(request) } }
            // The client's own limits are for parts: a server that sends an octet a second would keep to them.
            group.addTask {
                try? await Task.sleep(nanoseconds: UInt64(max(0, limit)))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let result else { throw .transient(Self.late(request, limit)) }
        return try result.get()
    }

    private func exchange(_ request: OAuthRequest) async throws(OAuthFailure) -> OAuthAnswer {
        var message = HTTPClientRequest(url: request.url.text)
        message.method = HTTPMethod(rawValue: OAuthRequest.method)
        for header in request.headers {
            message.headers.add(name: header.name, value: header.value.withExposedBytes { String(buffer: $0) })
        }
        message.headers.add(name: "User-Agent", value: "interpost")
        message.body = .bytes(request.body.withExposedBytes { $0 })
        do {
            let response = try await client.execute(message, timeout: timeout)
            var body = ByteBuffer()
            for try await part in response.body {
                body.writeImmutableBuffer(part)
                // What is too long is no answer, however it goes on.
                if body.readableBytes > OAuthAnswer.maximumBody { break }
            }
            return OAuthAnswer(
                status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
                retryAfter: response.headers.first(name: "Retry-After"), body: body)
        } catch {
            throw .transient(words(error, request))
        }
    }

    /// `connection refused`
    private static func words(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() }
            ?? TerminalText.shown("\(error)", atMost: 200)
    }

    private static func late(_ request: OAuthRequest, _ nanoseconds: Int64) -> String {
        let seconds = Double(nanoseconds / 1_000_000) / 1000
        return "\(request.url.host) does not answer within \(seconds) s"
    }

    /// An error may have the header in it that it is about, so most of it is not shown.
    private func words(_ error: any Error, _ request: OAuthRequest) -> String {
        let host = request.url.host
        switch error {
        case let error as HTTPClientError where Self.timeouts.contains(error): return Self.late(request, timeout.nanoseconds)
        case let error as HTTPClientError: return "\(host) cannot be asked: \(error.shortDescription)"
        case let error as NIOConnectionError where error.dnsAError != nil && error.connectionErrors.isEmpty:
            return "\(host) cannot be found: DNS has no address for it"
        case let error as NIOConnectionError:
            return "\(host) cannot be reached: \(error.connectionErrors.first.map { Self.words($0.error) } ?? "no address")"
        case is IOError: return "\(host) cannot be reached: \(Self.words(error))"
        case is NIOSSLError, is NIOSSLExtraError: return "\(host) is not trusted: \(TerminalText.shown("\(error)", atMost: 200))"
        default: return "\(host) cannot be asked: \(TerminalText.shown("\(error)", atMost: 200))"
        }
    }

    private static let timeouts: [HTTPClientError] = [
        .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout,
    ]
}

extension Result where Success: Sendable {
    fileprivate init(catching body: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
