import NIOCore

/// The mail sessions in a capture of packets, as what their two sides said.
///
///     10.0.0.7:51002 → 192.0.2.1:143      S: * OK ready      an IMAP session
///     10.0.0.7:51003 → 192.0.2.1:993      C: 16 03 01 …      TLS: counted, and passed over
///     10.0.0.7:51004 → 192.0.2.9:80       C: GET / …         no mail
///
/// Which protocol it is, and who the client is, is told from what is said and from who opened the connection; where the capture
/// began later, from the ports of the two protocols, too.
package struct MailStreams: Sendable {
    package enum Event: Sendable {
        /// `isWhole` where the capture holds the connection's beginning.
        case opened(Int, SessionFacts, isWhole: Bool)
        case said(Int, SessionTurn)
        /// A reason is given where the session went on, but cannot be read any further.
        case ended(Int, reason: String?)
    }

    private var streams = TCPStreams()
    private var undecided: [Int: StreamClassifier] = [:]
    private var clients: [Int: TCPStream.End] = [:]
    private var ready: [Event] = []
    /// Connections that are encrypted from their beginning, and that are no mail.
    package private(set) var encrypted = 0
    package private(set) var others = 0

    package init() {}

    /// Fragments of IP packets, which are not put together: what they held is missing.
    package var fragments: Int { streams.fragments }

    /// Packets of connections for which there were too many others at once.
    package var refused: Int { streams.refused }

    /// Packets of which the capture kept only the beginning.
    package private(set) var cutShort = 0

    package mutating func receive(_ packet: CapturedPacket) {
        if packet.bytes.readableBytes < packet.length { cutShort += 1 }
        streams.receive(packet)
        follow()
    }

    /// There are no more packets.
    package mutating func finish() {
        streams.finish()
        follow()
    }

    /// The events since the last time.
    package mutating func take() -> [Event] {
        defer { ready.removeAll() }
        return ready
    }

    private mutating func follow() {
        for event in streams.take() {
            switch event {
            case .opened(let number, let first, let second, let opener):
                undecided[number] = StreamClassifier(first: first, second: second, opener: opener)
            case .said(let number, let said):
                if let client = clients[number] {
                    ready.append(.said(number, said.turn(client: client)))
                } else if undecided[number] != nil {
                    undecided[number]?.said.append(said.kept)
                    undecided[number]?.octets += said.bytes.readableBytes
                    decide(number, isOver: false)
                }
            case .ended(let number, let missing):
                if undecided[number] != nil { decide(number, isOver: true) }
                guard let client = clients.removeValue(forKey: number) else { continue }
                let side = missing.map { $0 == client ? Side.client : .server }
                ready.append(.ended(number, reason: side.map { "the capture lacks packets of the \($0.rawValue)" }))
            }
        }
    }

    private mutating func decide(_ number: Int, isOver: Bool) {
        guard let stream = undecided[number] else { return }
        switch stream.verdict(isOver: isOver) {
        case .open: return
        case .mail(let mailProtocol, let client):
            undecided[number] = nil
            clients[number] = client
            let (own, server) = client == .first ? (stream.first, stream.second) : (stream.second, stream.first)
            let url = "\(mailProtocol.rawValue)://\(server)"
            ready.append(
                .opened(
                    number, SessionFacts(mailProtocol: mailProtocol, listener: url, client: "\(own)", upstream: url),
                    isWhole: stream.opener != nil))
            for said in stream.said { ready.append(.said(number, said.turn(client: client))) }
        case .encrypted:
            encrypted += 1
            drop(number)
        case .other:
            if stream.octets > 0 { others += 1 }
            drop(number)
        }
    }

    private mutating func drop(_ number: Int) {
        undecided[number] = nil
        streams.ignore(number)
    }
}

extension TCPStream.Said {
    /// A copy to keep until it is known what it is part of, so that not all that was read with it is kept, too.
    fileprivate var kept: Self { Self(end: end, bytes: bytes.ownCopy, time: time) }

    fileprivate func turn(client: TCPStream.End) -> SessionTurn {
        SessionTurn(side: end == client ? .client : .server, bytes: bytes, time: time)
    }
}
