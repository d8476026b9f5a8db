import InterpostConfiguration
import InterpostCore
import NIOCore

/// The secrets with which accounts log in, each read where the configuration says when a session needs it.
struct AccountSecrets: Sendable {
    private let reader = SecretReader()

    /// - Parameters:
    ///   - login: The name with which the client has logged in.
    ///   - refused: The secret that the server does not take, so that another one is wanted.
    func secret(
        of account: AccountConfiguration, login: String, inPlaceOf refused: Secret? = nil
    ) async throws(UpstreamFailure) -> Secret {
        if refused != nil { throw UpstreamFailure(.authentication, "the server takes the token of '\(account.name)' for bad") }
        guard let source = account.secret else { return Secret(ByteBuffer()) }
        do {
            return try await reader.read(source, of: account.name)
        } catch {
            throw UpstreamFailure(.administrator, "\(error)")
        }
    }
}
