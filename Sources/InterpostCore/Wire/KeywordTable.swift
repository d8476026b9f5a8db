/// What a name on the wire stands for: a fixed table, made when the program starts.
///
///     let table = KeywordTable([("NOOP", 1), ("IDLE", 2)])
///     table[Keyword("IDLE")]      2
///
/// A dictionary would do, but its hash is made to withstand keys chosen by an attacker, and costs more than everything else
/// that is done with a line. Here the keys are ours, so no word that a peer sends makes a lookup visit more than a few slots.
struct KeywordTable<Value: Sendable>: Sendable {
    private var slots: [(key: Keyword, value: Value)?]
    private let shift: Int

    init(_ pairs: [(StaticString, Value)]) { self.init(keys: pairs.map { (Keyword($0.0), $0.1) }) }

    /// A name that is given twice has the value that is given last.
    init(keys pairs: [(Keyword, Value)]) {
        // At most a quarter of the slots is taken.
        var bits = 4
        while pairs.count * 4 > 1 << bits { bits += 1 }
        shift = 64 - bits
        slots = Array(repeating: nil, count: 1 << bits)
        for (key, value) in pairs { slots[slot(of: key)] = (key, value) }
    }

    subscript(key: Keyword) -> Value? { slots[slot(of: key)]?.value }

    /// Where the key is, or else where it would be.
    private func slot(of key: Keyword) -> Int {
        var index = Int(truncatingIfNeeded: key.mixed >> UInt64(shift))
        while let taken = slots[index], taken.key != key { index = (index + 1) & (slots.count - 1) }
        return index
    }
}
