// Strategy: a request is a value, so each is compared with the text that goes over the wire. Vectors are those of the RFCs.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A request for a token` {
    @Test func `has a form with everything escaped that has to be`() {
        // RFC 6749 appendix B.
        #expect(FormText.encode([("name", " %&+£€")]) == "name=+%25%26%2B%C2%A3%E2%82%AC")
        #expect(FormText.encode([("a=b", "~*-._"), ("", "")]) == "a%3Db=%7E*-._&=")
    }

    @Test func `is read back from a form as it was`() throws {
        let fields = try #require(FormText.decode("name=+%25%26%2B%C2%A3%E2%82%AC&x&y=a=b&&%7E=%7e"))
        #expect(fields.map(\.name) == ["name", "x", "y", "~"])
        #expect(fields.map(\.value) == [" %&+£€", "", "a=b", "~"])
        for text in ["a=%", "a=%4", "a=%g0", "a=%C3%28"] { #expect(FormText.decode(text) == nil) }
    }

    @Test func `shows the refresh token`() throws {
        let request = try OAuthExample.client().refresh(Secret(text: "1//a+b"))
        #expect(request.url.text == "https://login.example.org/token")
        #expect(request.form == "grant_type=refresh_token&refresh_token=1%2F%2Fa%2Bb&client_secret=s%26cret&client_id=app+id")
        #expect(
            request.headers.map { "\($0.name): \($0.value.exposedText)" } == [
                "Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
            ])
    }

    @Test func `shows the application's secret in a header where the provider wants it there`() throws {
        let request = try OAuthExample.client(secret: "s&cret", .header).refresh(Secret(text: "r"))
        // base64 of app+id:s%26cret
        #expect(request.authorization == "Basic YXBwK2lkOnMlMjZjcmV0")
        #expect(request.form == "grant_type=refresh_token&refresh_token=r")
        let open = try OAuthExample.client(secret: nil, .header).refresh(Secret(text: "r"))
        #expect(open.authorization == nil)
        #expect(open.form == "grant_type=refresh_token&refresh_token=r&client_id=app+id")
    }

    @Test func `is one for each flow`() throws {
        let code = try OAuthExample.client(secret: nil)
        let pending = PendingAuthorisation(state: [1], verifier: [2], redirect: "http://127.0.0.1:1/")
        #expect(
            code.exchange(Secret(text: "c"), of: pending).form
                == "grant_type=authorization_code&code=c&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&code_verifier=Ag&client_id=app+id"
        )
        let device = try OAuthExample.client(.device, secret: nil)
        let started = try #require(device.deviceAuthorisation())
        #expect(started.url.text == "https://login.example.org/device")
        #expect(started.form == "scope=&client_id=app+id")
        #expect(
            device.poll(Secret(text: "d")).form
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d&client_id=app+id")
        var own = try OAuthExample.client(.clientCredentials)
        own.scopes = ["https://outlook.office365.com/.default"]
        #expect(
            own.ownToken().form
                == "grant_type=client_credentials&scope=https%3A%2F%2Foutlook.office365.com%2F.default&client_secret=s%26cret&client_id=app+id"
        )
        #expect(
            own.ownToken(assertion: Secret(text: "x.y.z")).form
                == "grant_type=client_credentials&scope=https%3A%2F%2Foutlook.office365.com%2F.default"
                + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=x.y.z&client_id=app+id"
        )
        #expect(
            own.serviceToken(assertion: Secret(text: "x.y.z")).form
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=x.y.z")
    }

    @Test func `is not printed`() throws {
        let request = try OAuthExample.client(.code, secret: "open sesame", .header).refresh(Secret(text: "swordfish"))
        var text = "\(request)"
        dump(request, to: &text)
        for secret in ["sesame", "swordfish", "Basic"] { #expect(!text.contains(secret)) }
    }
}

@Suite struct `The URL of an authorisation server` {
    @Test(arguments: [
        "https://login.example.org/token", "https://login.example.org", "https://login.example.org:8443/a?b=c",
        "https://[2001:db8::1]/",
        "http://127.0.0.1:8080/token", "http://localhost/", "http://[::1]:1/", "http://127.9.9.9/",
    ])
    func `is https, or leads to this machine`(text: String) throws {
        #expect(try OAuthURL(text).text == text)
    }

    @Test func `may get a port`() throws {
        #expect(try OAuthURL("http://localhost").text(withPort: 7) == "http://localhost:7")
        #expect(try OAuthURL("http://[::1]/a?b").text(withPort: 7) == "http://[::1]:7/a?b")
        #expect(try OAuthURL("http://localhost:8/a").text(withPort: 7) == "http://localhost:8/a")
    }

    @Test(arguments: [
        "", "login.example.org", "ftp://login.example.org/", "HTTPS://login.example.org/", "http://login.example.org/token",
        "http://127.0.0.1.example.org/", "http://localhost.example.org/", "http://localhost@example.org/",
        "https://user@example.org/",
        "https:///token", "https://:443/", "https://a:0/", "https://a:65536/", "https://a:x/", "https://a/#b", "https://a b/",
        "https://a/\r\nX: y", "https://ü.example.org/", "https://[::1/", "https://[a]/", "https://[::1]x/", "https://a%00/",
        "https://login.example.org/{tenant}/token", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/",
    ])
    func `is nothing else`(text: String) {
        #expect(throws: OAuthURL.Failure.self) { try OAuthURL(text) }
    }
}

@Suite struct `A proof key` {
    @Test func `is that of RFC 7636, appendix B`() {
        let pkce = PKCE(octets: [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91,
            88,
            5, 88, 83, 132, 141, 121,
        ])
        #expect(pkce.verifier.exposedText == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(pkce.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }
}
