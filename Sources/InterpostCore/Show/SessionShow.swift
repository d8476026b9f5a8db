import NIOCore

/// Turns the records of one session into lines for people, as they come; with a filter, only the lines of the exchanges that it
/// asks for.
///
/// What a server says unasked belongs to the command that is completed next. So lines wait until it is known whether they are
/// shown: at most `maximumWaiting` of them. With more, exchanges are judged before their result is known.
package struct SessionShow: Sendable {
    static let maximumWaiting = 20_000

    private struct Waiting {
        var line: ShownLine
        /// `nil` while it is not known to which one it belongs.
        var exchange: Int?
    }

    private let options: ShowOptions
    private var conversation: Conversation
    private var redactor: EventRedactor?
    private var heads: (client: RecordTrail, server: RecordTrail) = (RecordTrail(), RecordTrail())
    private var content: (client: ContentLine?, server: ContentLine?)
    private var start: Int64?
    private var shown: [ShownLine] = []

    private var waiting: [Waiting] = []
    private var exchanges: [Int: ShownExchange] = [:]
    private var verdicts: [Int: Bool] = [:]
    /// Exchanges that wait for their completion.
    private var open: [Int] = []

    /// `redactor` takes out of the lines what a capture has kept; `nil` where nothing was.
    package init(_ mailProtocol: MailProtocol, _ options: ShowOptions = ShowOptions(), redactor: EventRedactor? = nil) {
        self.options = options
        self.redactor = redactor
        conversation = Conversation(mailProtocol)
    }

    /// Takes a record and gives the lines that can be shown now.
    package mutating func receive(_ record: CaptureRecord) -> [ShownLine] {
        if start == nil { start = record.nanoseconds }
        if let side = record.kind.side {
            if isRead(record.kind) {
                if side == .client { heads.client.append(record) } else { heads.server.append(record) }
                conversation.receive(record.bytes, from: side, at: WireTime(nanoseconds: record.nanoseconds))
                read()
                conversation.settle()
            } else if options.view == .both {
                showApart(record)
            }
        } else if record.kind == .event {
            add(
                ShownLine(kind: .event, nanoseconds: record.nanoseconds, text: String(buffer: record.bytes)), of: nil,
                isLoose: false)
        }
        return take()
    }

    /// The session is over.
    package mutating func finish() -> [ShownLine] {
        for side in Side.allCases { conversation.inputEnded(of: side) }
        read()
        conversation.becomeOpaque()
        read()
        endContent(of: .client)
        endContent(of: .server)
        for number in open { decide(number) }
        open = []
        settleLoose(to: nil)
        return take()
    }

    private func isRead(_ kind: CaptureRecord.Kind) -> Bool {
        kind.isCarried(onLegTo: options.view == .server ? .server : .client)
    }

    // MARK: - Reading

    private mutating func read() {
        while let event = conversation.next() {
            let bytes = redactor?.redact(event) ?? event.bytes
            let end = event.offset + event.bytes.readableBytes
            let head = event.sender == .client ? heads.client.record(behind: end) : heads.server.record(behind: end)
            let time = head?.nanoseconds ?? event.time.nanoseconds
            show(event, bytes, kind: head?.kind ?? CaptureRecord.Kind(event.sender), at: time)
        }
    }

    private mutating func show(_ event: MailEvent, _ bytes: ByteBuffer, kind: CaptureRecord.Kind, at time: Int64) {
        switch event.meaning {
        case .literal(let remaining):
            appendContent(bytes, kind: kind, at: time)
            if remaining == 0 { endContent(of: event.sender) }
            return
        case .opaque, .pop3Body: return appendContent(bytes, kind: kind, at: time)
        case .longResponse(_, let isLast):
            appendContent(bytes, kind: kind, at: time)
            if isLast { endContent(of: event.sender) }
            return
        default: endContent(of: event.sender)
        }
        begin(event)
        let exchange = event.sender == .client ? event.exchange ?? open.last : nil
        add(ShownLine(kind: kind, nanoseconds: time, text: text(bytes)), of: exchange, isLoose: event.sender == .server)
        complete(event)
    }

    private mutating func begin(_ event: MailEvent) {
        guard event.sender == .client, let number = event.exchange else { return }
        let selected = event.standing.selection.map { [$0.mailbox] } ?? []
        switch event.meaning {
        case .part(let start) where exchanges[number] == nil:
            begin(number, ShownExchange(verbs: start.name.map { ["\($0)"] } ?? [], mailboxes: selected))
        case .command(let command):
            let verbs = command.usesUIDs ? ["\(command.title)", "\(command.name)"] : ["\(command.name)"]
            begin(number, ShownExchange(verbs: verbs, mailboxes: selected + (command.mailbox.map { [$0] } ?? [])))
        case .pop3Command(let name, _): begin(number, ShownExchange(verbs: name.map { ["\($0)"] } ?? [], mailboxes: []))
        default: break
        }
    }

    private mutating func begin(_ number: Int, _ exchange: ShownExchange) {
        // Its first line may have come before a literal.
        if exchanges[number] == nil { open.append(number) }
        exchanges[number] = exchange
    }

    private mutating func complete(_ event: MailEvent) {
        switch event.meaning {
        case .completion(let status, .some): complete(event.exchange, result: "\(status.result)".uppercased())
        case .pop3Completion(let reply, .some): complete(event.exchange, result: reply.result == .ok ? "+OK" : "-ERR")
        default: if open.isEmpty { settleLoose(to: nil) }
        }
    }

    private mutating func complete(_ exchange: Int?, result: String) {
        guard let number = exchange, let index = open.firstIndex(of: number) else { return settleLoose(to: nil) }
        open.remove(at: index)
        exchanges[number]?.result = result
        settleLoose(to: number)
        decide(number)
    }

    private mutating func decide(_ number: Int) {
        guard let exchange = exchanges.removeValue(forKey: number) else { return }
        verdicts[number] = options.filter.admits(exchange)
    }

    // MARK: - Content

    /// What has come of a literal or a message.
    private struct ContentLine {
        var kind: CaptureRecord.Kind
        var nanoseconds: Int64
        var octets = 0
        var head = ByteBuffer()
        var lines = ByteBuffer()
    }

    private static let maximumHead = 72
    private static let maximumLine = 400

    private mutating func appendContent(_ bytes: ByteBuffer, kind: CaptureRecord.Kind, at time: Int64) {
        let isClient = kind.side == .client
        var line = (isClient ? content.client : content.server) ?? ContentLine(kind: kind, nanoseconds: time)
        line.octets += bytes.readableBytes
        line.head.writeBytes(bytes.readableBytesView.prefix(Self.maximumHead - line.head.readableBytes))
        if options.isFull { line.lines.writeImmutableBuffer(bytes) }
        let exchange = isClient ? open.last : nil
        while let end = line.lines.readableBytesView.firstIndex(of: .lineFeed),
            let whole = line.lines.readSlice(length: end - line.lines.readerIndex + 1)
        {
            showContent(text(whole.withoutLineEnd), line, of: exchange)
        }
        if isClient { content.client = line } else { content.server = line }
    }

    private mutating func endContent(of side: Side) {
        guard let line = side == .client ? content.client : content.server else { return }
        if side == .client { content.client = nil } else { content.server = nil }
        let exchange = side == .client ? open.last : nil
        if options.isFull {
            if line.lines.readableBytes > 0 { showContent(text(line.lines), line, of: exchange) }
            return
        }
        let head = ByteBuffer(bytes: line.head.readableBytesView.prefix { $0 != .carriageReturn && $0 != .lineFeed })
        let colon = head.readableBytes > 0 ? ": " : ""
        showContent("… \(line.octets) octets\(colon)\(text(head))", line, of: exchange)
    }

    private mutating func showContent(_ text: String, _ line: ContentLine, of exchange: Int?) {
        add(
            ShownLine(kind: line.kind, nanoseconds: line.nanoseconds, text: text, isContent: true), of: exchange,
            isLoose: line.kind.side == .server)
    }

    /// What one side never heard is shown by itself, line by line.
    private mutating func showApart(_ record: CaptureRecord) {
        for line in record.bytes.readableBytesView.split(separator: .lineFeed) {
            add(
                ShownLine(kind: record.kind, nanoseconds: record.nanoseconds, text: text(ByteBuffer(bytes: line))),
                of: open.last, isLoose: record.kind.side == .server)
        }
    }

    private func text(_ line: ByteBuffer) -> String {
        let line = line.withoutLineEnd
        let isLong = !options.isFull && line.readableBytes > Self.maximumLine
        guard isLong else { return TerminalText.shown(line) }
        let head = ByteBuffer(bytes: line.readableBytesView.prefix(Self.maximumLine))
        return TerminalText.shown(head) + "… \(line.readableBytes) octets"
    }

    // MARK: - What is shown

    private mutating func add(_ line: ShownLine, of exchange: Int?, isLoose: Bool) {
        guard options.filter.admits(from: line.kind.side, since: line.nanoseconds - (start ?? 0)) else { return }
        guard options.filter.asksForExchanges else { return shown.append(line) }
        guard exchange != nil || isLoose else { return }
        waiting.append(Waiting(line: line, exchange: exchange))
        guard waiting.count > Self.maximumWaiting else { return }
        settleLoose(to: open.first)
        for number in open { if let exchange = exchanges[number] { verdicts[number] = options.filter.admits(exchange) } }
    }

    private mutating func settleLoose(to exchange: Int?) {
        for index in waiting.indices where waiting[index].exchange == nil { waiting[index].exchange = exchange ?? 0 }
    }

    private mutating func take() -> [ShownLine] {
        var first = 0
        while first < waiting.count, let exchange = waiting[first].exchange,
            let isShown = exchange == 0 ? false : verdicts[exchange]
        {
            if isShown { shown.append(waiting[first].line) }
            first += 1
        }
        waiting.removeFirst(first)
        if waiting.isEmpty, open.isEmpty { verdicts = [:] }
        defer { shown = [] }
        return shown
    }
}
