import Foundation
import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Looking for a secret` {
    private static let secret = "Sésame \"7\""

    private static func find(_ text: String, octets: Int = .max) -> Set<String> {
        let search = SecretSearch([Secret(ByteBuffer(string: secret))])
        var place = SecretSearch.Place()
        var rest = ByteBuffer(string: text)
        var found: Set<String> = []
        while let piece = rest.readSlice(length: min(octets, rest.readableBytes)), piece.readableBytes > 0 {
            found.formUnion(search.read(piece, at: &place).map(\.spelling))
        }
        return found
    }

    static let spellings: [(String, String)] = [
        ("as it is", "a LOGIN anna Sésame \"7\""),
        ("as it is", "BAD SéSAME \"7\"?"),
        ("in quotes", #"a LOGIN anna "Sésame \"7\"""#),
        ("percent-encoded", "imap://anna:S%C3%A9same%20%227%22@host"),
        ("percent-encoded", "%53%c3%a9%73%61%6d%65%20%22%37%22"),
        ("quoted-printable", "it is S=C3=A9same \"7\" so"),
        ("quoted-printable", "it is S=C3=A9s=\r\name \"7\" so"),
        ("in an encoded word", "Subject: =?utf-8?Q?S=C3=A9same_=227=22?="),
        ("in modified UTF-7", "C1 SELECT \"S&AOk-same \"7\"\""),
        ("in hexadecimal", "53c3a973616d6520223722"),
        ("in base64", "AUTHENTICATE PLAIN " + base64("\0anna\0\(secret)")),
        ("in base64", base64("\(secret) and more")),
        ("in base64", base64("x\(secret)")), ("in base64", base64("xx\(secret)!")), ("in base64", base64("xxx\(secret)!!")),
        (
            "in base64",
            String(base64("a letter with \(secret) in it").enumerated().flatMap { $0 % 7 == 6 ? [$1, "\r", "\n"] : [$1] })
        ),
    ]

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test(arguments: spellings) func `finds it in every spelling, however the octets come`(name: String, text: String) {
        for octets in [Int.max, 1, 3] { #expect(Self.find(text, octets: octets).contains(name), "\(text)") }
    }

    @Test(arguments: ["a LOGIN anna sesame", "S%C3%A9sam%20%227%22", base64("Sésame 7"), "", "\r\n\r\n==\r\n"])
    func `finds nothing where it is not`(text: String) {
        #expect(Self.find(text).isEmpty)
    }

    @Test func `tells several apart, also where one ends within another`() {
        let search = SecretSearch(["open sesame", "sesame", "same"].map { Secret(ByteBuffer(string: $0)) })
        var place = SecretSearch.Place()
        let hits = search.read(ByteBuffer(string: "x open sesame"), at: &place)
        #expect(Set(hits.map(\.secret)) == [0, 1, 2])
        var other = SecretSearch.Place()
        #expect(Set(search.read(ByteBuffer(string: "open  sesam, lame same"), at: &other).map(\.secret)) == [2])
    }
}
