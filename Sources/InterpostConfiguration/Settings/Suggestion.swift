/// "Did you mean …?" for a word that is not one of those expected.
package enum Suggestion {
    /// `; did you mean 'listen'?`, or nothing when no word is near.
    package static func nearest(to word: String, among words: [String]) -> String {
        let ranked = words.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }.min {
            $0.distance < $1.distance
        }
        guard let best = ranked, best.distance <= max(2, word.count / 3) else { return "" }
        return "; did you mean '\(best.word)'?"
    }

    /// How many letters have to be put in, left out or changed (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
