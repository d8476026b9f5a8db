// Strategy: the presets as they are in Config/oauth.yml, spelled out once more where a wrong letter would send a secret elsewhere; then
// the group `oauth:` of an account as a table of texts, and of what is wrong with them.

import Foundation
import InterpostCore
import TestSupport
import Testing
import Yams

@testable import InterpostConfiguration

@Suite struct `The group oauth of an account` {
    static func read(_ text: String) throws -> OAuthConfiguration {
        let node = try ConfigurationReader.compose(text, file: "interpost.yml", example: "Config/interpost.yml")
        return try ConfigurationReader(file: "interpost.yml").oauth(node)
    }

    static func problem(_ text: String) -> String {
        do {
            return "nothing: \(try read(text))"
        } catch {
            return "\(error)"
        }
    }

    @Test func `has presets whose places are known`() throws {
        let presets = try OAuthPreset.all()
        #expect(presets.keys.sorted() == ["fastmail", "google", "microsoft", "yahoo"])
        let places = try presets.values.sorted { $0.name < $1.name }.map { preset in
            let provider = try preset.provider()
            return [provider.authorizeURL, provider.tokenURL, provider.deviceURL].map { $0?.text ?? "-" }
        }
        #expect(
            places == [
                ["https://api.fastmail.com/oauth/authorize", "https://api.fastmail.com/oauth/refresh", "-"],
                [
                    "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token",
                    "https://oauth2.googleapis.com/device/code",
                ],
                [
                    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
                    "https://login.microsoftonline.com/common/oauth2/v2.0/token",
                    "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
                ],
                ["https://api.login.yahoo.com/oauth2/request_auth", "https://api.login.yahoo.com/oauth2/get_token", "-"],
            ])
        let file = EventSchema.repository.appending(path: "Config/oauth.yml")
        #expect(try OAuthPreset.read(text: String(contentsOf: file, encoding: .utf8), file: "oauth.yml") == presets)
    }

    @Test func `asks for what a provider calls access to mail`() throws {
        let google = try Self.read("{preset: google, client-id: x, client-secret: file:/s}")
        #expect(google.flow == .code && google.scopes == ["https://mail.google.com/"] && google.clientSecret == .file("/s"))
        #expect(google.provider.authorizeParameters["access_type"] == "offline" && google.provider.secretPlace == .body)
        #expect(google.provider.issuer == "https://accounts.google.com")
        let office = try Self.read("{preset: microsoft, client-id: x, flow: device}")
        #expect(
            office.scopes == [
                "https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/POP.AccessAsUser.All",
                "offline_access",
            ])
        let app = try Self.read(
            "{preset: microsoft, client-id: x, tenant: example.org, flow: client-credentials, key: /k, certificate: /c}")
        #expect(app.scopes == ["https://outlook.office365.com/.default"] && app.key == "/k" && app.certificate == "/c")
        #expect(app.provider.tokenURL.text == "https://login.microsoftonline.com/example.org/oauth2/v2.0/token")
        let service = try Self.read("{preset: google, flow: service-account, key: /k.json, scopes: [a, b]}")
        #expect(service.scopes == ["a", "b"] && service.clientID.isEmpty)
    }

    @Test func `does without a preset`() throws {
        let own = try Self.read(
            """
            client-id: interpost
            client-secret: [exec:/usr/bin/pass, show, my mail]
            scopes: mail
            authorize-url: https://login.example.org/authorize
            token-url: https://login.example.org/token
            device-url: http://127.0.0.1:8080/device
            redirect-url: https://mail.example.org/back
            """)
        #expect(own.provider.name == nil && own.provider.secretPlace == .header && own.scopes == ["mail"])
        #expect(own.clientSecret == .command(["/usr/bin/pass", "show", "my mail"]))
        #expect(own.redirectURL?.text == "https://mail.example.org/back")
        let other = try Self.read("{preset: google, client-id: x, token-url: 'https://proxy.example.org/token'}")
        #expect(other.provider.tokenURL.host == "proxy.example.org" && other.provider.authorizeURL?.host == "accounts.google.com")
    }

    @Test(arguments: [
        ("{client-id: x, scopes: a}", "'preset' is needed, or 'token-url'"),
        ("{preset: gogle, client-id: x}", "not 'gogle'; did you mean 'google'?"),
        ("{preset: google}", "'client-id' is needed"),
        ("{preset: google, client-id: x, flow: device}", "Google gives no access to mail by the device flow"),
        ("{preset: fastmail, client-id: x, flow: device}", "the preset 'fastmail' has no flow 'device'; it has code"),
        (
            "{preset: google, client-id: x, flow: cod}",
            "'flow' is one of code, device, client-credentials, service-account, not 'cod'"
        ),
        ("{preset: google, client-id: x, flow: service-account}", "'key' is needed"),
        ("{preset: google, client-id: x, tenant: y}", "'tenant' is for the preset microsoft"),
        ("{preset: microsoft, client-id: x, tenant: a/b}", "'tenant' is a directory's ID"),
        ("{preset: microsoft, client-id: x, flow: client-credentials}", "'tenant' is needed"),
        ("{preset: microsoft, client-id: x, tenant: y, flow: client-credentials}", "'client-secret' is needed"),
        ("{preset: microsoft, client-id: x, tenant: y, flow: client-credentials, key: /k}", "'certificate' is needed"),
        (
            "{preset: microsoft, client-id: x, tenant: y, flow: client-credentials, key: /k, client-secret: 'env:S'}",
            "'client-secret' or 'key'"
        ),
        ("{preset: microsoft, client-id: x, certificate: /c}", "'certificate' is for the flow client-credentials"),
        ("{preset: microsoft, client-id: x, key: /c}", "'key' is for the flows"),
        ("{preset: microsoft, client-id: x, flow: device, redirect-url: 'https://a/'}", "'redirect-url' is for the flow 'code'"),
        ("{preset: google, client-id: x, redirect-url: 'https://a/?b'}", "'redirect-url' has a query"),
        ("{preset: google, client-id: x, token-url: 'http://login.example.org/'}", "'token-url' is not https"),
        ("{preset: google, client-id: x, authorize-url: 'login.example.org'}", "'authorize-url' is not an https URL"),
        ("{token-url: 'https://a/t', client-id: x}", "'scopes' are needed"),
        ("{token-url: 'https://a/t', client-id: x, scopes: a}", "'authorize-url' is needed"),
        ("{token-url: 'https://a/t', client-id: x, scopes: a, flow: device}", "'device-url' is needed"),
        ("{token-url: 'https://a/t', client-id: x, scopes: 'a b'}", "'scopes' is a list of words"),
        ("{preset: google, client-id: x, client-secrets: y}", "has no key 'client-secrets'; did you mean 'client-secret'?"),
        ("[google]", "'oauth' is a group of keys"),
    ])
    func `says what is wrong`(text: String, problem: String) {
        let found = Self.problem(text)
        #expect(found.contains(problem), "\(found)")
        #expect(found.hasPrefix("interpost.yml:1: "), "\(found)")
    }

    @Test func `never repeats what may be a secret`() {
        let found = Self.problem("{preset: google, client-id: x, client-secret: GOCSPX-sesame}")
        #expect(found.contains("says where the secret is") && !found.contains("sesame"))
    }
}
