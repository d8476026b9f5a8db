import InterpostConfiguration
import InterpostCore
import NIOCore

/// The secrets with which accounts log in, each read where the configuration says when a session needs it.
struct AccountSecrets: Sendable {
    private let reader = SecretReader()

    /// - Throws: ``UpstreamFailure``, with nothing of the secret in it.
    func secret(of account: AccountConfiguration) async throws(UpstreamFailure) -> Secret {
        guard let source = account.secret else { return Secret(ByteBuffer()) }
        do {
            return try await reader.read(source, of: account.name)
        } catch {
            throw UpstreamFailure(.administrator, "\(error)")
        }
    }

    /// A secret in place of one that the server has refused.
    func renewed(of account: AccountConfiguration) async throws(UpstreamFailure) -> Secret {
        throw UpstreamFailure(
            .authentication, "the server refuses the login of account '\(account.name)': check its user and secret")
    }
}
