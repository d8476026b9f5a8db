// Strategy: a program that asks for one access token and stores the refresh token that comes with it, and is ended by SIGKILL before a
// certain step of that. Its memory, locks and half-written files are then what a power cut or the kernel would leave.
//
//     oauth-crash-helper FOLDER TOKEN-URL STEP      STEP is one of WriteStep, or `never`

import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostOAuth
import NIOCore

@main enum CrashHelper {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else { exit(2) }
        let (folder, fatal) = (arguments[1], WriteStep(rawValue: arguments[3]))
        let store = try GrantStore(folder: folder, key: GrantKey(file: folder + "/key")) { step in
            if step == fatal { kill(getpid(), SIGKILL) }
        }
        let provider = OAuthProvider(tokenURL: try OAuthURL(arguments[2]))
        let account = OAuthAccount(
            name: "anna", configuration: OAuthConfiguration(provider: provider, flow: .code, clientID: "app", scopes: ["mail"]))
        let transport = OAuthHTTP()
        let service = TokenService(accounts: [account], store: store, transport: transport)
        let token = try await service.accessToken(for: "anna")
        token.withExposedBytes { print(String(buffer: $0)) }
        await service.shutdown()
        await transport.shutdown()
    }
}
