import Foundation
package import InterpostCore
import NIOCore

/// A file with a secret on each line; empty lines say nothing.
package enum SecretFile {
    package static func read(_ path: String) throws(CorpusSummary.Failure) -> [Secret] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CorpusSummary.Failure(file: path, problem: "cannot be read")
        }
        var secrets: [Secret] = []
        for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let secret = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if secret.isEmpty { continue }
            guard secret.count >= SecretSearch.minimumLength else {
                throw CorpusSummary.Failure(
                    file: "\(path):\(index + 1)",
                    problem: "a secret of fewer than \(SecretSearch.minimumLength) octets would be found everywhere")
            }
            secrets.append(Secret(ByteBuffer(bytes: secret)))
        }
        return secrets
    }
}
