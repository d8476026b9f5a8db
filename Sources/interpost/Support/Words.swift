import ArgumentParser
import InterpostConfiguration

/// What an option chooses of some names, with commas or more than once: `unknown,anomaly`.
struct Words<Value> {
    var chosen: [Value]

    init(_ argument: String, of option: String, among choices: [(name: String, value: Value)]) throws {
        let names = choices.map(\.name)
        chosen = try argument.split(separator: ",").map { word in
            guard let choice = choices.first(where: { $0.name == word.lowercased() }) else {
                let suggestion = Suggestion.nearest(to: "\(word)", among: names)
                throw ValidationError("\(option) is one or more of \(names.joined(separator: ", ")), not '\(word)'\(suggestion)")
            }
            return choice.value
        }
        guard !chosen.isEmpty else { throw ValidationError("\(option) names what: \(names.joined(separator: ", "))") }
    }
}
