import NIOCore

/// The gate of a POP3 session: one line at a time is read strictly, judged, and written anew; the next one waits for the reply.
///
///     C: DELE 1␍␊      S: —
///     → -ERR [SYS/PERM] …␍␊                under read-only
///     C: retr 2␍␊      S: TOP 2 2147483647␍␊
struct POP3Gate: Gate {
    /// The stage of the one command that is under way.
    ///
    /// | state | what the client sends | what the server sends |
    /// | --- | --- | --- |
    /// | `greeting` | waits | `+OK` → `ready`; `-ERR` → `ended` |
    /// | `ready` | a command that passes → `inFlight`, that a rule holds → `held`, that is refused: stays; one malformed line too many → `ended` | any line → `ended`, with an alarm |
    /// | `inFlight` | waits | the reply → `ready`, after QUIT → `ended`; `+` → `saslResponse` |
    /// | `saslResponse` | one line of base64 → `inFlight`, any other → `ended` | the reply → `ready` |
    /// | `held` | waits; a person allows it → `inFlight`, refuses it → `ready` | as in `ready` |
    /// | `paying` | waits; its budget grants the command → `inFlight`, or not → `ready` | as in `ready` |
    /// | `ended` | nothing is read | nothing goes on |
    enum Stage { case greeting, ready, inFlight, saslResponse, held, paying, ended }

    /// What the gate asks by itself, between the client's commands.
    enum Errand {
        /// Whether the server has TOP, and deletes what is read.
        case capabilities
        /// How large the messages are.
        case sizes
    }

    struct Flight {
        var command: POP3Command
        var errand: Errand?
        /// Of a message whose header only may be seen.
        var header: HeaderPassage?
        /// What its budgets have granted.
        var payment: BudgetMeter.Payment?
    }

    struct Pending {
        var name: Keyword
        var command: POP3Command
        var line: ByteBuffer
        /// It is decided that it is pretended, and the log says so; only the sizes of messages are waited for.
        var isPretended = false
    }

    private static let patience = 65_536
    /// More lines than any message has.
    private static let allLines: UInt64 = 2_147_483_647

    let policy: Policy
    var context: PolicyContext
    var stage = Stage.greeting
    var steps: [GateStep] = []
    var flight: Flight?
    private var input = PendingBytes()
    /// What waits for an errand, or for a person.
    var pending: Pending?
    /// What a person decides about. It is mostly not there, and so takes no room in the gate.
    private indirect enum Held: Sendable { case command(PolicyDecision, PolicyContext) }

    private var held: Held?
    /// `nil` where everything may be done without end.
    var meter: BudgetMeter?
    /// What waits for the shell, in the place of ``pending``.
    var unpaid: (decision: PolicyDecision, request: BudgetRequest)?
    var errands: [Errand] = []
    var view = MaildropView()
    private var malformedLines = 0
    var hasUser = false
    /// `nil` until the server has said, after the login, what it can do.
    var offersTOP: Bool?
    /// `EXPIRE 0`: the server deletes what is read.
    var deletesWhatIsRead = false
    var hasWarned = false
    /// Interpost has logged in, for a client that cannot do so itself.
    private var isBehindLogin = false

    init(policy: Policy, context: PolicyContext) {
        self.policy = policy
        self.context = context
        meter = BudgetMeter(policy)
    }

    /// A gate that begins after a login that was not the client's.
    ///
    /// - Parameter input: What the client has said already.
    init(behindLogin policy: Policy, context: PolicyContext, input: PendingBytes) {
        self.init(policy: policy, context: context)
        self.input = input
        (stage, isBehindLogin) = (.ready, true)
        didLogIn()
    }

    // MARK: - In

    mutating func receive(_ bytes: ByteBuffer) {
        if case .ended = stage { return }
        input.append(bytes)
    }

    var wantsClient: Bool { input.count < Self.patience }

    var isAtRest: Bool {
        switch stage {
        case .greeting, .inFlight, .held, .paying: false
        case .ready, .saslResponse, .ended: true
        }
    }

    mutating func clientTLSIsUp() {
        input = PendingBytes()
        context.clientIsEncrypted = true
        // Servers keep the name of USER across STLS (smuggling SP04).
        (hasUser, malformedLines) = (false, 0)
    }

    mutating func resolveHold(_ answer: HoldVerdict) {
        guard case .held = stage, let command = pending, case .command(let decision, let context)? = held else { return }
        (pending, held) = (nil, nil)
        stage = .ready
        let rule = "\(decision.rule), \(answer.words)"
        if let denial = answer.denial {
            refuse(command, PolicyDecision(rule: rule, verdict: .refuse(denial)), denial)
        } else {
            let verdict = policy.judgeOnceAllowed(.pop3(name: command.name, command.command), in: context)
            carryOut(PolicyDecision(rule: rule, verdict: verdict), on: command, context)
        }
    }

    // MARK: - Out

    mutating func next() -> GateStep? {
        while true {
            if !steps.isEmpty { return steps.removeFirst() }
            if proceed() || !steps.isEmpty { continue }
            input.settle()
            return nil
        }
    }

    private mutating func proceed() -> Bool {
        switch stage {
        case .greeting, .held, .paying, .ended, .inFlight: return false
        case .saslResponse: return takeSASLResponse()
        case .ready:
            if !errands.isEmpty {
                run(errands.removeFirst())
                return true
            }
            if let command = pending {
                pending = nil
                if command.isPretended { pretend(command.command) } else { submit(command) }
                return true
            }
            guard let line = takeLine(upTo: StrictPOP3.maximumLogin) else { return false }
            read(line)
            return true
        }
    }

    /// A line with its LF. One that is too long ends the session: servers differ in where they cut it.
    private mutating func takeLine(upTo limit: Int) -> ByteBuffer? {
        let feed = input.lineFeed()
        let length = feed.map { $0 - input.buffer.readerIndex + 1 } ?? input.count
        guard length <= limit else {
            close(saying: "a line has at most \(limit) octets")
            return nil
        }
        return feed == nil ? nil : input.take(length)
    }

    private mutating func read(_ line: ByteBuffer) {
        do throws(StrictRefusal) {
            let (name, command) = try StrictPOP3.read(line)
            submit(Pending(name: name, command: command, line: line.ownCopy))
        } catch {
            refuse(error, line)
        }
    }

    private mutating func refuse(_ refusal: StrictRefusal, _ line: ByteBuffer) {
        let decision = PolicyDecision(rule: "strict reading", verdict: .refuse(Denial(text: refusal.reason)))
        steps.append(.decided(GateDecision(arrived: .pop3(line: line), decision: decision, refusal: refusal)))
        say("-ERR \(refusal.name.map { "\($0): " } ?? "")\(refusal.reason)")
        guard refusal.kind == .malformed else { return }
        malformedLines += 1
        let isBeforeLogin = context.state == .notAuthenticated
        if malformedLines >= (isBeforeLogin ? IMAPGate.maximumMalformed.beforeLogin : IMAPGate.maximumMalformed.afterLogin) {
            end(reason: "too many lines that are no commands")
        }
    }

    // MARK: - Judging

    private mutating func submit(_ command: Pending) {
        if isBehindLogin, command.command.changesLogin {
            tell(command, .loggedInAlready)
            return say("-ERR This session is logged in already")
        }
        if needsSizes(command.command), view.sizes == nil, context.state != .notAuthenticated {
            errands.append(.sizes)
            pending = command
            return
        }
        context.messageSize = command.command.message.flatMap { view.sizes?[$0] }
        // Only this command is judged by the user name in it; later ones are, once the server has taken that name.
        var context = context
        if context.state == .notAuthenticated {
            if case .user(let user) = command.command { context.user = user }
            if case .apop(let user, _) = command.command { context.user = user }
        }
        let decision = policy.judge(.pop3(name: command.name, command.command), in: context)
        carryOut(decision, on: command, context)
    }

    /// - Parameter context: In which it was judged.
    private mutating func carryOut(_ decision: PolicyDecision, on command: Pending, _ context: PolicyContext) {
        switch decision.verdict {
        case .refuse(let denial): refuse(command, decision, denial)
        case .drop:
            tell(command, decision)
            end(reason: "\(command.name) is forbidden by \(decision.rule)")
        case .hold(let seconds):
            tell(command, decision)
            (pending, held) = (command, .command(decision, context))
            stage = .held
            steps.append(.hold(HeldFacts(command: CommandName(keyword: command.name), rule: decision.rule), seconds: seconds))
        case .pretend:
            tell(command, decision)
            guard case .dele = command.command, view.sizes == nil, context.state != .notAuthenticated else {
                return pretend(command.command)
            }
            errands.append(.sizes)
            pending = command
            pending?.isPretended = true
        case .allow, .rewrite: pay(for: command, decision)
        }
    }

    /// Whether the sizes of messages have to be known for it.
    private func needsSizes(_ command: POP3Command) -> Bool {
        switch command {
        case .retr, .top: policy.anyRule { $0.match.larger != nil }
        default: false
        }
    }

    mutating func refuse(_ command: Pending, _ decision: PolicyDecision, _ denial: Denial) {
        tell(command, decision)
        say("-ERR [\(denial.code ?? "SYS/PERM")] \(denial.text)")
    }

    private mutating func tell(_ command: Pending, _ decision: PolicyDecision, sent: ByteBuffer? = nil) {
        steps.append(.decided(GateDecision(arrived: .pop3(line: command.line), decision: decision, sent: sent)))
    }

    // MARK: - Pretending

    private mutating func pretend(_ command: POP3Command) {
        guard case .dele(let number) = command else { return say("+OK") }
        guard context.state != .notAuthenticated else { return say("-ERR not logged in") }
        switch view.delete(number) {
        case .done: say("+OK message \(number) deleted")
        case .alreadyDeleted: say("-ERR message \(number) already deleted")
        case .noSuchMessage: say("-ERR no such message")
        }
    }

    /// Whether the client believes that messages are gone, and asks about them.
    private func isPretendedGone(_ command: POP3Command) -> Bool {
        guard !view.deleted.isEmpty else { return false }
        if case .stat = command { return true }
        return command.message.map(view.deleted.contains) ?? false
    }

    private mutating func answerAsPretended(_ command: Pending, _ decision: PolicyDecision) {
        tell(command, PolicyDecision(rule: decision.rule, verdict: .pretend))
        if let number = command.command.message { return say("-ERR message \(number) is deleted") }
        say("+OK \(view.left.count) \(view.left.octets)")
    }

    // MARK: - Sending

    mutating func sendRewritten(_ command: Pending, _ decision: PolicyDecision) {
        guard case .retr(let message) = command.command, obstacle(command.command) == nil else { return send(command, decision) }
        guard offersTOP != false else {
            let denial = Denial(text: "This mailbox is read-only here: the server has no TOP, and RETR marks messages as read")
            return refuse(command, PolicyDecision(rule: decision.rule, verdict: .refuse(denial)), denial)
        }
        var top = command
        (top.name, top.command) = (Keyword("TOP"), .top(message, lines: Self.allLines))
        send(top, decision)
    }

    mutating func send(_ command: Pending, _ decision: PolicyDecision) {
        if let denial = obstacle(command.command) {
            return refuse(command, PolicyDecision(rule: decision.rule, verdict: .refuse(denial)), denial)
        }
        guard let line = StrictPOP3.line(command.name, command.command) else {
            let denial = Denial(text: "\(command.name) cannot be passed on by Interpost")
            return refuse(command, PolicyDecision(rule: decision.rule, verdict: .refuse(denial)), denial)
        }
        if isPretendedGone(command.command) { return answerAsPretended(command, decision) }
        tell(command, decision, sent: line.withoutLineEnd)
        flight = Flight(command: command.command)
        if case .top(_, lines: 0) = command.command, policy.sightOfAll < .attachment { flight?.header = HeaderPassage() }
        stage = .inFlight
        steps.append(.write(line))
    }

    private func obstacle(_ command: POP3Command) -> Denial? {
        switch command {
        case .pass where !hasUser: Denial(text: "USER comes before PASS")
        case .retr where deletesWhatIsRead && !policy.allPresets { $0 == .observe }:
            Denial(text: "This server deletes messages that are read: they cannot be read through here")
        case .auth(let mechanism?, _) where !GateCapabilities.allows(mechanism: mechanism):
            Denial(text: "This way of logging in cannot be used through Interpost")
        default: nil
        }
    }

    private mutating func run(_ errand: Errand) {
        let command: POP3Command = errand == .capabilities ? .capa : .list(nil)
        flight = Flight(command: command, errand: errand)
        stage = .inFlight
        steps.append(.write(ByteBuffer(string: errand == .capabilities ? "CAPA\r\n" : "LIST\r\n")))
    }

    /// Takes one line, and only because the server has asked for it.
    private mutating func takeSASLResponse() -> Bool {
        guard let line = takeLine(upTo: StrictPOP3.maximumSASL) else { return false }
        let text = line.withoutLineEnd
        let isWhole = line.readableBytes - text.readableBytes == 2 && line.byte(at: line.writerIndex - 2) == .carriageReturn
        guard isWhole, text.readableBytes == 0 || text.equalsIgnoringCase("*") || Base64.decode(text.readableBytesView) != nil
        else {
            close(saying: "what is said in a login is base64")
            return true
        }
        stage = .inFlight
        var response = text
        response.writeStaticString("\r\n")
        steps.append(.write(response))
        return true
    }

    // MARK: - Endings

    private mutating func say(_ text: String) { steps.append(.answer(ByteBuffer(string: "\(text)\r\n"))) }

    private mutating func close(saying text: String) {
        say("-ERR \(text)")
        end(reason: text)
    }

    mutating func end(reason: String) {
        leave()
        steps.append(.close(by: .policy, reason: reason))
    }

    /// Reads nothing more from the client.
    mutating func leave() {
        stage = .ended
        input = PendingBytes()
    }

    mutating func alarm(_ reason: String, _ event: MailEvent) -> GatePassage {
        leave()
        steps.append(.alarm(reason: reason, last: event.bytes))
        return .withhold
    }
}

extension POP3Command {
    /// The message that the command names.
    var message: UInt64? {
        switch self {
        case .list(let number), .uidl(let number): number
        case .retr(let number), .dele(let number), .top(let number, _): number
        default: nil
        }
    }

    /// Whether it is part of a login.
    fileprivate var changesLogin: Bool {
        switch self {
        case .user, .pass, .apop, .auth, .utf8: true
        default: false
        }
    }
}
