import Crypto
import Foundation
import InterpostConfiguration

extension Configuration {
    /// SHA-256, in hexadecimal, of the texts that the configuration was read from.
    var digest: String {
        var hash = SHA256()
        for source in sources.texts {
            // The length precedes each text, so that no two lists of texts hash the same octets.
            hash.update(data: Data("\(source.utf8.count)\n\(source)".utf8))
        }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
