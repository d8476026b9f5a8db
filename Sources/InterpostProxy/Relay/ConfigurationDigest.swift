import Crypto
import Foundation
import InterpostConfiguration

extension Configuration {
    /// SHA-256, in hexadecimal, of what it was read from.
    var digest: String {
        var hash = SHA256()
        for source in sources.texts {
            // With the length in front no two lists of texts are alike.
            hash.update(data: Data("\(source.utf8.count)\n\(source)".utf8))
        }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
