import Foundation
import NIOCore
import TestSupport
import Testing

/// The property of `Tests/Fuzz` that is about configurations, held against what was found and what fuzzing begins with.
@Suite struct FuzzedConfigurationTests {
    static let files: [URL] = ["Fixtures/Fuzz/configuration", "Fixtures/Fuzz/Corpus/configuration", "Config"].flatMap { path in
        let root = EventSchema.repository
        let files = try? FileManager.default.contentsOfDirectory(
            at: root.appending(path: path), includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }
    }

    @Test(arguments: files) func `a configuration is read, or one of its lines is to blame`(file: URL) throws {
        try ConfigurationProperties.check(ByteBuffer(bytes: try Data(contentsOf: file)))
    }
}
