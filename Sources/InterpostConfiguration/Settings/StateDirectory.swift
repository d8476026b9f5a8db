package import Foundation

/// Where the program keeps what is its own.
package enum StateDirectory {
    /// `$XDG_STATE_HOME/interpost`, or `~/.local/state/interpost`.
    package static var standard: URL {
        let environment = ProcessInfo.processInfo.environment
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return URL(filePath: state).appending(path: "interpost")
        }
        let home = environment["HOME"].map { URL(filePath: $0) } ?? FileManager.default.homeDirectoryForCurrentUser
        return home.appending(path: ".local/state/interpost")
    }
}
