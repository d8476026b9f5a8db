import InterpostFiles

/// Captures that end in the middle: what there is of them is used, and that they are not whole is said.
enum CutOff {
    /// Says so of those that are cut off; returns whether there was one.
    @discardableResult
    static func note(_ captures: [CapturePlace]) -> Bool {
        let cutOff = captures.filter(\.isCutOff)
        for capture in cutOff { StandardError.note("\(capture.path): \(CapturePlace.cutOffWords)") }
        return !cutOff.isEmpty
    }
}
