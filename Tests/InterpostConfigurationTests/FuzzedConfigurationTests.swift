import Foundation
import NIOCore
import TestSupport
import Testing

/// The properties of `Tests/Fuzz` that are about configurations and token files, held against what was found and what fuzzing begins with.
@Suite struct FuzzedConfigurationTests {
    static let files = files(in: ["Fixtures/Fuzz/configuration", "Fixtures/Fuzz/Corpus/configuration", "Config"])
    static let tokenFiles = files(in: ["Fixtures/Fuzz/tokens", "Fixtures/Fuzz/Corpus/tokens"])

    private static func files(in folders: [String]) -> [URL] {
        folders.flatMap { path in
            let root = EventSchema.repository
            let files = try? FileManager.default.contentsOfDirectory(
                at: root.appending(path: path), includingPropertiesForKeys: nil)
            return (files ?? []).sorted { $0.path < $1.path }
        }
    }

    @Test(arguments: files) func `a configuration is read, or one of its lines is to blame`(file: URL) throws {
        try ConfigurationProperties.check(ByteBuffer(bytes: try Data(contentsOf: file)))
    }

    @Test(arguments: tokenFiles) func `a token file is read, or one of its fields is to blame`(file: URL) throws {
        let bytes = ByteBuffer(bytes: try Data(contentsOf: file))
        try TokenFileProperties.check(bytes)
        for size in 0..<bytes.readableBytes { try TokenFileProperties.check(bytes.getSlice(at: 0, length: size) ?? bytes) }
    }
}
