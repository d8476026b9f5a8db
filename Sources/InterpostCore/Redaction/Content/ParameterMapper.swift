/// The value of Content-Type or Content-Disposition, one octet at a time (RFC 2045 §5.1, RFC 2183, RFC 2231).
///
///     text/plain; charset=utf-8; name="Geheimnis.txt"         text/plain; charset=utf-8; name="Xqkzrbmfw.hbq"
///     attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt        attachment; filename*=utf-8''Kz%C3%9A%C3%A2x.qwd
struct ParameterMapper: Sendable {
    private enum Place {
        case first, name
        /// After the `=`.
        case valueStart
        case value, quoted, escaped
        /// In `utf-8'de'`, with this many apostrophes to come.
        case language(Int)
    }

    private var place = Place.first
    private var word: [UInt8] = []
    private var treatment = HeaderTreatment.text
    private var text: TextMapper
    private let mapsBoundaries: Bool
    /// The first word, in lower case: `multipart/mixed`.
    private(set) var first: [UInt8] = []

    private static let longestName = 40

    init(_ seed: PseudonymSeed, mapsBoundaries: Bool) {
        text = TextMapper(seed)
        self.mapsBoundaries = mapsBoundaries
    }

    mutating func reset() {
        place = .first
        word.removeAll(keepingCapacity: true)
        first.removeAll(keepingCapacity: true)
        text.reset()
    }

    mutating func map(_ byte: UInt8) -> UInt8 {
        switch place {
        case .first:
            if byte == UInt8(ascii: ";") {
                place = .name
            } else if byte > .space, first.count <= Self.longestName {
                first.append(byte.isLetter ? byte | 0x20 : byte)
            } else if byte > .space {
                return text.map(byte)
            }
            return byte
        case .name: return mapName(byte)
        case .valueStart:
            if byte <= .space { return byte }
            place = treatsLanguage ? .language(2) : .value
            guard byte == UInt8(ascii: "\"") else { return mapValue(byte) }
            place = .quoted
            return byte
        case .value, .language: return mapValue(byte)
        case .quoted:
            if byte == UInt8(ascii: "\"") { place = .value } else if byte == UInt8(ascii: "\\") { place = .escaped }
            return mapped(byte)
        case .escaped:
            place = .quoted
            return mapped(byte)
        }
    }

    private mutating func mapName(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: ";"): word.removeAll(keepingCapacity: true)
        case UInt8(ascii: "="):
            beginValue()
            place = .valueStart
        case 0...UInt8.space: break
        default:
            word.append(byte.isLetter ? byte | 0x20 : byte)
            if word.count > Self.longestName || byte >= 0x80 { return text.map(byte) }
        }
        return byte
    }

    /// `name*0*` is a piece of `name`, with percent signs in it.
    private mutating func beginValue() {
        let base = word.prefix { $0 != UInt8(ascii: "*") }
        treatment = HeaderTreatment.ofParameter(Array(base))
        if treatment == .boundary { treatment = mapsBoundaries ? .text : .kept }
        text.reset()
        text.readsPercent = word.last == UInt8(ascii: "*")
    }

    /// `filename*=`, `filename*0*=`: the charset and language of the text precede it.
    private var treatsLanguage: Bool {
        word.last == UInt8(ascii: "*") && word.filter { $0 == UInt8(ascii: "*") }.count == 1
            || word.suffix(3).elementsEqual("*0*".utf8)
    }

    private mutating func mapValue(_ byte: UInt8) -> UInt8 {
        if byte == UInt8(ascii: ";") {
            place = .name
            word.removeAll(keepingCapacity: true)
            text.reset()
            return byte
        }
        if case .language(let count) = place {
            if byte == UInt8(ascii: "'") { place = count > 1 ? .language(count - 1) : .value }
            return byte
        }
        return mapped(byte)
    }

    private mutating func mapped(_ byte: UInt8) -> UInt8 { treatment == .kept ? byte : text.map(byte) }
}
