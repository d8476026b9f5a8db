import Foundation

/// How people name a capture: `mail.interpost`, or `mail.interpost#3` for one session of it.
public struct CapturePlace: Sendable, Equatable, CustomStringConvertible {
    /// The path of the file, without a session's number.
    public var path: String
    /// `nil` for all sessions.
    public var session: Int?

    /// The capture at `path`, or one session of it.
    public init(path: String, session: Int? = nil) {
        self.path = path
        self.session = session
    }

    /// Where a file's name really ends like that, the file of this name is meant.
    public init(_ argument: String) {
        self.init(path: argument)
        guard let mark = argument.lastIndex(of: "#"), mark > argument.startIndex else { return }
        let digits = argument[argument.index(after: mark)...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits), number > 0,
            !FileManager.default.fileExists(atPath: argument)
        else { return }
        self.init(path: String(argument[..<mark]), session: number)
    }

    /// Octets of the file; 0 where that cannot be known.
    public var size: Int {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    /// The file ends in the middle of what was recorded last.
    public var isCutOff: Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard let index = try? CaptureIndex(descriptor, size: size) else { return false }
        guard index.hasForeignMembers, let reader = try? CaptureReader(path) else { return index.isCutOff }
        // Whoever compressed it anew has left out how long its members are.
        while (try? reader.next()) != nil {}
        return reader.isCutOff
    }

    /// What is said about a capture that is cut off.
    package static let cutOffWords = "the capture is cut off at its end: what was recorded last is missing"

    public var description: String { session.map { "\(path)#\($0)" } ?? path }
}
