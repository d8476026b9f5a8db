/// A mistake in a configuration: where it is, and what was probably meant.
///
///     interpost.yml:2: 'timeouts' has no key 'idel'; did you mean 'idle'?
public struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    /// The file's path, as it was given.
    public var file: String
    /// Counted from 1; `nil` where the mistake is about the file as a whole.
    public var line: Int?
    /// What is wrong, and what was probably meant, in words for people.
    public var message: String

    public var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(message)" }
}
