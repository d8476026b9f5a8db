import Foundation
import NIOCore
import NIOSSL

/// Puts an error of another library into words for people: what went wrong, without the names of functions and domains.
///
///     IOError(errnoCode: 13, …)                        Permission denied
///     Error Domain=NSCocoaErrorDomain Code=513 …       Permission denied
public enum ErrorWords {
    /// What went wrong, in words for people: `Permission denied`.
    public static func of(_ error: any Error) -> String {
        switch error {
        case let error as IOError: return words(of: error.errnoCode)
        case NIOSSLError.failedToLoadCertificate: return "it holds no certificate in PEM that can be read"
        case NIOSSLError.failedToLoadPrivateKey: return "it holds no private key in PEM that can be read"
        case let error as CocoaError:
            if let code = code(in: error as NSError) { return words(of: code) }
            switch error.code {
            case .fileReadNoSuchFile, .fileNoSuchFile: return words(of: ENOENT)
            case .fileReadNoPermission, .fileWriteNoPermission: return words(of: EACCES)
            case .fileWriteOutOfSpace: return words(of: ENOSPC)
            case .fileWriteVolumeReadOnly: return words(of: EROFS)
            case .fileWriteFileExists: return words(of: EEXIST)
            case .fileReadInapplicableStringEncoding: return "it is no text in UTF-8"
            default: return (error as NSError).localizedDescription
            }
        default: return "\(error)"
        }
    }

    private static func words(of code: Int32) -> String { String(cString: strerror(code)) }

    private static func code(in error: NSError) -> Int32? {
        guard let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain else { return nil }
        return Int32(truncatingIfNeeded: cause.code)
    }
}
