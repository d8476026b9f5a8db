import InterpostProxy

/// An error for a person: one sentence, no stack.
struct UserError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }

    init(_ error: any Error) { description = ErrorWords.of(error) }

    /// For an error whose text continues a sentence that begins with `place`.
    init(_ error: any Error, at place: String) { description = "\(place) \(ErrorWords.of(error))" }
}
