// Strategy: the vectors of the RFCs; what the program makes fits its password, and nothing that is nearly the password.

import InterpostConfiguration
import InterpostCore
import NIOCore
import Testing

@testable import InterpostProxy

@Suite struct `Checking a password` {
    private static func secret(_ text: String) -> Secret { Secret(ByteBuffer(string: text)) }

    private static func octets(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// RFC 7914 §12
    @Test(arguments: [
        (
            "password", "NaCl", 10, 8, 16,
            """
            fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
            """
        ),
        (
            "pleaseletmein", "SodiumChloride", 14, 8, 1,
            """
            7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
            """
        ),
    ])
    func `computes scrypt as the RFC does`(
        password: String, salt: String, logCost: Int, blockSize: Int, parallelism: Int, hash: String
    ) throws {
        let hash = ScryptHash(
            logCost: logCost, blockSize: blockSize, parallelism: parallelism, salt: Array(salt.utf8), hash: Self.octets(hash))
        #expect(hash.hash.count == 64)
        #expect(try PasswordCheck.matches(Self.secret(password), .scrypt(hash)))
        #expect(try !PasswordCheck.matches(Self.secret(password + "x"), .scrypt(hash)))
    }

    /// RFC 7677 §3: StoredKey and ServerKey of `pencil`, from which its proof and its signature come.
    @Test func `computes the keys of SCRAM as the RFC does`() throws {
        let keys = try #require(
            SCRAMKeys(
                "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
            ))
        #expect(try PasswordCheck.matches(Self.secret("pencil"), .scram(keys)))
        #expect(try !PasswordCheck.matches(Self.secret("Pencil"), .scram(keys)))
        #expect(try PasswordHash.keys(of: Self.secret("pencil"), salt: keys.salt, iterations: 4096) == keys)
    }

    @Test func `fits what the program makes, and nothing else`() throws {
        let password = Self.secret("abra cadabra ü")
        let scrypt = try PasswordHash.scrypt(of: password)
        let scram = try PasswordHash.scram(of: password)
        var generator = SystemRandomNumberGenerator()
        let token = TokenSecret(using: &generator)
        // Both are read as they are written.
        #expect(ScryptHash("\(scrypt)") == scrypt && SCRAMKeys("\(scram)") == scram)
        #expect("\(scrypt)".hasPrefix("$scrypt$ln=15,r=8,p=1$") && "\(scram)".hasPrefix("SCRAM-SHA-256$10000:"))
        let proofs: [(ClientRecord.Proof, Secret)] = [
            (.scrypt(scrypt), password), (.scram(scram), password), (.token(sha256: token.digest), token.text),
        ]
        for (proof, secret) in proofs {
            #expect(try PasswordCheck.matches(secret, proof))
            let text = secret.withExposedBytes { String(buffer: $0) }
            for other in ["", text + "x", String(text.dropLast()), text.uppercased(), text + "\0", " " + text, "\0"] {
                #expect(try !PasswordCheck.matches(Self.secret(other), proof))
            }
        }
        // Another salt each time.
        #expect(try PasswordHash.scrypt(of: password) != scrypt && PasswordHash.scram(of: password) != scram)
    }

    @Test(arguments: ["ln=10,r=17,p=1", "ln=16,r=1,p=1", "ln=9,r=8,p=1", "ln=20,r=3,p=1", "ln=10,r=8,p=17"])
    func `is not asked to compute others`(parameters: String) {
        #expect(ScryptHash("$scrypt$\(parameters)$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA") == nil)
    }

    @Test func `lets nobody in with an empty password, whatever the hash was made of`() throws {
        for made in ["", "\0"] {
            #expect(try !PasswordCheck.matches(Self.secret(""), .scrypt(PasswordHash.scrypt(of: Self.secret(made)))))
            #expect(try !PasswordCheck.matches(Self.secret(""), .scram(PasswordHash.scram(of: Self.secret(made)))))
        }
        #expect(try !PasswordCheck.matches(Self.secret(""), .token(sha256: [])))
    }

    @Test(arguments: ["ln=10,r=16,p=1", "ln=10,r=1,p=16", "ln=15,r=1,p=1", "ln=20,r=2,p=1", "ln=10,r=16,p=16"])
    func `can compute every hash that a configuration may have`(parameters: String) throws {
        let hash = try #require(ScryptHash("$scrypt$\(parameters)$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA"))
        #expect(try !PasswordCheck.matches(Self.secret("abracadabra"), .scrypt(hash)))
    }
}
