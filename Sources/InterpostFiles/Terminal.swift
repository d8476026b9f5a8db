import Foundation

/// What standard output is.
package enum Terminal {
    /// Whether it is a terminal, and nobody has said that colours are not wanted (no-color.org).
    package static let showsColour = isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
}
