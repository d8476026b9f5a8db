import CWork
import Foundation
import NIOCore

/// `INTERPOST_FUZZ=imap-framer interpost-fuzz [libFuzzer's options]`. A property that does not hold is a crash.
@main enum Fuzz {
    typealias Check = @Sendable (ByteBuffer) throws -> Void

    static let checks: [String: Check] = {
        var checks: [String: Check] = [
            "configuration": { try ConfigurationProperties.check($0) }, "tokens": { try TokenFileProperties.check($0) },
        ]
        for target in FuzzTarget.allCases { checks[target.rawValue] = { try target.check($0) } }
        return checks
    }()

    static let check = ProcessInfo.processInfo.environment["INTERPOST_FUZZ"].flatMap { checks[$0] }

    static func main() {
        guard check != nil else {
            print(checks.keys.sorted().joined(separator: "\n"))
            exit(2)
        }
        work_begin()
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
                do {
                    try Fuzz.check?(ByteBuffer(bytes: UnsafeRawBufferPointer(start: bytes, count: count)))
                } catch {
                    fatalError("\(error)")
                }
                return 0
            })
    }
}
