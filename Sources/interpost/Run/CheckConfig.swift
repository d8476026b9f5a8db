import ArgumentParser
import InterpostConfiguration
import InterpostCore
import InterpostProxy

/// `interpost check-config`: says what is wrong with a configuration, or what it means.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration or a policy without running it, or print a configuration that shows every key.",
        discussion: """
            Examples:
              interpost check-config /etc/interpost.yml
              interpost check-config read-only.yml
              interpost check-config --defaults > interpost.yml
            """)

    @Argument(help: "The YAML file.")
    var file: String?

    @Flag(help: "Print a configuration with every key in a comment, its default and what it may be.")
    var defaults = false

    func validate() throws {
        if (file == nil) == !defaults { throw ValidationError("give a file, or --defaults") }
    }

    func run() throws {
        guard let file else { return StandardOutput.write(ConfigurationDefaults.text) }
        let text = try ConfigurationFile.text(of: file)
        if let policy = try PolicyFile.readIfPolicy(text: text, file: file) {
            for problem in policy.rulesWithoutEffect { StandardError.note("\(file): \(problem)") }
            return StandardOutput.write("\(file) is a good policy: \(policy.summary)\n")
        }
        let configuration = try ConfigurationFile.read(text: text, file: file)
        do { try Relay.check(configuration) } catch { throw UserError("\(file): \(ErrorWords.of(error))") }
        StandardOutput.write("\(file) is good:\n" + configuration.summary.map { "  \($0)\n" }.joined())
    }
}
