import Foundation
import InterpostConfiguration
import InterpostProxy

/// The certificate authority of this process. It is made when it is first needed, in a folder that only its owner can read, and is
/// removed with the process.
enum TestAuthority {
    private static let directory = Result { try make() }

    static func settings() throws -> TLSSettings {
        var settings = TLSSettings()
        settings.authority = try directory.get()
        return settings
    }

    static func certificate() throws -> String { "\(try directory.get())/ca.pem" }

    private static func make() throws -> String {
        let parent = FileManager.default.temporaryDirectory.path
        // mkdtemp gives the folder mode 0700.
        var template = Array("\(parent)/interpost-testing-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw MailServerError("there is no folder for certificates in \(parent): \(String(cString: strerror(errno)))")
        }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        atexit { TestAuthority.remove() }
        _ = try CertificateAuthority(directory: URL(filePath: path))
        return path
    }

    private static func remove() {
        guard let path = try? directory.get() else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}
