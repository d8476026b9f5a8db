/// Where the secret of an account is read. A configuration never has the secret itself.
///
///     file:/etc/interpost/anna.secret       the first line of a file
///     env:ANNA_SECRET                       a variable of the environment
///     credential:anna                       a file in $CREDENTIALS_DIRECTORY, as systemd's LoadCredential= makes it
///     exec:/usr/bin/pass show mail/anna     the first line that a program writes; run without a shell
package enum SecretSource: Sendable, Equatable, CustomStringConvertible {
    case file(String)
    case environment(String)
    case credential(String)
    /// The path of a program, then its arguments; never empty.
    case command([String])

    /// Why a text is no source. Its words have nothing of the text: that may be a secret.
    package struct Mistake: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// - Parameter texts: One text; or a program and its arguments, each as it is, where one of these has spaces:
    ///   `[exec:/usr/bin/pass, show, my mail]`.
    package init(_ texts: [String]) throws(Mistake) {
        guard let first = texts.first, let colon = first.firstIndex(of: ":"), let kind = Kind(rawValue: String(first[..<colon]))
        else {
            throw Mistake(
                description: "says where the secret is: file:PATH, env:NAME, credential:NAME or exec:/path/of/a/program. "
                    + "The secret itself is not written in a configuration")
        }
        let rest = String(first[colon...].dropFirst())
        guard texts.count == 1 || kind == .exec else {
            throw Mistake(description: "is a list only with exec: '\(kind.rawValue):' is one text")
        }
        self = try kind.source(rest, texts.dropFirst())
    }

    private enum Kind: String {
        case file, env, credential, exec

        func source(_ text: String, _ arguments: ArraySlice<String>) throws(Mistake) -> SecretSource {
            switch self {
            case .file:
                guard !text.isEmpty, !text.contains("\0") else { throw Mistake(description: "has no path after 'file:'") }
                return .file(text)
            case .env:
                guard text.first?.isNumber == false, text.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "_") })
                else {
                    throw Mistake(
                        description: "has no name of a variable after 'env:': letters, digits and '_', without '$'")
                }
                return .environment(text)
            case .credential:
                guard !text.isEmpty, text.utf8.count <= 255, !["/", "\0"].contains(where: text.contains), !text.hasPrefix(".")
                else {
                    throw Mistake(
                        description: "has no name of a credential after 'credential:': that of a file in "
                            + "$CREDENTIALS_DIRECTORY, without '/'")
                }
                return .credential(text)
            case .exec:
                let words = arguments.isEmpty ? text.split(whereSeparator: \.isWhitespace).map(String.init) : [text] + arguments
                guard let program = words.first, program.hasPrefix("/"), !words.contains(where: { $0.contains("\0") }) else {
                    throw Mistake(
                        description: "has no path of a program after 'exec:': the whole path, which begins with '/'. No shell "
                            + "looks for it")
                }
                return .command(words)
            }
        }
    }

    /// As a configuration says it, but without the arguments of a program: they may be nobody's business.
    package var description: String {
        switch self {
        case .file(let path): "file:\(path)"
        case .environment(let name): "env:\(name)"
        case .credential(let name): "credential:\(name)"
        case .command(let words): "exec:\(words.first ?? "")"
        }
    }
}
