import NIOCore

/// An answer that no recording needs: what a client asks a server about itself before it comes to its business.
///
///     C: a NAMESPACE␍␊      * NAMESPACE (("" "/")) NIL NIL␍␊a OK done␍␊
///     C: a LIST "" ""␍␊     * LIST (\Noselect) "/" ""␍␊a OK done␍␊
///
/// Each is true of the recorded server as far as it is known: a server may enable nothing (RFC 5161 §3.2) and say nothing
/// about itself (RFC 2971 §3.1).
enum ReplaySubstitute: Sendable, Equatable {
    case id, namespace, enable, delimiter

    init?(_ command: IMAPCommand) {
        switch command.body {
        case .id: self = .id
        case .namespace: self = .namespace
        case .enable: self = .enable
        case .list(let request) where command.name == Keyword("LIST") && request.selection.isEmpty && request.returns.isEmpty:
            guard request.reference.length == 0, request.patterns.map(\.length) == [0] else { return nil }
            self = .delimiter
        default: return nil
        }
    }

    /// The untagged response; `delimiter` is quoted, or NIL.
    func response(delimiter: String) -> String {
        switch self {
        case .id: "* ID NIL"
        case .enable: "* ENABLED"
        case .namespace: "* NAMESPACE ((\"\" \(delimiter))) NIL NIL"
        case .delimiter: "* LIST (\\Noselect) \(delimiter) \"\""
        }
    }
}

extension RecordedSession {
    /// The hierarchy delimiter of the first LIST response: `"/"`, quoted, where there is none.
    var delimiter: String {
        for exchange in exchanges {
            for case .bytes(let line)? in exchange.everything.lazy.map(\.pieces.first) {
                let text = line.readableBytesView
                guard text.starts(with: "* LIST (".utf8), let end = text.firstRange(of: ") ".utf8)?.upperBound else { continue }
                let word = text[end...].prefix { $0 != .space }
                if word.elementsEqual("NIL".utf8) || word.isQuotedCharacter {
                    return String(decoding: word, as: UTF8.self)
                }
            }
        }
        return "\"/\""
    }
}

extension ByteBufferView {
    /// `"/"` or `"\\"`
    fileprivate var isQuotedCharacter: Bool { (3...4).contains(count) && first == UInt8(ascii: "\"") && last == first }
}
