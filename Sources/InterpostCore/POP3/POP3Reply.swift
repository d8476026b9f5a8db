public import NIOCore

/// The first line of a server's answer (RFC 1939 §3, codes of RFC 2449 §8).
///
///     -ERR [IN-USE] mailbox locked␍␊     .err, code IN-USE, text `mailbox locked`
public struct POP3Reply: Sendable {
    public enum Result: String, Sendable {
        case ok, err
        /// `+ base64`: a challenge, or an empty one (RFC 5034).
        case challenge
    }

    public let result: Result
    public let code: ByteBuffer?
    public let text: ByteBuffer

    /// `nil` when the line begins with neither `+OK`, `-ERR` nor `+`.
    init?(reading line: ByteBuffer) {
        var rest = line.withoutLineEnd
        if rest.hasPrefixIgnoringCase("+OK") {
            result = .ok
            rest.moveReaderIndex(forwardBy: 3)
        } else if rest.hasPrefixIgnoringCase("-ERR") {
            result = .err
            rest.moveReaderIndex(forwardBy: 4)
        } else if rest.hasPrefixIgnoringCase("+") {
            result = .challenge
            rest.moveReaderIndex(forwardBy: 1)
        } else {
            return nil
        }
        while rest.byte(at: rest.readerIndex) == .space, rest.readableBytes > 0 { rest.moveReaderIndex(forwardBy: 1) }
        if result != .challenge, rest.readableBytes > 0, rest.byte(at: rest.readerIndex) == UInt8(ascii: "["),
            let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "]"))
        {
            code = rest.getSlice(at: rest.readerIndex + 1, length: end - rest.readerIndex - 1)
            rest.moveReaderIndex(to: end + 1)
            while rest.readableBytes > 0, rest.byte(at: rest.readerIndex) == .space { rest.moveReaderIndex(forwardBy: 1) }
        } else {
            code = nil
        }
        text = rest
    }

    /// `<1896.697170952@dbc.mtview.ca.us>` in a greeting: the server offers APOP (RFC 1939 §7).
    public var hasAPOPTimestamp: Bool {
        guard let open = text.readableBytesView.firstIndex(of: UInt8(ascii: "<")) else { return false }
        return text.readableBytesView[open...].contains(UInt8(ascii: "@"))
            && text.readableBytesView[open...].contains(UInt8(ascii: ">"))
    }
}
