// How much of the relay's work is done: from the least that anybody could do with the bytes to the line of the log. Each
// layer takes the script as the relay takes what a network brings, and gives back how many octets it saw.

import Glibc
import InterpostCore
import NIOCore

enum Layer: String, CaseIterable {
    case floor, framer, conversation, tap, gate
    case acts = "observer-acts"
    case commands = "observer-commands"
    case responses = "observer-responses"
    case jsonCommands = "json-commands"
    case jsonResponses = "json-responses"

    var title: String {
        switch self {
        case .floor: "memchr for each LF and memcpy of the bytes; of literals the memcpy alone"
        case .framer: "lines, literals and bodies are cut"
        case .conversation: "both directions are read into typed events"
        case .tap: "the session decides what goes on, and in which pieces (Tap)"
        case .gate: "and a gate reads each command strictly, judges it and writes it anew (SessionCore, no-delete)"
        case .acts: "beside the tap, the observer tells what was done (log detail acts)"
        case .commands: "and tells every command (log detail commands)"
        case .responses: "and tells every response, read deeply (log detail responses)"
        case .jsonCommands: "the log at detail commands, as JSON"
        case .jsonResponses: "the log at detail responses, as JSON"
        }
    }

    /// Octets that went through.
    func run(_ script: Script) -> Int {
        switch self {
        case .floor: Self.floor(script)
        case .framer: script.mailProtocol == .imap ? Self.frameIMAP(script) : Self.framePOP3(script)
        case .conversation: Self.converse(script)
        case .tap: Self.tap(script) { _ in }
        case .gate: Self.gate(script)
        case .acts: Self.observe(script, .acts)
        case .commands: Self.observe(script, .commands)
        case .responses: Self.observe(script, .responses)
        case .jsonCommands: Self.log(script, .commands)
        case .jsonResponses: Self.log(script, .responses)
        }
    }

    // MARK: - Floor

    private static func floor(_ script: Script) -> Int {
        let size = 1 << 18
        let target = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        defer { target.deallocate() }
        var octets = 0
        var lines = 0
        for turn in script.turns {
            turn.bytes.withUnsafeReadableBytes { bytes in
                guard let start = bytes.baseAddress, bytes.count <= size else { return }
                for _ in 0..<turn.times {
                    if !turn.isLiteral { lines &+= lineFeeds(start, bytes.count) }
                    memcpy(target, start, bytes.count)
                    octets += bytes.count
                }
            }
        }
        // The copy and the count are used, because a clever compiler would leave them out otherwise.
        return octets + (lines < 0 ? Int(target.load(as: UInt8.self)) : 0)
    }

    @inline(never) private static func lineFeeds(_ start: UnsafeRawPointer, _ count: Int) -> Int {
        var lines = 0
        var place = start
        let end = start + count
        while let found = memchr(place, 10, end - place) {
            lines += 1
            place = UnsafeRawPointer(found) + 1
        }
        return lines
    }

    // MARK: - Reading

    private static func frameIMAP(_ script: Script) -> Int {
        var client = IMAPFramer(sender: .client)
        var server = IMAPFramer(sender: .server)
        var octets = 0
        for turn in script.turns {
            for _ in 0..<turn.times {
                if turn.side == .client {
                    client.append(turn.bytes)
                    while let fragment = client.next() { octets += fragment.bytes.readableBytes }
                    client.settle()
                } else {
                    server.append(turn.bytes)
                    while let fragment = server.next() { octets += fragment.bytes.readableBytes }
                    server.settle()
                }
            }
        }
        return octets
    }

    private static func framePOP3(_ script: Script) -> Int {
        var client = POP3Framer()
        var server = POP3Framer()
        var octets = 0
        for turn in script.turns {
            for _ in 0..<turn.times {
                if turn.side == .client {
                    client.append(turn.bytes)
                    while let fragment = client.next() { octets += fragment.bytes.readableBytes }
                    client.settle()
                } else {
                    server.append(turn.bytes)
                    while let fragment = server.next() { octets += fragment.bytes.readableBytes }
                    server.settle()
                }
            }
            if let expectation = turn.thenExpect { server.expect(expectation) }
        }
        return octets
    }

    private static func converse(_ script: Script) -> Int {
        var conversation = Conversation(script.mailProtocol)
        var octets = 0
        for turn in script.turns {
            for _ in 0..<turn.times {
                conversation.receive(turn.bytes, from: turn.side, at: time)
                while let event = conversation.next() { octets += event.bytes.readableBytes }
                conversation.settle()
            }
        }
        return octets
    }

    // MARK: - The whole tap

    /// What a session does with the bytes, as `ProxySession` drives it. `record` gets what goes to the log, `commit` is called
    /// after each piece.
    private static func tap(_ script: Script, record: (MailEvent) -> Void, commit: () -> Void = {}) -> Int {
        var core = Tap(SessionSettings(mailProtocol: script.mailProtocol, listener: .implicit, upstream: .implicit))
        var octets = 0
        for turn in script.turns {
            for _ in 0..<turn.times {
                core.receive(turn.bytes, from: turn.side, at: time)
                while let action = core.next() {
                    switch action {
                    case .record(let event): record(event)
                    case .send(let bytes, _), .say(let bytes, _): octets += bytes.readableBytes
                    case .tell, .startTLS, .startDeflate, .close: break
                    }
                }
                commit()
            }
        }
        return octets
    }

    /// A gate that lets all of the scripts pass. It writes them as they came, so that each octet counts here too: they are
    /// spelled as a gate spells commands.
    private static func gate(_ script: Script) -> Int {
        var core = SessionCore(
            SessionSettings(mailProtocol: script.mailProtocol, listener: .implicit, upstream: .implicit),
            policy: Policy(.noDelete), context: PolicyContext(script.mailProtocol, clientIsEncrypted: true))
        var octets = 0
        for turn in script.turns {
            for _ in 0..<turn.times {
                core.receive(turn.bytes, from: turn.side, at: time)
                while let action = core.next() {
                    switch action {
                    case .send(let bytes, _), .say(let bytes, _): octets += bytes.readableBytes
                    default: break
                    }
                }
            }
        }
        return octets
    }

    private static func observe(_ script: Script, _ detail: LogEvent.Detail) -> Int {
        var observer = SessionObserver(detail: detail)
        var told = 0
        let octets = tap(script) { event in observer.observe(event) { _ in told += 1 } }
        return told > 0 ? octets : 0
    }

    /// Events gather while a piece is read, and are written together, as `EventSink` does it.
    private static func log(_ script: Script, _ detail: LogEvent.Detail) -> Int {
        var observer = SessionObserver(detail: detail)
        var told: [LogEvent] = []
        var lines: [UInt8] = []
        func write() {
            guard !told.isEmpty else { return }
            let writer = EventLines(session: 1, at: time)
            lines.removeAll(keepingCapacity: true)
            for event in told where event.detail <= detail { writer.write(event, to: &lines) }
            told.removeAll(keepingCapacity: told.count < 64)
        }
        return tap(script, record: { event in observer.observe(event) { told.append($0) } }, commit: write)
    }

    /// Any time will do: no clock is asked while a measurement runs.
    private static let time = WireTime(nanoseconds: 1_795_408_200_125_000_000)
}

/// CPU time of this thread in seconds. What else runs on the machine is not in it.
enum CPUClock {
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
