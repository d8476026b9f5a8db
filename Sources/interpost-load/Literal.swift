// The one place that knows how a line announces a literal.

import Glibc

/// The `{310}` or `{310+}` at the end of a line: this many bytes follow the line (RFC 9051, 4.3).
struct Literal: Equatable {
    let size: Int
    /// Whether the one who sent the line waits for a `+` before it sends the bytes.
    let waits: Bool

    /// nil: the line announces nothing. `line` may still have its CR, but not its LF.
    init?(endOf line: some BidirectionalCollection<UInt8>) {
        var rest = line[...]
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        guard rest.popLast() == UInt8(ascii: "}") else { return nil }
        waits = rest.last != UInt8(ascii: "+")
        if !waits { rest.removeLast() }
        guard let brace = rest.lastIndex(of: UInt8(ascii: "{")) else { return nil }
        let digits = rest[rest.index(after: brace)...]
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let size = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        self.size = size
    }
}
