import InterpostCore
import NIOCore
import Testing

/// What each capability is read as: the tables of `Capabilities.md` are right.
@Suite struct CapabilityVocabularyTests {
    @Test func `IMAP capabilities are read as the tables say, and all that have a name are there`() throws {
        var named: Set<IMAPCapability.Name> = []
        for section in ["IMAP: what is standard", "IMAP: mechanisms", "IMAP: of servers' own"] {
            try VocabularyTable.check("Capabilities", section: section) { wire in
                let capability = IMAPCapability(reading: wire)
                if let name = capability.name { named.insert(name) }
                return described(capability) + (capability.origin.map { ", " + $0 } ?? "")
            }
        }
        #expect(named == Set(IMAPCapability.Name.allCases))
    }

    @Test func `a list is found wherever it stands`() throws {
        try VocabularyTable.check("Capabilities", section: "IMAP: where the list is") { wire in
            var reading = Reading(.imap)
            if !String(buffer: wire).hasSuffix("ready") {
                reading.receive(ByteBuffer(string: "* OK ready\r\n"), from: .server)
                reading.receive(ByteBuffer(string: "a LOGIN anna sesame\r\n"), from: .client)
            }
            reading.receive(ByteBuffer(string: String(buffer: wire) + "\r\n"), from: .server)
            return reading.log.map(\.summary).last { $0.hasPrefix("capabilities") } ?? "no list"
        }
    }

    @Test func `POP3 capabilities are read as the table says`() throws {
        try VocabularyTable.check("Capabilities", section: "POP3") { wire in
            let name = ByteBuffer(bytes: wire.readableBytesView.prefix { $0 != UInt8(ascii: " ") })
            return described(POP3Capability(reading: wire)) + (POP3Capability.origin(of: name).map { ", " + $0 } ?? "")
        }
    }

    @Test(arguments: [
        ("IMAP4rev2", "MOVE", true), ("imap4REV2", "STATUS=SIZE", true), ("IMAP4rev2", "BINARY", false),
        ("IMAP4rev1", "MOVE", false), ("QRESYNC", "CONDSTORE", true), ("UTF8=ONLY", "UTF8=ACCEPT", true),
        ("move", "MOVE", true), ("AUTH=plain", "AUTH=PLAIN", true), ("AUTH=PLAIN", "AUTH=LOGIN", false),
        ("SORT=DISPLAY", "SORT", false),
    ])
    func `a capability may stand for others`(listed: String, asked: String, isOffered: Bool) {
        let list = [IMAPCapability(reading: ByteBuffer(string: listed))]
        #expect(list.offers(IMAPCapability(reading: ByteBuffer(string: asked))) == isOffered)
    }

    @Test(arguments: [
        ("APPENDLIMIT=", "known(appendLimit, text())"), ("APPENDLIMIT=many", "known(appendLimit, text(many))"),
        ("APPENDLIMIT=18446744073709551616", "known(appendLimit, text(18446744073709551616))"),
        ("AUTH=", "known(auth, text())"), ("AUTH", "known(auth, nil)"), ("IDLE=FOO", "other(IDLE=FOO)"), ("=", "other(=)"),
        ("", "other()"), ("Idle", "known(idle, nil)"), ("RIGHTS=Te", "known(rights, text(Te))"),
        ("THREAD=refs", "known(thread, word(REFS))"),
    ])
    func `an odd capability is read as what it is`(wire: String, expected: String) {
        #expect(described(IMAPCapability(reading: ByteBuffer(string: wire))) == expected)
    }

    @Test func `only mechanisms with -PLUS bind the channel`() {
        let words = ["AUTH=SCRAM-SHA-256-PLUS", "auth=scram-sha-1-plus", "AUTH=SCRAM-SHA-256", "LITERAL+", "X-PLUS"]
        #expect(words.map { IMAPCapability(reading: ByteBuffer(string: $0)).bindsChannel } == [true, true, false, false, false])
    }
}
