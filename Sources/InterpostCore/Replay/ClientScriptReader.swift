import NIOCore

/// Takes a recorded session apart into what its client said.
struct ClientScriptReader {
    private var reading: NormalFormReading
    private var sorter = AnswerSorter()
    private(set) var greeting: ComparedEntry?
    private(set) var isCutShort = false
    private(set) var steps: [ClientStep] = []
    /// The step that is not whole yet.
    private var current: ClientStep?
    /// Steps by the numbers of their commands, until they are completed.
    private var open: [Int: Int] = [:]
    private var idle: Int?

    init(_ mailProtocol: MailProtocol, _ normalisation: Normalisation) {
        reading = NormalFormReading(mailProtocol, normalisation)
    }

    mutating func receive(_ bytes: ByteBuffer, from side: Side, at time: WireTime) {
        guard !isCutShort else { return }
        for (event, entries) in reading.read(bytes, from: side, at: time) {
            if case .opaque = event.meaning { return isCutShort = true }
            if event.sender == .client { readClient(event) }
            for entry in entries { read(entry) }
            if event.sender == .server { readServer(event) }
        }
    }

    // MARK: - Client

    private mutating func readClient(_ event: MailEvent) {
        switch event.meaning {
        case .part(let start):
            begin()
            current?.pieces.append(.line(event.bytes.ownCopy, start.announcement))
            if start.name == Keyword("LOGIN") || start.name == Keyword("AUTHENTICATE") { current?.role = .failedLogin }
        case .literal: append(literal: event.bytes)
        case .command(let command):
            begin()
            current?.pieces.append(.line(event.bytes.ownCopy, nil))
            current?.role = ClientStep.Role(command)
            if case .authenticate = command.body { current?.responses = [] }
            let change = command.change(isReadOnly: isReadOnly)
            current?.change = change
        case .pop3Command(let name, let command):
            begin()
            current?.pieces.append(.line(event.bytes.ownCopy, nil))
            current?.role = ClientStep.Role(command)
            if case .auth(.some, _) = command { current?.responses = [] }
            current?.change = command.change(name: name)
        case .pop3Body: if !steps.isEmpty { steps[steps.count - 1].message.writeImmutableBuffer(event.bytes) }
        case .saslResponse: note(response: event.bytes.withoutLineEnd.ownCopy)
        case .idleDone: if let idle { steps[idle].endsIdle = true }
        case .unknown:
            begin()
            current?.pieces.append(.line(event.bytes.ownCopy, nil))
            current?.role = .noise
        default: break
        }
    }

    private mutating func begin() {
        guard current == nil else { return }
        current = ClientStep()
        current?.isPipelined = !open.isEmpty
    }

    private mutating func append(literal chunk: ByteBuffer) {
        var octets = ByteBuffer()
        if case .literal(let before)? = current?.pieces.last {
            current?.pieces.removeLast()
            octets = before
        }
        octets.writeImmutableBuffer(chunk)
        current?.pieces.append(.literal(octets))
    }

    private mutating func note(response: ByteBuffer) {
        guard let index = steps.lastIndex(where: { $0.responses != nil }) else { return }
        steps[index].responses?.append(response)
    }

    private var isReadOnly: Bool {
        if case .selected(_, let isReadOnly)? = reading.conversation.imap?.state { isReadOnly } else { false }
    }

    // MARK: - What is whole

    private mutating func read(_ entry: ComparedEntry) {
        if entry.side == .client, entry.kind == .command || entry.kind == .unknown {
            guard var step = current else { return }
            current = nil
            step.shown = entry.shown
            if case .line(_, .some)? = step.pieces.last { step.isRefused = true }
            if let number = entry.command, !step.isComplete { open[number] = steps.count }
            steps.append(step)
        } else if entry.side == .server {
            if entry.kind == .greeting { return greeting = entry }
            guard let (number, answer) = sorter.take(entry), let index = open.removeValue(forKey: number) else { return }
            steps[index].answer = answer
            steps[index].isComplete = true
            if idle == index { idle = nil }
        }
    }

    private mutating func readServer(_ event: MailEvent) {
        switch event.meaning {
        // Completed before it is whole: its octets still came, as RFC 7888 §4 has it.
        case .completion(_, let record?) where record.command == nil && current != nil:
            current?.answer = sorter.takeAll()
            current?.isComplete = true
        case .completion(let status, let record?):
            switch record.command?.body {
            case .login, .authenticate: if status.result == .ok { logIn() }
            default: break
            }
        case .pop3Completion(let reply, let record?):
            switch record.command {
            case .pass, .apop, .rpop, .auth(.some, _): if reply.result == .ok { logIn() }
            default: break
            }
        case .continuation(.idle): idle = steps.lastIndex { $0.role == .idle }
        case .response, .status: if let idle, reading.conversation.imap?.isIdle == true { steps[idle].pushes += 1 }
        default: break
        }
    }

    /// The login that was completed last is the one that is made again.
    private mutating func logIn() {
        guard let index = steps.lastIndex(where: { $0.isComplete && $0.isLogin }) else { return }
        steps[index].role = .login
    }
}

/// Gives each command what the server said to it: all that came since the last completion, and its own.
///
/// So what came with no command in progress belongs to the next one: when exactly it comes is chance.
struct AnswerSorter: Sendable {
    private var loose: [ComparedEntry] = []

    mutating func take(_ entry: ComparedEntry) -> (command: Int, answer: [ComparedEntry])? {
        loose.append(entry)
        guard entry.kind == .completion, let command = entry.command else { return nil }
        return (command, takeAll())
    }

    mutating func takeAll() -> [ComparedEntry] {
        defer { loose = [] }
        return loose
    }
}
