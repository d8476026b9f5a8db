// Strategy: what is written is read again, and each part of the text that is left out, doubled, too large or not base64 makes it
// none. The texts come from a configuration and from a file of tokens.

import Testing

@testable import InterpostCore

@Suite struct `Proofs of secrets as texts` {
    private static let salt = "c2FsdHNhbHRzYWx0"
    private static let hash = "AAECAwQFBgcICQoLDA0ODw"

    @Test(arguments: [(10, 1, 1), (15, 8, 1), (20, 2, 16), (18, 8, 16), (13, 16, 1)])
    func `of scrypt are read as they were written`(logCost: Int, blockSize: Int, parallelism: Int) throws {
        for (salt, octets) in [(8, 16), (9, 17), (10, 18), (64, 64)] {
            let hash = ScryptHash(
                logCost: logCost, blockSize: blockSize, parallelism: parallelism, salt: (0..<salt).map { UInt8($0) },
                hash: (0..<octets).map { UInt8(255 - $0) })
            let text = hash.description
            #expect(text.split(separator: "$").suffix(2).allSatisfy { !$0.contains("=") })
            #expect(ScryptHash(text) == hash, "\(text)")
        }
    }

    @Test func `of scrypt have the form that others write`() throws {
        let hash = try #require(ScryptHash("$scrypt$ln=15,r=8,p=1$\(Self.salt)$\(Self.hash)"))
        #expect(hash.salt == Array("saltsaltsalt".utf8))
        #expect(hash.hash == Array(0..<16))
        #expect((hash.logCost, hash.blockSize, hash.parallelism) == (15, 8, 1))
    }

    @Test(arguments: [
        "", "$", "$$$$", "scrypt$ln=15,r=8,p=1$%s$%h", "$scrypt$ln=15,r=8,p=1$%s", "$scrypt$ln=15,r=8,p=1$%s$%h$",
        " $scrypt$ln=15,r=8,p=1$%s$%h", "x$scrypt$ln=15,r=8,p=1$%s$%h", "$SCRYPT$ln=15,r=8,p=1$%s$%h",
        "$argon2id$ln=15,r=8,p=1$%s$%h",
        "$scrypt$ln=9,r=8,p=1$%s$%h", "$scrypt$ln=21,r=8,p=1$%s$%h", "$scrypt$ln=15,r=0,p=1$%s$%h",
        "$scrypt$ln=15,r=33,p=1$%s$%h",
        "$scrypt$ln=15,r=8,p=0$%s$%h", "$scrypt$ln=15,r=8,p=17$%s$%h", "$scrypt$ln=20,r=8,p=1$%s$%h",
        "$scrypt$ln=-15,r=8,p=1$%s$%h",
        "$scrypt$ln=+15,r=8,p=1$%s$%h", "$scrypt$ln=15,r=8$%s$%h", "$scrypt$r=8,ln=15,p=1$%s$%h",
        "$scrypt$ln=15,r=8,p=1,x=1$%s$%h",
        "$scrypt$ln=,r=8,p=1$%s$%h", "$scrypt$ln=99999999999999999999,r=8,p=1$%s$%h", "$scrypt$ln=١٥,r=8,p=1$%s$%h",
        "$scrypt$ln=15,r=8,p=1$c2FsdA$%h", "$scrypt$ln=15,r=8,p=1$%s$AAEC", "$scrypt$ln=15,r=8,p=1$%s$%h!",
        "$scrypt$ln=15,r=8,p=1$%s$AAECAwQFBgcICQoLDA0OD", "$scrypt$ln=15,r=8,p=1$$%h", "$scrypt$ln=15,r=8,p=1$%s$%h\n",
    ])
    func `of scrypt are none if anything is wrong with them`(text: String) {
        let text = Self.filled(text)
        #expect(ScryptHash(text) == nil, "\(text)")
    }

    private static func filled(_ text: String) -> String {
        var filled = ""
        var isMark = false
        for character in text {
            switch (isMark, character) {
            case (true, "s"): filled += salt
            case (true, "h"): filled += hash
            case (true, "k"): filled += String(repeating: "A", count: 43) + "="
            case (_, "%"): break
            default: filled.append(character)
            }
            isMark = character == "%"
        }
        return filled
    }

    @Test func `of SCRAM are read as they were written`() throws {
        for (rounds, salt) in [(4096, 8), (200_000, 64), (10_000, 16)] {
            let keys = SCRAMKeys(
                iterations: rounds, salt: (0..<salt).map { UInt8($0) }, storedKey: Array(repeating: 250, count: 32),
                serverKey: Array(0..<32))
            #expect(SCRAMKeys(keys.description) == keys)
        }
    }

    @Test(arguments: [
        "", "$$", "SCRAM-SHA-256$4096:%s$%k", "SCRAM-SHA-256$4096:%s$%k:%k:%k", "SCRAM-SHA-1$4096:%s$%k:%k",
        "scram-sha-256$4096:%s$%k:%k", "SCRAM-SHA-256$4095:%s$%k:%k", "SCRAM-SHA-256$200001:%s$%k:%k", "SCRAM-SHA-256$:%s$%k:%k",
        "SCRAM-SHA-256$+4096:%s$%k:%k", "SCRAM-SHA-256$-4096:%s$%k:%k", "SCRAM-SHA-256$99999999999999999999:%s$%k:%k",
        "SCRAM-SHA-256$4096:$%k:%k", "SCRAM-SHA-256$4096:c2FsdA==$%k:%k", "SCRAM-SHA-256$4096$%k:%k",
        "SCRAM-SHA-256$4096:%s$%k:%k$",
        "SCRAM-SHA-256$4096:%s:x$%k:%k", "SCRAM-SHA-256$4096:%s$%k:AAAA", "SCRAM-SHA-256$4096:%s$AAAA:%k",
        "SCRAM-SHA-256$4096:%s$!:%k",
        "SCRAM-SHA-256$4096:%s$%k:%k\n", "{SCRAM-SHA-256}4096,%s,%k,%k",
    ])
    func `of SCRAM are none if anything is wrong with them`(text: String) {
        let text = Self.filled(text)
        #expect(SCRAMKeys(text) == nil, "\(text)")
    }

    @Test func `of SCRAM are one text for the parts of these tests`() {
        #expect(SCRAMKeys(Self.filled("SCRAM-SHA-256$4096:%s$%k:%k")) != nil)
        #expect(ScryptHash(Self.filled("$scrypt$ln=15,r=8,p=1$%s$%h")) != nil)
    }
}

@Suite struct `Nonces` {
    @Test func `do not come twice, and are others in other sessions`() {
        var nonces = NonceSource(seed: Array(repeating: 7, count: 32))
        var others = NonceSource(seed: Array(repeating: 7, count: 32) + [1])
        var seen: Set<String> = []
        for _ in 0..<2000 {
            seen.insert(nonces.next())
            seen.insert(others.next())
        }
        #expect(seen.count == 4000)
        #expect(seen.allSatisfy { $0.utf8.count == 24 && SCRAMAttributes.isNonce($0.utf8) })
    }

    @Test func `are the same for one seed`() {
        var left = NonceSource(seed: [1, 2, 3])
        var right = NonceSource(seed: [1, 2, 3])
        #expect((0..<5).map { _ in left.next() } == (0..<5).map { _ in right.next() })
    }
}
