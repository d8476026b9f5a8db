import InterpostCore

/// One key: what its value may be, where the value goes, and what a person is told about it. The reader, the flags of the
/// command line and `Config/interpost.yml` come from it.
///
///     # Octets in a line, its end included. A session with a longer one is passed on unread.
///     # line: 1048576  # 1024 to 67108864
package struct ConfigurationKey<Root>: Sendable {
    /// Where the value goes.
    typealias Path<Value> = any WritableKeyPath<Root, Value> & Sendable

    package enum Form: Sendable, Equatable {
        /// Inclusive.
        case number(ClosedRange<Int>)
        case flag
        case choice([String])
        case text
        /// A text that is part of the names of files.
        case word
        case list
        /// A preset's name, the path of a policy file, or its keys.
        case policy
    }

    /// Its name in its group: `line`.
    package let name: String
    package let form: Form
    /// In sentences; may have several lines.
    package let help: String
    /// A value to show where the default is none.
    package let example: String?
    let read: @Sendable (inout Keys, inout Root) throws(ConfigurationError) -> Void
    /// The value as a file would say it; `nil` where there is none.
    package let value: @Sendable (Root) -> String?

    /// What its value may be, for a person: `1 to 256`. `nil` where its help says it.
    package var range: String? {
        switch form {
        case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .flag: "true or false"
        case .choice(let names): names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        case .text, .word, .list, .policy: nil
        }
    }
}

extension ConfigurationKey {
    static func number(
        _ name: String, _ path: Path<Int>, in range: ClosedRange<Int>, _ help: String
    ) -> Self {
        Self(
            name: name, form: .number(range), help: help, example: nil,
            read: { keys, root throws(ConfigurationError) in try keys.number(name, in: range, into: &root[keyPath: path]) },
            value: { "\($0[keyPath: path])" })
    }

    static func number(
        _ name: String, _ path: Path<Int?>, in range: ClosedRange<Int>, example: Int, _ help: String
    ) -> Self {
        Self(
            name: name, form: .number(range), help: help, example: "\(example)",
            read: { keys, root throws(ConfigurationError) in try keys.number(name, in: range, into: &root[keyPath: path]) },
            value: { $0[keyPath: path].map { "\($0)" } })
    }

    static func flag(_ name: String, _ path: Path<Bool>, _ help: String) -> Self {
        Self(
            name: name, form: .flag, help: help, example: nil,
            read: { keys, root throws(ConfigurationError) in try keys.flag(name, into: &root[keyPath: path]) },
            value: { "\($0[keyPath: path])" })
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ name: String, _ path: Path<Choice>, _ help: String
    ) -> Self {
        Self(
            name: name, form: .choice(Choice.allCases.map(\.rawValue)), help: help, example: nil,
            read: { keys, root throws(ConfigurationError) in try keys.choice(name, into: &root[keyPath: path]) },
            value: { $0[keyPath: path].rawValue })
    }

    static func text(
        _ name: String, _ path: Path<String?>, example: String, _ help: String
    ) -> Self {
        Self(
            name: name, form: .text, help: help, example: example,
            read: { keys, root throws(ConfigurationError) in try keys.text(name, into: &root[keyPath: path]) },
            value: { $0[keyPath: path] })
    }

    static func word(
        _ name: String, _ path: Path<String?>, example: String, _ help: String
    ) -> Self {
        Self(
            name: name, form: .word, help: help, example: example,
            read: { keys, root throws(ConfigurationError) in try keys.word(name, into: &root[keyPath: path]) },
            value: { $0[keyPath: path] })
    }

    static func list(
        _ name: String, _ path: Path<[String]>, example: String, _ help: String
    ) -> Self {
        Self(
            name: name, form: .list, help: help, example: "[\(example)]",
            read: { keys, root throws(ConfigurationError) in try keys.texts(inListAt: name, into: &root[keyPath: path]) },
            value: { $0[keyPath: path].isEmpty ? nil : "[\($0[keyPath: path].joined(separator: ", "))]" })
    }

    static func policy(_ name: String, _ path: Path<Policy>, _ help: String) -> Self {
        Self(
            name: name, form: .policy, help: help, example: nil,
            read: { keys, root throws(ConfigurationError) in try keys.policy(name, into: &root[keyPath: path]) },
            value: { $0[keyPath: path].basis })
    }
}
