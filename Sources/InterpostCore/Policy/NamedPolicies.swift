extension Policy {
    /// The policies that have a name: the presets, and read-only with less to see.
    public static let named: [(name: String, policy: Policy)] = [
        (Preset.observe.rawValue, Policy(.observe)), ("count", Policy(.readOnly, sight: .count)),
        ("headers", Policy(.readOnly, sight: .header)), (Preset.readOnly.rawValue, Policy(.readOnly)),
        (Preset.noDelete.rawValue, Policy(.noDelete)), (Preset.organise.rawValue, Policy(.organise)),
    ]

    /// The policy with this name: `read-only`, `headers`.
    public init?(named name: String) {
        guard let policy = Self.named.first(where: { $0.name == name })?.policy else { return nil }
        self = policy
    }

    /// The name of what decides where no rule does: `headers`; `no-delete, sight flags` where it has none.
    public var basis: String {
        if let name = Self.named.first(where: { $0.policy.preset == preset && $0.policy.sight == sight })?.name { return name }
        return "\(preset.rawValue), sight \(sight.rawValue)"
    }
}
