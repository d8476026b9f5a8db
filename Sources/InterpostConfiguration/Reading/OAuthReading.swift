import InterpostCore
import Yams

// The presets, and the group `oauth:` of an account.

extension OAuthPreset {
    /// The presets that are part of the program, by their names.
    package static func all() throws(ConfigurationError) -> [String: OAuthPreset] {
        try read(text: String(decoding: PackageResources.oauth_yml, as: UTF8.self), file: "Config/oauth.yml")
    }

    static func read(text: String, file: String) throws(ConfigurationError) -> [String: OAuthPreset] {
        let reader = ConfigurationReader(file: file)
        let node = try ConfigurationReader.compose(text, file: file, example: "Config/oauth.yml")
        guard let mapping = node.mapping else { throw reader.error(at: node, "presets are a group of names") }
        var presets: [String: OAuthPreset] = [:]
        for (key, value) in mapping {
            let name = try reader.keyValue(key, "the name of a preset")
            presets[name] = try reader.preset(value, named: name)
        }
        return presets
    }
}

extension ConfigurationReader {
    fileprivate func preset(_ node: Node, named name: String) throws(ConfigurationError) -> OAuthPreset {
        var preset: OAuthPreset?
        try section(node, named: "'\(name)'") { keys throws(ConfigurationError) in
            var tokenURL: String?
            try keys.text("token-url", into: &tokenURL)
            guard let tokenURL else { throw error(at: node, "'\(name)' needs a 'token-url'") }
            var found = OAuthPreset(name: name, tokenURL: tokenURL)
            try keys.text("authorize-url", into: &found.authorizeURL)
            try keys.text("device-url", into: &found.deviceURL)
            try keys.text("tenant", into: &found.tenant)
            try keys.text("issuer", into: &found.issuer)
            try keys.choice("client-secret-in", into: &found.secretPlace)
            var host: String?
            try keys.text("redirect-host", into: &host)
            if let host { found.redirectHost = host }
            if let parameters = keys.take("authorize-parameters")?.mapping {
                for (key, value) in parameters {
                    let name = try keyValue(key, "authorize-parameters")
                    found.authorizeParameters[name] = try keyValue(value, name)
                }
            }
            try keys.section("flows") { keys throws(ConfigurationError) in
                for flow in OAuthFlow.allCases { try self.flow(flow, &keys, of: &found) }
            }
            do {
                _ = try found.provider()
            } catch {
                throw self.error(at: node, "a URL of '\(name)' \(error)")
            }
            preset = found
        }
        guard let preset else { throw error(at: node, "'\(name)' is empty") }
        return preset
    }

    private func flow(_ flow: OAuthFlow, _ keys: inout Keys, of preset: inout OAuthPreset) throws(ConfigurationError) {
        var scopes: [String] = []
        var obstacle: String?
        var needsTenant = false
        try keys.section(flow.rawValue) { keys throws(ConfigurationError) in
            scopes = try keys.texts("scopes")
            try keys.text("obstacle", into: &obstacle)
            try keys.flag("needs-tenant", into: &needsTenant)
        }
        if !scopes.isEmpty { preset.scopes[flow] = scopes }
        preset.obstacles[flow] = obstacle
        if needsTenant { preset.tenantFlows.insert(flow) }
    }
}

extension ConfigurationReader {
    /// The group `oauth:` of an account. No error repeats what may be a secret.
    func oauth(_ node: Node) throws(ConfigurationError) -> OAuthConfiguration {
        var oauth: OAuthConfiguration?
        try section(node, named: "'oauth'") { keys throws(ConfigurationError) in
            var flow = OAuthFlow.code
            try keys.choice("flow", into: &flow)
            var found = OAuthConfiguration(provider: try provider(&keys, flow, node), flow: flow, clientID: "")
            var id: String?
            try keys.text("client-id", into: &id)
            found.clientID = id ?? ""
            found.clientSecret = try clientSecret(&keys)
            let scopes = try keys.texts("scopes")
            guard scopes.allSatisfy({ $0.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C } }) else {
                throw keys.problem(at: "scopes", "'scopes' is a list of words, each without spaces")
            }
            if !scopes.isEmpty { found.scopes = scopes }
            try keys.text("key", into: &found.key)
            try keys.text("certificate", into: &found.certificate)
            found.redirectURL = try url("redirect-url", &keys)
            if let problem = found.problem { throw keys.problem(at: problem.key, in: node, problem.message) }
            oauth = found
        }
        guard let oauth else { throw error(at: node, "'oauth' is empty") }
        return oauth
    }

    /// The preset, with what the account says in its place.
    private func provider(_ keys: inout Keys, _ flow: OAuthFlow, _ node: Node) throws(ConfigurationError) -> OAuthProvider {
        let preset = try preset(&keys)
        let tenant = try tenant(&keys, of: preset, flow)
        let (authorize, device) = (try url("authorize-url", &keys), try url("device-url", &keys))
        let token = try url("token-url", &keys)
        var provider: OAuthProvider?
        do {
            provider = try preset?.provider(tenant: tenant)
        } catch {
            throw keys.problem(at: "preset", "a URL of the preset \(error)")
        }
        if let token {
            provider = provider ?? OAuthProvider(tokenURL: token)
            provider?.tokenURL = token
        }
        guard var provider else {
            throw error(at: node, "'preset' is needed, or 'token-url' of the provider's authorisation server")
        }
        if let authorize { provider.authorizeURL = authorize }
        if let device { provider.deviceURL = device }
        // Another server is another issuer.
        if authorize != nil { provider.issuer = nil }
        return provider
    }

    private func preset(_ keys: inout Keys) throws(ConfigurationError) -> OAuthPreset? {
        var name: String?
        try keys.text("preset", into: &name)
        guard let name else { return nil }
        let presets = try OAuthPreset.all()
        if let preset = presets[name] { return preset }
        let names = presets.keys.sorted()
        throw keys.problem(
            at: "preset",
            "'preset' is one of \(names.joined(separator: ", ")), not '\(name)'"
                + Suggestion.nearest(to: name, among: names))
    }

    private func tenant(_ keys: inout Keys, of preset: OAuthPreset?, _ flow: OAuthFlow) throws(ConfigurationError) -> String? {
        var tenant: String?
        try keys.text("tenant", into: &tenant)
        guard let tenant else {
            guard preset?.tenantFlows.contains(flow) == true else { return nil }
            throw keys.problem(
                at: "flow", "'tenant' is needed for the flow '\(flow.rawValue)': the directory's ID or one of its domains")
        }
        guard preset?.hasTenant == true else {
            throw keys.problem(at: "tenant", "'tenant' is for the preset microsoft")
        }
        guard OAuthPreset.isTenant(tenant) else {
            throw keys.problem(at: "tenant", "'tenant' is a directory's ID or one of its domains: letters, digits, '-' and '.'")
        }
        return tenant
    }

    private func url(_ key: String, _ keys: inout Keys) throws(ConfigurationError) -> OAuthURL? {
        var text: String?
        try keys.text(key, into: &text)
        guard let text else { return nil }
        do {
            return try OAuthURL(text)
        } catch {
            throw keys.problem(at: key, "'\(key)' \(error)")
        }
    }

    private func clientSecret(_ keys: inout Keys) throws(ConfigurationError) -> SecretSource? {
        let texts = try keys.texts("client-secret")
        guard !texts.isEmpty else { return nil }
        do {
            return try SecretSource(texts)
        } catch {
            throw keys.problem(at: "client-secret", "'client-secret' \(error)")
        }
    }
}
