import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

@testable import InterpostOAuth

/// What a person's browser does.
enum Browser {
    /// The parameters of a URL.
    static func parameters(_ url: String) -> [String: String] {
        let items = URLComponents(string: url)?.queryItems ?? []
        return Dictionary(items.map { ($0.name, $0.value?.replacing("+", with: " ") ?? "") }) { first, _ in first }
    }

    /// The status and the text of an answer.
    @discardableResult
    static func get(_ url: String, method: String = "GET") async throws -> (Int, String) {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 16)))
    }
}
