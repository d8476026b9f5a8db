// Strategy: the person, the server and the clock are played; each question is asked when the value says so.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `A device flow` {
    static let second = OAuthExample.second
    static let start = WireTime(nanoseconds: 1_000 * second)

    static func flow(
        _ members: String = #","expires_in":1800,"interval":5"#,
        page: String = #""verification_uri":"https://example.com/device""#
    )
        throws -> DeviceFlow
    {
        let request = try #require(OAuthExample.client(.device).deviceAuthorisation())
        return try DeviceFlow(
            OAuthExample.answer(200, #"{"device_code":"d3v1ce","user_code":"WDJB-MJHT",\#(page)\#(members)}"#), to: request,
            at: start)
    }

    @Test func `shows a code and a page`() throws {
        let flow = try Self.flow(
            #","verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT","expires_in":1800"#)
        #expect(flow.userCode == "WDJB-MJHT")
        #expect(flow.page.text == "https://example.com/device")
        #expect(flow.pageWithCode?.text == "https://example.com/device?user_code=WDJB-MJHT")
        #expect(flow.deviceCode.exposedText == "d3v1ce")
        #expect(try Self.flow("", page: #""verification_url":"https://www.google.com/device""#).page.host == "www.google.com")
    }

    @Test(arguments: [
        #""verification_uri":"http://example.com/device""#, #""verification_uri":"javascript:alert(1)""#, #""x":1"#,
    ])
    func `shows no page that is not https`(page: String) {
        #expect(throws: OAuthFailure.self) { try Self.flow(page: page) }
    }

    @Test func `asks as often as it may`() throws {
        var flow = try Self.flow()
        #expect(flow.step(at: Self.start) == .wait(until: Self.start.later(by: 5 * Self.second)))
        var now = Self.start.later(by: 5 * Self.second)
        #expect(flow.step(at: now) == .poll)
        try flow.failed(.pending, at: now)
        #expect(flow.step(at: now) == .wait(until: now.later(by: 5 * Self.second)))
        try flow.failed(.slowDown, at: now)
        #expect(flow.step(at: now) == .wait(until: now.later(by: 10 * Self.second)))
        try flow.failed(.slowDown, at: now)
        #expect(flow.step(at: now) == .wait(until: now.later(by: 15 * Self.second)))
        now = now.later(by: 15 * Self.second)
        try flow.failed(.transient("not reached"), at: now)
        #expect(flow.step(at: now) == .wait(until: now.later(by: 30 * Self.second)))
        try flow.failed(.transient("busy", retryAfter: 120), at: now)
        #expect(flow.step(at: now) == .wait(until: now.later(by: 120 * Self.second)))
    }

    @Test func `ends with the code`() throws {
        let flow = try Self.flow(#","expires_in":7"#)
        #expect(flow.step(at: Self.start.later(by: 7 * Self.second - 1)) == .poll)
        #expect(flow.step(at: Self.start.later(by: 7 * Self.second)) == .expired)
        let bounded = try Self.flow(#","expires_in":1e18,"interval":1e18"#)
        #expect(bounded.expires == Self.start.later(by: 3600 * Self.second))
        #expect(bounded.step(at: Self.start) == .wait(until: Self.start.later(by: 60 * Self.second)))
    }

    @Test(arguments: [OAuthFailure.denied("no"), .codeExpired, .misconfigured("x"), .grantEnded("x")])
    func `ends with a no`(failure: OAuthFailure) throws {
        var flow = try Self.flow()
        #expect(throws: failure) { try flow.failed(failure, at: Self.start) }
    }
}
