import NIOCore

@testable import InterpostCore

/// What holds for the form in which sessions are compared, whatever two sides say: it does not depend on how the octets are cut,
/// a session is the same as itself, and an entry takes little room.
enum NormalFormProperties {
    static func check(_ dialogue: Dialogue) throws(Violation) {
        let whole = entries(dialogue, .joined)
        for cutting in dialogue.otherCuttings {
            let cut = entries(dialogue, cutting)
            for side in Side.allCases {
                try ConversationProperties.compare(
                    texts(cut, side), texts(whole, side), "what the \(side) says when \(cutting)")
            }
        }
        try require(SessionComparison(whole, whole).isSame(), "a session differs from itself")
        for entry in whole {
            try require(entry.text.count <= ComparedEntry.maximumText + 40, "\(entry.text.count) octets are compared")
            try require(entry.shown.unicodeScalars.count <= ComparedEntry.maximumShown + 40, "\(entry.shown.count) are shown")
        }
    }

    private static func texts(_ entries: [ComparedEntry], _ side: Side) -> [String] {
        entries.filter { $0.side == side }.map { "\($0.kind) \($0.offset) " + String(decoding: $0.text, as: UTF8.self) }
    }

    private static func entries(_ dialogue: Dialogue, _ cutting: Cutting) -> [ComparedEntry] {
        var reading = NormalFormReading(dialogue.settings.mailProtocol, limits: dialogue.limits)
        var entries: [ComparedEntry] = []
        for case .say(let side, let bytes) in dialogue.steps {
            for piece in dialogue.pieces(of: bytes, cutting) {
                reading.receive(piece, from: side, at: WireTime(nanoseconds: 0)) { entries.append($0) }
            }
        }
        reading.finish { entries.append($0) }
        return entries
    }
}
