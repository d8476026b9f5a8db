import InterpostCore
import NIOCore

/// A typed value in one short line, as the tables of the DocC catalogue show it:
/// `setACL(INBOX, identifier: fred, rights: +lrs)`, `[1, 2]`, `Envelope(subject: hello, from: [fred@example.org])`.
/// Fields that are `nil` or empty are left out of structs.
func described(_ value: Any) -> String {
    switch value {
    case let value as ByteBuffer: return String(buffer: value)
    case let value as String: return value
    case let value as any CustomStringConvertible where isLeaf(value): return value.description
    default: break
    }
    let mirror = Mirror(reflecting: value)
    let fields = mirror.children.map { (label: $0.label, text: described($0.value)) }
    switch mirror.displayStyle {
    case .optional: return fields.first?.text ?? "nil"
    case .collection, .set: return "[" + fields.map(\.text).joined(separator: ", ") + "]"
    case .enum:
        guard let payload = mirror.children.first, let label = payload.label else { return "\(value)" }
        let inner = Mirror(reflecting: payload.value)
        guard inner.displayStyle == .tuple else { return "\(label)(\(described(payload.value)))" }
        return "\(label)(\(arguments(of: inner)))"
    case .tuple: return "(\(arguments(of: mirror)))"
    case .struct, .class:
        let shown = fields.filter { $0.text != "nil" && $0.text != "[]" && $0.text != "" }
        return "\(mirror.subjectType)("
            + shown.map { "\($0.label ?? "")\($0.label == nil ? "" : ": ")\($0.text)" }
            .joined(separator: ", ") + ")"
    default: return "\(value)"
    }
}

/// Types that say themselves what they are, rather than by their fields.
private func isLeaf(_ value: any CustomStringConvertible) -> Bool {
    let style = Mirror(reflecting: value).displayStyle
    if style == .collection || style == .optional || style == .tuple || style == .dictionary { return false }
    return true
}

private func arguments(of tuple: Mirror) -> String {
    tuple.children.map { child in
        guard let label = child.label, !label.hasPrefix(".") else { return described(child.value) }
        return "\(label): \(described(child.value))"
    }.joined(separator: ", ")
}
