import Foundation
package import InterpostCore
import NIOCore

/// What is kept of what a person has allowed.
package struct StoredGrant: Sendable, Equatable {
    package var account: String
    package var refresh: Secret
    /// The application and the server that it is for. It is shown to nobody else, whatever a configuration says later.
    package var clientID: String
    package var tokenURL: String
    /// When a person has allowed it.
    package var authorised: WireTime

    package init(account: String, refresh: Secret, clientID: String, tokenURL: String, authorised: WireTime) {
        self.account = account
        self.refresh = refresh
        self.clientID = clientID
        self.tokenURL = tokenURL
        self.authorised = authorised
    }

    /// JSON, to be encrypted.
    var plaintext: Data {
        get throws {
            let refresh = refresh.withExposedBytes { String(buffer: $0) }
            return try JSONSerialization.data(
                withJSONObject: [
                    "account": account, "refresh_token": refresh, "client_id": clientID, "token_url": tokenURL,
                    "authorised": authorised.iso8601,
                ], options: [.sortedKeys, .withoutEscapingSlashes])
        }
    }

    /// `nil` for anything that is not exactly what ``plaintext`` writes.
    init?(plaintext: Data) {
        guard let members = JSONValue(ByteBuffer(bytes: plaintext))?.members, members.count == 5,
            let account = members["account"]?.text, let refresh = members["refresh_token"]?.text, !refresh.isEmpty,
            let clientID = members["client_id"]?.text, let tokenURL = members["token_url"]?.text,
            let authorised = members["authorised"]?.text.flatMap({ WireTime(iso8601: $0) })
        else { return nil }
        self.init(
            account: account, refresh: Secret(text: refresh), clientID: clientID, tokenURL: tokenURL, authorised: authorised)
    }
}
