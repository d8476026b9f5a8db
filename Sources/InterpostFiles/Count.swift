/// Numbers of things, for people.
package enum Count {
    /// `1 session`, `2 sessions`.
    package static func of(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }
}
