import Foundation
package import InterpostCore
import NIOCore

/// A file with a secret on each line; empty lines say nothing.
package enum SecretFile {
    private static let maximumSize = 1 << 24

    package static func read(_ path: String) throws(CorpusSummary.Failure) -> [Secret] {
        let pieces = try FilePieces(path)
        var data = Data()
        while data.count <= maximumSize, let piece = try pieces.next() { data += piece.readableBytesView }
        guard data.count <= maximumSize else {
            throw CorpusSummary.Failure(file: path, problem: "is larger than \(maximumSize >> 20) MiB")
        }
        if let problem = TextEncoding.problem(of: data) {
            throw CorpusSummary.Failure(file: path, problem: problem.what, advice: problem.advice)
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
        guard !secrets.isEmpty else { throw CorpusSummary.Failure(file: path, problem: "holds no secret to look for") }
        return secrets
    }
}
