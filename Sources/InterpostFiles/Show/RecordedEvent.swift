import Foundation
import InterpostCore

/// An event that is in a capture, with its fields in one line: `tls.up side=client version=TLSv1.3`.
struct RecordedEvent {
    var text: String

    init?(_ json: String) {
        guard let fields = try? JSONDecoder().decode([String: Value].self, from: Data(json.utf8)), let name = fields["event"]
        else {
            return nil
        }
        let shown = fields.filter { !["v", "time", "session", "event", "chain"].contains($0.key) }.sorted { $0.key < $1.key }
        text = TerminalText.shown(([name.text] + shown.map { "\($0.key)=\($0.value.text)" }).joined(separator: " "))
    }

    private struct Value: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let flag = try? value.decode(Bool.self) {
                text = "\(flag)"
            } else if let number = try? value.decode(Int64.self) {
                text = "\(number)"
            } else if let list = try? value.decode([Value].self) {
                text = "[" + list.map(\.text).joined(separator: " ") + "]"
            } else if let word = try? value.decode(String.self) {
                text = word
            } else {
                text = "…"
            }
        }
    }
}
