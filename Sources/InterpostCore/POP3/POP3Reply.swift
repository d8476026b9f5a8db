public import NIOCore

/// The first line of a server's answer (RFC 1939 §3, codes of RFC 2449 §8).
///
///     -ERR [IN-USE] mailbox locked␍␊     .err, code IN-USE, text `mailbox locked`
public struct POP3Reply: Sendable {
    /// What the first word of a reply says: `+OK`, `-ERR`, or `+` alone.
    public enum Result: String, Sendable, CaseIterable {
        case ok, err
        /// `+ base64`: a challenge, or an empty one (RFC 5034).
        case challenge
    }

    /// What the first word says.
    public private(set) var result: Result
    /// The text in brackets, without the brackets; `nil` where there is none.
    public let code: ByteBuffer?
    /// What follows the word and the code.
    public let text: ByteBuffer
    /// The leniencies that reading the line needed.
    public private(set) var quirks: Quirks

    /// Reads the first line of a reply, with its line end or without; `nil` when it begins with neither `+` nor `-`.
    ///
    /// Clients look at the sign: `-` and any word is an error. `+ERR` is one too, as hMailServer means it.
    public init?(reading line: ByteBuffer) {
        var rest = line.withoutLineEnd
        var quirks = Quirks()
        let isSeparated: Bool
        if rest.hasPrefixIgnoringCase("+OK") {
            result = .ok
            isSeparated = quirks.readIndicator(of: 3, in: &rest)
        } else if rest.hasPrefixIgnoringCase("-ERR") {
            result = .err
            isSeparated = quirks.readIndicator(of: 4, in: &rest)
        } else if rest.hasPrefixIgnoringCase("+ERR") {
            result = .err
            isSeparated = quirks.readIndicator(of: 4, in: &rest)
            quirks.insert(.oddStatusIndicator)
        } else if rest.hasPrefixIgnoringCase("+") {
            result = .challenge
            isSeparated = quirks.readIndicator(of: 1, in: &rest)
        } else if rest.hasPrefixIgnoringCase("-") {
            result = .err
            isSeparated = quirks.readIndicator(of: rest.lengthOfFirstWord, in: &rest)
            quirks.insert(.oddStatusIndicator)
        } else {
            return nil
        }
        if !isSeparated, result == .challenge {
            quirks.insert(.continuationWithoutSpace)
        } else if !isSeparated, rest.readableBytes > 0 {
            quirks.insert(.missingSpace)
        }
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
        self.quirks = quirks
    }

    /// Takes a `+` in answer to a command that has no challenges for `+OK`, as clients do that look only at the sign.
    mutating func takeForOK() {
        result = .ok
        quirks.insert(.oddStatusIndicator)
    }

    /// The code, as far as it is known.
    public var responseCode: POP3ResponseCode? { code.map { POP3ResponseCode(reading: $0) } }

    /// `<1896.697170952@dbc.mtview.ca.us>` in a greeting, with its brackets: what APOP's digest is made of
    /// (RFC 1939 §7).
    public var apopTimestamp: ByteBuffer? {
        let bytes = text.readableBytesView
        guard let open = bytes.firstIndex(of: UInt8(ascii: "<")),
            let close = bytes[open...].firstIndex(of: UInt8(ascii: ">")),
            bytes[open..<close].contains(UInt8(ascii: "@"))
        else { return nil }
        return text.getSlice(at: open, length: close - open + 1)
    }

    /// The server offers APOP.
    public var hasAPOPTimestamp: Bool { apopTimestamp != nil }
}

extension ByteBuffer {
    fileprivate var lengthOfFirstWord: Int { readableBytesView.prefix { $0 > .space }.count }
}

extension Quirks {
    /// Passes over `+OK`, `-ERR` or `+`, and over the space that separates it from the text, if there is one.
    fileprivate mutating func readIndicator(of length: Int, in line: inout ByteBuffer) -> Bool {
        // RFC 1939 §3: servers MUST send them in upper case.
        if line.readableBytesView.prefix(length).contains(where: { $0 != $0.uppercased }) { insert(.lowerCaseKeyword) }
        line.moveReaderIndex(forwardBy: length)
        var count = 0
        while line.readableBytes > 0 {
            let byte = line.byte(at: line.readerIndex)
            guard byte == .space || byte == 9 else { break }
            if byte != .space { insert(.tabForSpace) }
            line.moveReaderIndex(forwardBy: 1)
            count += 1
        }
        if count > 1, line.readableBytes > 0 { insert(.extraSpace) }
        return count > 0
    }
}
