/// A property that does not hold, and what was seen instead.
struct Violation: Error, CustomStringConvertible {
    var description: String
}

func require(_ holds: Bool, _ finding: @autoclosure () -> String) throws(Violation) {
    if !holds { throw Violation(description: finding()) }
}

func requireEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ what: @autoclosure () -> String
) throws(Violation) {
    if found != expected { throw Violation(description: "\(what()): \(found), and not \(expected)") }
}
