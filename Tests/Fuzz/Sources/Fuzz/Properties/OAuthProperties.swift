import NIOCore

@testable import InterpostCore

/// What holds for everything that an authorisation server, or a browser, comes back with.
///
///     400 application/json 120
///     {"error":"invalid_grant"}
enum OAuthProperties {
    private static let secret = "c0rrect-horse-battery"
    private static let now = WireTime(nanoseconds: 1_800_000_000_000_000_000)

    static func check(_ input: ByteBuffer) throws(Violation) {
        guard let url = try? OAuthURL("https://login.example.org/token") else { throw Violation(description: "no URL") }
        let provider = OAuthProvider(tokenURL: url, deviceURL: url)
        let client = OAuthClient(provider: provider, flow: .code, id: "app", secret: Secret(text: secret))
        let request = client.refresh(Secret(text: "refresh-\(secret)"))
        let answer = answer(input)
        let work = Work.of { _ = try? OAuthToken(answer, to: request, at: now) }
        try require(work <= 100 * input.readableBytes + 100_000, "work of \(work) for \(input.readableBytes) octets")
        try checkToken(answer, request)
        try checkDevice(answer, request)
        try checkRedirect(String(buffer: answer.body))
        try checkForm(String(buffer: answer.body))
    }

    /// The first line has the status, the type and when to come again; the rest is the body.
    private static func answer(_ input: ByteBuffer) -> OAuthAnswer {
        let view = input.readableBytesView
        let line = view.prefix { $0 != .lineFeed }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 2).map(String.init)
        return OAuthAnswer(
            status: words.first.flatMap { Int($0) } ?? 200, contentType: words.count > 1 ? words[1] : nil,
            retryAfter: words.count > 2 ? words[2] : nil, body: ByteBuffer(bytes: view.dropFirst(line.count + 1)))
    }

    private static func checkToken(_ answer: OAuthAnswer, _ request: OAuthRequest) throws(Violation) {
        let result = Result { () throws(OAuthFailure) in try OAuthToken(answer, to: request, at: now) }
        switch result {
        case .success(let token):
            try require((1...2_592_000).contains(token.lifetime), "a token for \(token.lifetime) seconds")
            let isPrintable = token.access.withExposedBytes { $0.readableBytesView.allSatisfy(\.isPrintable) }
            try require(isPrintable, "a token that ends a field")
            try require((200..<300).contains(answer.status), "a token with the status \(answer.status)")
        case .failure(let failure): try check(failure)
        }
        // Whatever it is, the life of a token goes on.
        var life = TokenLife(account: "anna", flow: .code, refreshToken: Secret(text: "r1"))
        _ = life.needsToken(at: now)
        switch life.answered(result, to: Secret(text: "r1"), at: now, jitter: 0) {
        case .store(let token): _ = life.stored(token, at: now)
        case .tell, .nothing: break
        }
        switch life.needsToken(at: now) {
        case .use, .fail: break
        case let other: throw Violation(description: "\(other) after an answer")
        }
    }

    private static func checkDevice(_ answer: OAuthAnswer, _ request: OAuthRequest) throws(Violation) {
        switch Result(catching: { () throws(OAuthFailure) in try DeviceFlow(answer, to: request, at: now) }) {
        case .success(let flow): try TerminalProperties.require(shown: flow.userCode, "the code for a person")
        case .failure(let failure): try check(failure)
        }
    }

    private static func check(_ failure: OAuthFailure) throws(Violation) {
        switch failure {
        case .transient(let text, let rest):
            try check(text)
            try require((0...86_400).contains(rest ?? 0), "a rest of \(rest ?? 0) seconds")
        case .grantEnded(let text), .misconfigured(let text), .denied(let text): try check(text)
        case .pending, .slowDown, .codeExpired: break
        }
    }

    private static func check(_ text: String) throws(Violation) {
        try checkShown(text)
        try require(!text.contains(secret), "an error with a secret")
    }

    private static func checkShown(_ text: String) throws(Violation) {
        try TerminalProperties.require(shown: text, "an error")
        try require(text.unicodeScalars.count <= 700, "an error of \(text.unicodeScalars.count) characters")
    }

    /// No redirect is right that does not have the state.
    private static func checkRedirect(_ text: String) throws(Violation) {
        let pending = PendingAuthorisation(state: [1, 2, 3], verifier: [4], redirect: "http://127.0.0.1:1/")
        for query in [text, "/?" + text, "http://127.0.0.1:1/?" + text] {
            switch Result(catching: { () throws(PendingAuthorisation.Refusal) in try pending.code(in: query) }) {
            case .success: try require(query.contains("AQID"), "a redirect without the state")
            // A browser does not know the application's secret.
            case .failure(.refused(let text)): try checkShown(text)
            case .failure: break
            }
        }
    }

    private static func checkForm(_ text: String) throws(Violation) {
        guard let fields = FormText.decode(text) else { return }
        let again = FormText.decode(FormText.encode(fields))
        try requireEqual(again?.map(\.name), fields.map(\.name), "names of a form, written and read again")
        try requireEqual(again?.map(\.value), fields.map(\.value), "values of a form, written and read again")
    }
}
