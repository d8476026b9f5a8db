import NIOCore

/// A connection until it is known whether it is mail, and which of the two ends is the client.
///
///     first: * OK ready␍␊       IMAP, and the other one is the client
struct StreamClassifier: Sendable {
    /// Octets that are looked at.
    static let headSize = 4096

    let first: IPEndpoint
    let second: IPEndpoint
    let opener: TCPStream.End?
    var said: [TCPStream.Said] = []
    var octets = 0

    enum Verdict {
        case mail(MailProtocol, client: TCPStream.End)
        case encrypted, other
        /// More has to be said.
        case open
    }

    func verdict(isOver: Bool) -> Verdict {
        let isFull = isOver || octets >= Self.headSize
        for end in [TCPStream.End.first, .second] {
            if TLSHello.isVersionedRecord(head(of: end)) { return .encrypted }
        }
        // Whoever opened the connection is the client, and the server's first line is a greeting.
        if let opener {
            guard let line = lines(of: opener.other).first else { return isFull ? .other : .open }
            guard let origin = LineOrigin(of: line), origin.side == .server else { return .other }
            guard hasGreeted(from: opener.other) || mayBeClient(opener, of: origin.mailProtocol) else { return .other }
            return .mail(origin.mailProtocol, client: opener)
        }
        if isRedis { return .other }
        for end in [TCPStream.End.first, .second] {
            for line in lines(of: end) {
                guard let origin = LineOrigin(of: line) else { continue }
                let client = origin.side == .client ? end : end.other
                guard origin.side == .client || mayBeClient(client, of: origin.mailProtocol) else { continue }
                return .mail(origin.mailProtocol, client: client)
            }
        }
        guard isFull else { return .open }
        for (address, end) in [(first, TCPStream.End.first), (second, .second)] {
            if address.port == 143 { return .mail(.imap, client: end.other) }
            if address.port == 110 { return .mail(.pop3, client: end.other) }
        }
        return .other
    }

    /// The server speaks first in both protocols.
    private func hasGreeted(from server: TCPStream.End) -> Bool { said.first { $0.bytes.readableBytes > 0 }?.end == server }

    /// `+OK` is said in other protocols, too: Redis has it. Its client says what no client of mail says; only some of its lines
    /// look like POP3, `AUTH` between `$4` and `$6` for one.
    private func mayBeClient(_ client: TCPStream.End, of mailProtocol: MailProtocol) -> Bool {
        let lines = lines(of: client)
        return lines.isEmpty || lines.contains { LineOrigin(of: $0) == LineOrigin(mailProtocol, .client) } && !isRedis
    }

    /// What one of the two says begins as Redis does.
    private var isRedis: Bool {
        [TCPStream.End.first, .second].contains { lines(of: $0).prefix(2).contains(where: \.isOfRedis) }
    }

    private func head(of end: TCPStream.End) -> ByteBuffer {
        var head = ByteBuffer()
        for said in said where said.end == end {
            head.writeBytes(said.bytes.readableBytesView.prefix(Self.headSize - head.readableBytes))
        }
        return head
    }

    /// The whole lines at the beginning.
    private func lines(of end: TCPStream.End) -> [ByteBuffer] {
        var rest = head(of: end)
        var lines: [ByteBuffer] = []
        while let feed = rest.firstIndex(of: .lineFeed, from: rest.readerIndex) {
            if let line = rest.readSlice(length: feed - rest.readerIndex + 1) { lines.append(line) }
        }
        return lines
    }
}

extension ByteBuffer {
    /// `*2` or `$6`, alone in a line: how many strings or octets follow.
    fileprivate var isOfRedis: Bool {
        let line = withoutLineEnd.readableBytesView
        return (line.first == UInt8(ascii: "*") || line.first == UInt8(ascii: "$")) && line.count > 1
            && line.dropFirst().allSatisfy(\.isDigit)
    }
}
