import NIOCore
import Testing

@testable import InterpostCore

@Suite struct `The canonical name of a mailbox` {
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    private static func canonical(_ name: String, _ separator: UInt8?) -> String? {
        CanonicalMailbox(MailboxName(name), separator: separator).map { String(buffer: $0.bytes) }
    }

    @Test(arguments: [
        ("INBOX", "INBOX"), ("inbox", "INBOX"), ("InBoX", "INBOX"), ("inbox.Victim", "INBOX.Victim"),
        ("INBOX.INBOX", "INBOX.INBOX"), ("Victim.inbox", "Victim.inbox"), ("inbox-archive", "inbox-archive"),
        ("user.test", "user.test"), ("Entw&APw-rfe", "Entw&APw-rfe"), ("A &- B", "A &- B"), ("inbox.&ANw-", "INBOX.&ANw-"),
        ("&2Dzf,w-", "&2Dzf,w-"), ("a/b", "a/b"), ("&AOk-", "&AOk-"), ("e&AwE-", "e&AwE-"),
    ])
    func `is the one spelling that servers agree on`(name: String, canonical: String) {
        #expect(Self.canonical(name, Self.dot) == canonical)
    }

    /// Spellings of INBOX and of INBOX.Victim that one server or another takes (smuggling, section 4.11), and spellings of other
    /// names than their right one.
    @Test(arguments: [
        "", "INBOX.", "INBOX..", "INBOX.Victim.", ".INBOX", "INBOX..Victim", "INBOX...Victim", "a..b", "..", "&AEk-NBOX",
        "&AEkATgBCAE8AWA-", "INBOX.V&AGk-ctim", "INBOX.Victim&AAA-", "INBOX\u{0}", "INBOX.\u{DC}", "a\u{7F}b", "a\tb", "a\nb",
        "&", "a&b", "&AOk", "&AOl-", "&AOkA-", "&AOk-&AOk-", "&2AA-", "&3AA-", "&AAo-", "&AH8-", "&AC4-", "&ACY-", "&A,/-",
    ])
    func `is none for what servers read differently`(name: String) { #expect(Self.canonical(name, Self.dot) == nil) }

    @Test(arguments: ["/INBOX", "INBOX/", "a//b", "a/./b", "../a", "a/..", "."])
    func `has no empty levels, and none that are directories`(name: String) {
        #expect(Self.canonical(name, Self.slash) == nil)
    }

    @Test func `has only INBOX as a whole in any case while the separator is not known`() {
        #expect(Self.canonical("inbox", nil) == "INBOX")
        #expect(Self.canonical("inbox/a", nil) == "inbox/a")
    }

    @Test func `is compared as octets`() {
        let composed = CanonicalMailbox(MailboxName("&AOk-"), separator: nil)
        let decomposed = CanonicalMailbox(MailboxName("e&AwE-"), separator: nil)
        #expect(composed != nil && decomposed != nil && composed != decomposed)
        #expect(composed?.description == "\u{E9}")
    }

    @Test func `is not made of a literal that was not kept`() {
        let name = MailboxName(IMAPString(ByteBuffer(string: "INBOX"), form: .literal, length: 70_000))
        #expect(CanonicalMailbox(name, separator: nil) == nil)
    }

    // MARK: - Patterns

    private static func matches(_ pattern: String, _ name: String, _ separator: UInt8? = slash) -> Bool? {
        CanonicalMailbox(MailboxName(IMAPString(ModifiedUTF7.encode(name))), separator: separator).map {
            MailboxPattern(pattern).matches($0, separator: separator)
        }
    }

    @Test(arguments: [
        ("INBOX", "inbox"), ("inbox", "INBOX"), ("Inbox/*", "INBOX/a/b"), ("inb*", "INBOX"), ("*", "INBOX"), ("*", "a/b"),
        ("%", "a"), ("a/%", "a/b"), ("a/%/c", "a/b/c"), ("%/c", "a/c"), ("Lists/*", "Lists/swift/evolution"), ("a*c", "abbc"),
        ("a*c", "ac"), ("*a*", "bab"), ("inbox-archive", "inbox-archive"), ("Entw\u{FC}rfe", "Entw\u{FC}rfe"),
        ("\u{79C1}*", "\u{79C1}\u{4EBA}"), ("*\u{4EBA}", "\u{79C1}\u{4EBA}"), ("\u{79C1}%/x", "\u{79C1}\u{4EBA}/x"),
        ("a&b", "a&b"),
    ])
    func `is matched by a pattern`(pattern: String, name: String) { #expect(Self.matches(pattern, name) == true) }

    @Test(arguments: [
        ("INBOX", "INBOX/a"), ("a", "A"), ("Lists/*", "Lists"), ("a/%", "a/b/c"), ("%", "a/b"), ("a/INBOX", "a/inbox"),
        ("inbox-archive", "INBOX-archive"), ("Entwurfe", "Entw\u{FC}rfe"), ("\u{E9}", "e\u{301}"), ("a*c", "abcd"), ("", "a"),
    ])
    func `is not matched by another pattern`(pattern: String, name: String) { #expect(Self.matches(pattern, name) == false) }

    @Test func `is matched in time that grows with both lengths`() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(Self.matches(pattern, String(repeating: "a", count: 8000)) == false)
    }

    @Test(arguments: [("X/Private", "X"), ("X/*", "X"), ("*/Private", "X"), ("X/%/y", "X/a"), ("*", "a"), ("inbox/x", "INBOX")])
    func `may have others below it that a pattern matches`(pattern: String, name: String) throws {
        let mailbox = try #require(CanonicalMailbox(MailboxName(name), separator: Self.slash))
        #expect(MailboxPattern(pattern).mayMatch(below: mailbox, separator: Self.slash))
        #expect(!MailboxPattern(pattern).mayMatch(below: mailbox, separator: nil))
    }

    @Test(arguments: [("X/Private", "Y"), ("X", "X"), ("X/%", "X/a"), ("%", "X"), ("XY", "X")])
    func `may have none below it that a pattern matches`(pattern: String, name: String) throws {
        let mailbox = try #require(CanonicalMailbox(MailboxName(name), separator: Self.slash))
        #expect(!MailboxPattern(pattern).mayMatch(below: mailbox, separator: Self.slash))
    }

    // MARK: - Users and addresses

    @Test func `names of users are matched as octets, with a star for anything`() {
        func matches(_ pattern: String, _ user: String) -> Bool { TextPattern(pattern).matches(ByteBuffer(string: user)) }
        #expect(matches("anna", "anna") && matches("*@example.org", "anna@example.org") && matches("a%b", "a%b"))
        #expect(!matches("anna", "Anna") && !matches("anna", "anna2") && !matches("a%b", "ab") && !matches("a%b", "axb"))
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("192.0.2.0/24", "192.0.2.255"), ("192.0.2.0/24", "::ffff:192.0.2.1"),
        ("0.0.0.0/0", "203.0.113.9"), ("::/0", "203.0.113.9"), ("::1", "0:0:0:0:0:0:0:1"), ("2001:db8::/32", "2001:db8:ffff::1"),
        ("2001:DB8::7", "2001:db8:0::7"), ("fe80::/10", "fe80::1%eth0"), ("192.0.2.7/32", "192.0.2.7"),
        ("::ffff:192.0.2.0/120", "192.0.2.9"),
    ])
    func `an address is in a range`(range: String, address: String) throws {
        #expect(try #require(AddressRange(range)).contains(#require(IPAddress(address))))
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.3.0"), ("192.0.2.7", "192.0.2.8"), ("0.0.0.0/0", "2001:db8::1"), ("2001:db8::/32", "2001:db9::"),
        ("192.0.2.0/31", "192.0.2.2"), ("::1", "127.0.0.1"),
    ])
    func `an address is not in a range`(range: String, address: String) throws {
        #expect(try !#require(AddressRange(range)).contains(#require(IPAddress(address))))
    }

    @Test(arguments: [
        "", "/", "/24", "192.0.2", "192.0.2.256", "192.0.2.07", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/024",
        "::/129", "1::2::3", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "fe80::1%eth0",
        "localhost",
        "192.0.2.1.1", "1.2.3.4::", "192.0.2.0/24/8",
    ])
    func `what is no range is not taken for one`(text: String) { #expect(AddressRange(text) == nil) }
}
