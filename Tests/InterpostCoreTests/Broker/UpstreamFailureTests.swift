// Strategy: each code that a server may give a refused login (RFC 5530, RFC 2449, RFC 3206), what the client is told for it, and that
// nothing of the server's own words is in what the operator reads.

import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `Why an account cannot be used` {
    private static func imap(_ text: String) throws -> UpstreamFailure {
        UpstreamFailure(login: try #require(IMAPStatus(reading: ByteBuffer(string: "x \(text)\r\n"))))
    }

    private static func pop3(_ text: String) throws -> UpstreamFailure {
        UpstreamFailure(login: try #require(POP3Reply(reading: ByteBuffer(string: "\(text)\r\n"))))
    }

    @Test(arguments: [
        ("NO geheim", UpstreamFailure.Kind.authentication), ("NO [AUTHENTICATIONFAILED] geheim", .authentication),
        ("NO [AUTHORIZATIONFAILED] geheim", .authentication), ("NO [EXPIRED] geheim", .administrator),
        ("NO [PRIVACYREQUIRED] geheim", .administrator), ("NO [CONTACTADMIN] geheim", .administrator),
        ("NO [WEBALERT https://geheim] geheim", .administrator), ("NO [UNAVAILABLE] geheim", .unavailable),
        ("NO [INUSE] geheim", .unavailable), ("NO [SERVERBUG] geheim", .unavailable), ("NO [LIMIT] geheim", .limit),
        ("NO [OVERQUOTA] geheim", .limit), ("NO [ALERT] geheim", .authentication), ("NO [CLIENTBUG] geheim", .authentication),
        ("NO [CANNOT] geheim", .authentication), ("NO [geheim] no", .authentication), ("NO [geheim geheim] no", .authentication),
        ("NO [X-geheim] no", .authentication), ("BAD geheim", .authentication), ("no [unavailable] geheim", .unavailable),
        ("NO [ALERT] Too many simultaneous connections. (geheim)", .limit), ("NO [] geheim", .authentication),
    ])
    func `follows from the code of an IMAP server`(line: String, kind: UpstreamFailure.Kind) throws {
        let failure = try Self.imap(line)
        #expect(failure.kind == kind)
        #expect(!failure.reason.uppercased().contains("GEHEIM"), "\(failure.reason)")
    }

    @Test(arguments: [
        ("-ERR geheim", UpstreamFailure.Kind.authentication), ("-ERR [AUTH] geheim", .authentication),
        ("-ERR [IN-USE] geheim", .unavailable), ("-ERR [in-use] geheim", .unavailable), ("-ERR [LOGIN-DELAY] geheim", .limit),
        ("-ERR [LOGIN-DELAY/60] geheim", .limit), ("-ERR [SYS/TEMP] geheim", .unavailable),
        ("-ERR [SYS/PERM] geheim", .administrator),
        ("-ERR [SYS/PERM/geheim] geheim", .administrator), ("-ERR [geheim] no", .authentication), ("-ERR", .authentication),
    ])
    func `follows from the code of a POP3 server`(line: String, kind: UpstreamFailure.Kind) throws {
        let failure = try Self.pop3(line)
        #expect(failure.kind == kind)
        #expect(!failure.reason.uppercased().contains("GEHEIM"), "\(failure.reason)")
    }

    @Test(arguments: [
        (UpstreamFailure.Kind.authentication, "AUTHENTICATIONFAILED", "AUTH"), (.unavailable, "UNAVAILABLE", "SYS/TEMP"),
        (.limit, "LIMIT", "SYS/TEMP"), (.administrator, "CONTACTADMIN", "SYS/PERM"),
    ])
    func `is one of four codes for the client, without the reason`(kind: UpstreamFailure.Kind, imap: String, pop3: String) {
        let failure = UpstreamFailure(kind, "geheim")
        #expect((failure.imapCode, failure.pop3Code) == (imap, pop3))
        #expect(!failure.text.contains("geheim"))
        #expect(failure.text.utf8.allSatisfy { $0.isPrintable || $0 == .space })
    }
}
