import ArgumentParser
import InterpostConfiguration
import InterpostCore

/// `interpost check-config`: says what is wrong with a configuration, or what it means.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check a configuration file without running it.")

    @Argument(help: "The YAML file.")
    var file: String

    func run() throws {
        let configuration = try ConfigurationFile.read(file)
        print("\(file) is good:")
        for relay in configuration.relays {
            let mirror = relay.mirror ? ", mirrored" : ""
            let count = relay.policy.rules.count
            let rules = count == 0 ? "" : " with \(count) \(count == 1 ? "rule" : "rules") in front"
            print(
                "  \(relay.listen.description) → \(relay.upstream.description)\(mirror), compression: \(relay.compress.rawValue), "
                    + "policy: \(relay.policy.preset.rawValue)\(rules)")
            if relay.policy.isDryRun { print("    the policy is a DRY RUN: it refuses nothing and protects nobody") }
        }
    }
}
