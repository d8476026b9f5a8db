import ArgumentParser
import Foundation
import InterpostConfiguration
import InterpostCore
import InterpostOAuth

/// `interpost account authorise`: a person allows an account to be used.
struct AccountAuthorise: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorise",
        abstract: "Have a person allow an account to be used, in a browser.",
        discussion: """
            The browser may be on this machine: it comes back to a listener on loopback. With --paste it may be anywhere: what is in its \
            bar in the end is pasted here. With --device a short code is typed into the provider's page, on any device.

            What is left of it is a refresh token, which is stored encrypted. A running program uses it from the next login on.

            Examples:
              interpost account authorise anna --config interpost.yml
              interpost account authorise bob@example.org --config interpost.yml --paste
            """)

    @Argument(help: ArgumentHelp("The name of the account, or a login name where the account is for many.", valueName: "name"))
    var name: String

    @OptionGroup var options: Account.Options

    @Flag(help: "Show a code that is typed into the provider's page.")
    var device = false

    @Flag(help: "Paste the URL at which the browser arrives; for a browser on another machine.")
    var paste = false

    func validate() throws {
        if device, paste { throw ValidationError("--device or --paste: one of them") }
    }

    func run() async throws {
        let configuration = try options.configuration()
        var place = try Account.place(of: name, in: configuration)
        let flow = place.account.flow
        guard flow.needsPerson else {
            throw UserError("the account '\(place.account.name)' needs nobody to allow it: its flow is \(flow.rawValue)")
        }
        if device { try place.account.useDevice() }
        let store = try Account.store(configuration)
        let transport = OAuthHTTP(trust: configuration.tls.trust)
        let grant: StoredGrant
        do {
            grant = try await authorise(place, transport)
        } catch {
            await transport.shutdown()
            throw UserError("'\(place.name)' is not allowed: \(error)")
        }
        await transport.shutdown()
        try await keep(grant, in: store)
    }

    private func authorise(_ place: Account.Place, _ transport: OAuthHTTP) async throws -> StoredGrant {
        let authorisation = Authorisation(account: place.account, user: place.user, transport: transport)
        if paste {
            return try await authorisation.byPaste { page, redirect in
                StandardOutput.write(
                    """
                    Open this page in any browser and allow it:

                      \(page.text)

                    In the end the browser shows a page that it cannot open, at \(redirect)?…
                    Paste the whole URL from its bar here:

                    """)
            } paste: {
                readLine()
            } complain: { problem in
                StandardOutput.write("\(problem)\nPaste it again:\n")
            }
        }
        if place.account.flow == .device {
            return try await authorisation.byDevice { flow in
                StandardOutput.write("Open \(flow.page.text) on any device and type this code:\n\n  \(flow.userCode)\n\n")
                if let page = flow.pageWithCode { StandardOutput.write("Or open \(page.text)\n\n") }
                StandardOutput.write("Waiting …\n")
            }
        }
        return try await authorisation.byBrowser { page in
            StandardOutput.write(
                """
                Open this page in a browser on this machine and allow it:

                  \(page.text)

                Waiting for the browser to come back. On another machine, use --paste.

                """)
        }
    }

    private func keep(_ grant: StoredGrant, in store: GrantStore) async throws {
        let lock = try await Account.lock(grant.account, store)
        do {
            if let aside = try store.write(grant) {
                StandardError.note("the file that was there cannot be read, and is kept as \(aside)")
            }
        } catch {
            throw UserError("'\(grant.account)' is allowed, and it cannot be stored: \(error)")
        }
        withExtendedLifetime(lock) {}
        StandardOutput.write("'\(grant.account)' is allowed; \(store.path(of: grant.account)) keeps it\n")
    }
}

extension OAuthAccount {
    /// The same application, by the flow with a code.
    fileprivate mutating func useDevice() throws {
        let provider = configuration.provider
        if let obstacle = provider.obstacles[.device] { throw UserError(obstacle) }
        guard provider.deviceURL != nil else {
            throw UserError("there is no 'device-url' for the account '\(name)': the provider does not show codes")
        }
        configuration.flow = .device
    }
}
