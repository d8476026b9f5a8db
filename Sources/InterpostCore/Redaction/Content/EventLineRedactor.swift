import NIOCore

/// Takes out of a line of the event log what says who was connected to whom: addresses, names of hosts, certificates. What nobody
/// has described here is taken out too.
///
///     {"event":"session.opened","client":"192.0.2.7:4711","upstream":"imaps://imap.example.org"}
///     {"event":"session.opened","client":"[redacted]","upstream":"imaps://[redacted]"}
enum EventLineRedactor {
    /// Fields whose texts are words of Interpost, of TLS or of the protocols.
    private static let kept: Set = [
        "time", "event", "protocol", "by", "side", "version", "cipher", "ja4", "limit", "verdict", "rule", "tag", "name",
        "sent_name", "refusal", "failure", "mechanism",
        "text",
        "removed", "added", "not_before", "not_after",
    ]

    static func redacted(_ line: ByteBuffer) -> ByteBuffer {
        let bytes = line.readableBytesView
        var redacted = ByteBuffer()
        var (key, event) = ("", "")
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == UInt8(ascii: "\"") else {
                redacted.writeInteger(bytes[index])
                index += 1
                continue
            }
            let end = endOfString(in: bytes, from: index + 1)
            let text = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
            index = min(end + 1, bytes.endIndex)
            let isKey = index < bytes.endIndex && bytes[index] == UInt8(ascii: ":")
            if isKey { key = text } else if key == "event" { event = text }
            redacted.writeString("\"\(isKey ? text : shown(text, of: key, in: event))\"")
        }
        return redacted
    }

    private static func shown(_ text: String, of key: String, in event: String) -> String {
        switch key {
        case _ where kept.contains(key): return text
        // The words of the tap and of the gates.
        case "reason" where event == "capabilities.edited": return text
        case "sha256": return String(repeating: "0", count: text.utf8.count)
        default:
            let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? ""
            return scheme + "[redacted]"
        }
    }

    /// The place of the quote that ends a string.
    private static func endOfString(in bytes: ByteBufferView, from start: Int) -> Int {
        var index = start
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, bytes.endIndex)
    }
}
