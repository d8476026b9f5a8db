import InterpostFiles

/// Captures that are cut off: what is there is used, and people are told that they are not whole.
enum CutOff {
    /// Tells people which captures are cut off; returns whether there was one.
    @discardableResult
    static func note(_ captures: [CapturePlace]) -> Bool {
        let cutOff = captures.filter(\.isCutOff)
        for capture in cutOff { StandardError.note("\(capture.path): \(CapturePlace.cutOffWords)") }
        return !cutOff.isEmpty
    }
}
