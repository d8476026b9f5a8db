import Foundation
import NIOCore
import Testing

@testable import InterpostCore

/// An input of `Fixtures/Fuzz`: one that was found to break something, or one that fuzzing begins with.
struct FuzzInput: CustomTestStringConvertible, Sendable {
    var target: FuzzTarget
    var file: URL

    var testDescription: String { "\(target.rawValue): \(file.lastPathComponent)" }

    static let all: [FuzzInput] = FuzzTarget.allCases.flatMap { target in
        ["Fuzz/\(target.rawValue)", "Fuzz/Corpus/\(target.rawValue)"].flatMap { path in
            let folder = WireFixture.folder.deletingLastPathComponent().appending(path: path)
            let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
            return files.sorted { $0.path < $1.path }.map { FuzzInput(target: target, file: $0) }
        }
    }
}

/// The properties of `Tests/Fuzz`, held against all that was found and all that is known.
@Suite struct FuzzFindsTests {
    @Test func `there are finds and seeds`() {
        #expect(FuzzInput.all.count >= 9)
    }

    @Test(arguments: FuzzInput.all) func `the properties hold for what fuzzing found`(input: FuzzInput) throws {
        try input.target.check(ByteBuffer(bytes: try Data(contentsOf: input.file)))
    }

    @Test(arguments: WireFixture.all) func `the properties hold for what the wire fixtures say`(fixture: WireFixture) throws {
        let text = ByteBuffer(bytes: try Data(contentsOf: WireFixture.folder.appending(path: fixture.testDescription)))
        let targets: [FuzzTarget] =
            switch fixture.mailProtocol {
            case .imap: [.imapFramer, .imapConversation, .imapTap, .imapGate, .readers, .transcript]
            case .pop3: [.pop3Framer, .pop3Conversation, .pop3Tap, .pop3Gate, .readers, .transcript]
            }
        for target in targets { try target.check(text) }
    }

    /// A checker that finds nothing proves nothing.
    @Test(arguments: [
        "", "{}", "{}\n\n", "{\"a\":}\n", "{\"a\":1,}\n", "{\"a\":1,\"a\":2}\n", "{\"a\":01}\n", "{\"a\":\"\t\"}\n",
        "{\"a\":\"\\x\"}\n",
        "{\"a\":[1,]}\n", "[}\n", "{\"a\":1}{}\n", "{a:1}\n", "{\"a\":\"\\u12g4\"}\n",
    ])
    func `what is no JSON is found out`(text: String) {
        #expect(JSONText.problem(of: Array(text.utf8)) != nil)
    }

    @Test(arguments: ["{}\n", #"{"a":-1,"b":["x",{"c":true}],"d":"\u00e9\n","e":[]}"# + "\n"])
    func `what is JSON is none`(text: String) {
        #expect(JSONText.problem(of: Array(text.utf8)) == nil)
    }

    @Test(arguments: LoginForm.allCases) func `a planted secret is in the dialogue and in no output`(form: LoginForm) throws {
        for mailProtocol in MailProtocol.allCases {
            let greeting = mailProtocol == .imap ? "* OK ready" : "+OK ready"
            let dialogue = Dialogue(ByteBuffer(string: "S: \(greeting)\n@ login \(form.rawValue)\nS: z BAD %p"), mailProtocol)
            let secret = try #require(dialogue.secret)
            let said = form.turns(mailProtocol, secret).map(\.text).joined()
            #expect(said.contains(secret.plain) || said.contains(secret.quoted) || said.contains(secret.message))
            #expect(throws: Violation.self) {
                try OutputProperties.check([.warning(said)], without: secret.forbidden)
            }
            try ConversationProperties.check(dialogue)
        }
    }
}
