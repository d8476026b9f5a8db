import NIOCore

/// The gate of an IMAP session: a client's command is read whole and strictly, judged, and written anew; nothing follows it
/// until the server has answered.
///
///     C: a store 1 +flags (\Seen)␍␊       S: —
///     → a NO [NOPERM] …␍␊                 under read-only: the server hears nothing
///     C: b select inbox␍␊                 S: b EXAMINE INBOX␍␊
struct IMAPGate: Gate {
    /// The stage of the one command that is under way.
    ///
    /// | state | what the client sends | what the server sends |
    /// | --- | --- | --- |
    /// | `greeting` | waits | OK or PREAUTH → `ready`; BYE → `ended` |
    /// | `ready` | a command that passes → `inFlight`, that a rule holds → `held`, that is refused: stays; one malformed line too many → `ended` | stays |
    /// | `inFlight` | the message of an APPEND; all else waits | a completion → `ready`, after LOGOUT → `ended`; `+` of SASL → `saslResponse`, of IDLE → `idle` |
    /// | `saslResponse` | one line of base64 → `inFlight`, any other → `ended` | a completion → `ready` |
    /// | `idle` | one line: DONE is written → `inFlight` | a completion → `ready` |
    /// | `held` | waits; a person allows it → `inFlight`, refuses it → `ready` | stays |
    /// | `paying` | waits; its budget grants the command → `inFlight`, or not → `ready` | stays |
    /// | `ended` | nothing is read | nothing goes on |
    ///
    /// An answer that nothing asked for is an alarm: from each of them it leads to `ended`.
    enum Stage {
        /// The server has not greeted.
        case greeting
        /// The client's next command is read.
        case ready
        /// A command is with the server.
        case inFlight
        /// The server has asked for a SASL response.
        case saslResponse
        case idle
        /// A person decides.
        case held
        /// The shell looks whether a budget is left.
        case paying
        /// Nothing more is read.
        case ended
    }

    /// The most lines of a session that are not commands, after login and before it.
    static let maximumMalformed = (afterLogin: 3, beforeLogin: 1)

    let policy: Policy
    var context: PolicyContext
    var capabilities: GateCapabilities
    var offers = UpstreamOffers()
    var stage = Stage.greeting
    var gatherer = CommandGatherer()
    var steps: [GateStep] = []
    var flight: CommandInFlight?
    /// Commands of the gate's own that come before the client's next one.
    var errands: [GateQuery] = []
    /// The command that a person decides about. It is mostly not there, and so takes no room in the gate.
    private indirect enum Held: Sendable {
        case command(StrictCommand, IMAPText, PolicyDecision, PolicyContext)
    }

    private var held: Held?
    private var heldVerdict: HoldVerdict?
    /// The answer to a refused command that is still being read to its end.
    private var refusedAnswer: ByteBuffer?
    private var malformedLines = 0
    /// A response of the server has begun and not ended: nothing of ours may go inside it.
    var isMidResponse = false
    /// Lines of a response about a mailbox that may be hidden.
    var withheld: ByteBuffer?
    var editor: FetchEditor?
    /// `nil` where everything may be seen.
    var sightGuard: SightGuard?
    /// `nil` where everything may be done without end.
    var meter: BudgetMeter?
    var unpaid: Unpaid?
    /// How many messages the selected mailbox has; `nil` where that is not known.
    var exists: UInt64?
    /// What the client believes it has marked as read.
    var marks = PretendedMarks()
    /// The mailbox that is selected, as it was named.
    var selectedMailbox: MailboxName?
    var listed = ListedNames()
    /// The client may still end an IDLE that is over.
    var isDoneDue = false
    var isDoneWritten = false
    /// A warning that the server marks messages as `\Seen` has been given.
    var hasToldOfSeen = false
    /// The selected mailbox was opened so that CLOSE expunges nothing.
    var isSelectedReadOnly = false
    /// Interpost has logged in, for a client that cannot do so itself.
    private var isBehindLogin = false

    init(policy: Policy, context: PolicyContext) {
        self.policy = policy
        self.context = context
        capabilities = GateCapabilities(policy: policy)
        meter = BudgetMeter(policy)
        if policy.sightOfAll < .attachment { sightGuard = SightGuard(policy.sightOfAll) }
    }

    /// A gate that begins after a login that was not the client's.
    ///
    /// - Parameters:
    ///   - offers: What the server can do.
    ///   - gatherer: What the client has said already.
    init(behindLogin policy: Policy, context: PolicyContext, offers: [ByteBuffer], gatherer: CommandGatherer) {
        self.init(policy: policy, context: context)
        self.offers.learn(offers)
        self.gatherer = gatherer
        (stage, isBehindLogin) = (.ready, true)
        didLogIn(isOffering: !offers.isEmpty)
    }

    // MARK: - In

    mutating func receive(_ bytes: ByteBuffer) {
        if case .ended = stage { return }
        gatherer.receive(bytes)
    }

    var wantsClient: Bool { gatherer.waiting < CommandGatherer.patience }

    var isAtRest: Bool {
        switch stage {
        case .greeting, .inFlight, .held, .paying: false
        case .ready, .saslResponse, .idle, .ended: true
        }
    }

    mutating func clientTLSIsUp() {
        gatherer.forget()
        context.clientIsEncrypted = true
        malformedLines = 0
    }

    mutating func resolveHold(_ verdict: HoldVerdict) { if case .held = stage { heldVerdict = verdict } }

    /// Does what a person decided, as soon as no response of the server is under way.
    private mutating func release() -> Bool {
        guard !isMidResponse, let answer = heldVerdict, case .command(let command, let text, let decision, let context)? = held
        else { return false }
        (heldVerdict, held) = (nil, nil)
        stage = .ready
        let rule = "\(decision.rule), \(answer.words)"
        if let denial = answer.denial {
            refuse(command.tag, text, PolicyDecision(rule: rule, verdict: .refuse(denial)), denial)
        } else {
            let verdict = policy.judgeOnceAllowed(.imap(command), in: context)
            carryOut(PolicyDecision(rule: rule, verdict: verdict), on: command, text, context)
        }
        return true
    }

    // MARK: - Out

    mutating func next() -> GateStep? {
        while true {
            if !steps.isEmpty { return steps.removeFirst() }
            if proceed() || !steps.isEmpty { continue }
            gatherer.settle()
            return nil
        }
    }

    /// Does one thing with what the client has sent; returns whether there was anything to do.
    private mutating func proceed() -> Bool {
        switch stage {
        case .greeting, .ended: return false
        case .held: return release()
        case .paying: return takeVerdict()
        case .ready:
            guard !isMidResponse else { return false }
            if !errands.isEmpty {
                run(errands.removeFirst())
                return true
            }
            guard let piece = gatherer.next() else { return false }
            take(piece)
            return true
        case .inFlight: return streamMessage()
        case .saslResponse: return takeSASLResponse()
        case .idle: return takeDone()
        }
    }

    private mutating func take(_ piece: CommandGatherer.Piece) {
        switch piece {
        case .command(let text): read(text)
        case .literal(let text, let literal): decide(on: literal, in: text)
        case .malformed(let line, let reason):
            let refusal = StrictRefusal(.malformed, tag: StrictCommand.tag(of: line), reason: reason)
            refuse(refusal, IMAPText(line: line))
        case .refusedCommandEnded:
            if let answer = refusedAnswer { steps.append(.answer(answer)) }
            refusedAnswer = nil
        case .tooLong: close(saying: "A command has at most \(CommandGatherer.maximumCommand) octets")
        case .streamed: break
        }
    }

    private mutating func read(_ text: IMAPText) {
        if isDoneDue {
            isDoneDue = false
            // The server ended IDLE by itself, and the client did not know yet.
            if text.literals.isEmpty, text.bytes.equalsIgnoringCase("DONE") { return }
        }
        do throws(StrictRefusal) {
            let command = try StrictCommand(reading: text)
            if case .append = command.body {
                // The message was not a literal that the gate could have streamed.
                throw StrictRefusal(.malformed, tag: command.tag, name: command.title, reason: "a message is a literal")
            }
            submit(command, text)
        } catch {
            refuse(error, text)
        }
    }

    // MARK: - Literals

    /// Decides all that can be decided before a client is asked for the octets of a literal.
    private mutating func decide(on literal: LiteralAnnouncement, in text: IMAPText) {
        guard let head = StrictCommand.head(of: text.bytes.firstLine) else {
            let tag = StrictCommand.tag(of: text.bytes.firstLine)
            return refuseLiteral(StrictRefusal(.malformed, tag: tag, reason: "a command is a tag, a space and a verb"), text)
        }
        guard IMAPVerb.named(head.name) != nil else {
            return refuseLiteral(StrictRefusal(.unknown, tag: head.tag, reason: "this command is not known here"), text)
        }
        if let decision = policy.judgeEarly(head.name, usesUIDs: head.usesUIDs, in: context),
            case .refuse(let denial) = decision.verdict
        {
            tell(.imap(text), decision)
            return refuseLiteral(Self.answer(head.tag, denial))
        }
        if head.name == Keyword("APPEND"), text.literals.count <= 2, let command = try? StrictCommand(reading: text),
            case .append = command.body
        {
            return submit(command, text, message: literal)
        }
        guard gatherer.hasRoom(for: literal) else {
            let reason = "the literals of a command have at most \(CommandGatherer.maximumCommand) octets together"
            let name = CommandName(keyword: head.name, usesUIDs: head.usesUIDs)
            return refuseLiteral(StrictRefusal(.unsupported, tag: head.tag, name: name, reason: reason), text)
        }
        gatherer.gather()
        if !literal.isNonSynchronising { steps.append(.answer(ByteBuffer(string: "+ go on\r\n"))) }
    }

    private mutating func refuseLiteral(_ refusal: StrictRefusal, _ text: IMAPText) {
        let isLast = note(refusal, text)
        refuseLiteral(Self.answer(refusal))
        if isLast { close(saying: "That was one line too many that is no command") }
    }

    private mutating func refuseLiteral(_ answer: ByteBuffer) {
        let isWaiting = gatherer.refuse()
        if isWaiting { steps.append(.answer(answer)) } else { refusedAnswer = answer }
    }

    // MARK: - Judging

    private mutating func submit(_ command: StrictCommand, _ text: IMAPText, message: LiteralAnnouncement? = nil) {
        guard let body = command.body.canonical(separator: context.separator, listed: listed) else {
            let reason = "the name of a mailbox is not spelled as RFC 9051 section 5.1 has it"
            let refusal = StrictRefusal(.unsupported, tag: command.tag, name: command.title, reason: reason)
            if message != nil { return refuseLiteral(refusal, text) }
            return refuse(refusal, text)
        }
        if isBehindLogin, body.changesLogin {
            return refuse(command.tag, text, .loggedInAlready, .loggedInAlready)
        }
        var command = command
        command.body = body
        // Only this command is judged by the user name in it; later ones are, once the server has let that user in.
        var context = context
        if case .login(let user, _) = body, context.state == .notAuthenticated { context.user = user.bytes }
        carryOut(policy.judge(.imap(command), in: context), on: command, text, context, message: message)
    }

    /// - Parameter context: In which it was judged.
    private mutating func carryOut(
        _ decision: PolicyDecision, on command: StrictCommand, _ text: IMAPText, _ context: PolicyContext,
        message: LiteralAnnouncement? = nil
    ) {
        switch decision.verdict {
        case .allow: pay(for: command, text, decision, [], message: message)
        case .rewrite(let rewrites): pay(for: command, text, decision, rewrites, message: message)
        case .refuse(let denial): refuse(command.tag, text, decision, denial, message: message)
        case .pretend:
            if case .store(let set, let request) = command.body { return pretend(command, set, request, text, decision) }
            tell(.imap(text), decision)
            let answer = Self.line(command.tag, "OK", "done")
            if message != nil { refuseLiteral(answer) } else { steps.append(.answer(answer)) }
        case .drop:
            tell(.imap(text), decision)
            end(reason: "\(command.title) is forbidden by \(decision.rule)")
        case .hold(let seconds):
            guard message == nil else {
                return refuse(
                    command.tag, text, decision, Denial(text: "Nobody can be asked about a message that is being added"),
                    message: message)
            }
            tell(.imap(text), decision)
            held = .command(command, text, decision, context)
            stage = .held
            steps.append(.hold(HeldFacts(command: command.title, rule: decision.rule), seconds: seconds))
        }
    }

    /// Refuses a command that the policy does not let pass.
    mutating func refuse(
        _ tag: ByteBuffer, _ text: IMAPText, _ decision: PolicyDecision, _ denial: Denial, message: LiteralAnnouncement? = nil
    ) {
        tell(.imap(text), decision)
        if message != nil { refuseLiteral(Self.answer(tag, denial)) } else { steps.append(.answer(Self.answer(tag, denial))) }
    }

    /// Refuses what is not a command that the gate takes.
    mutating func refuse(_ refusal: StrictRefusal, _ text: IMAPText) {
        let isLast = note(refusal, text)
        steps.append(.answer(Self.answer(refusal)))
        if isLast { close(saying: "That was one line too many that is no command") }
    }

    /// Counts the refusal and logs it; returns whether it was the last one that is tolerated.
    private mutating func note(_ refusal: StrictRefusal, _ text: IMAPText) -> Bool {
        let denial = Denial(text: refusal.reason)
        steps.append(
            .decided(
                GateDecision(
                    arrived: .imap(text), decision: PolicyDecision(rule: "strict reading", verdict: .refuse(denial)),
                    refusal: refusal)))
        guard refusal.kind == .malformed else { return false }
        malformedLines += 1
        let isBeforeLogin = context.state == .notAuthenticated
        return malformedLines >= (isBeforeLogin ? Self.maximumMalformed.beforeLogin : Self.maximumMalformed.afterLogin)
    }

    mutating func tell(_ arrived: GateDecision.Arrived, _ decision: PolicyDecision, sent: ByteBuffer? = nil) {
        steps.append(.decided(GateDecision(arrived: arrived, decision: decision, sent: sent)))
    }

    // MARK: - Endings

    mutating func close(saying text: String) {
        steps.append(.answer(ByteBuffer(string: "* BYE \(text)\r\n")))
        end(reason: text)
    }

    mutating func end(reason: String) {
        stage = .ended
        gatherer.forget()
        steps.append(.close(by: .policy, reason: reason))
    }

    mutating func alarm(_ reason: String, _ event: MailEvent) -> GatePassage {
        stage = .ended
        // The last line of a response with literals says little.
        let last = if case .response(let response) = event.meaning { response.text.bytes } else { event.bytes }
        steps.append(.alarm(reason: reason, last: last))
        return .withhold
    }

    // MARK: - Answers

    static func line(_ tag: ByteBuffer, _ result: String, _ text: String) -> ByteBuffer {
        var line = tag
        line.writeString(" \(result) \(text)\r\n")
        return line
    }

    static func answer(_ tag: ByteBuffer, _ denial: Denial) -> ByteBuffer {
        line(tag, "NO", "[\(denial.code ?? "NOPERM")] \(denial.text)")
    }

    /// `a BAD …`, or `* BAD …` where no tag could be read.
    private static func answer(_ refusal: StrictRefusal) -> ByteBuffer {
        let name = refusal.kind != .unknown ? refusal.name.map { "\($0): " } ?? "" : ""
        return line(refusal.tag ?? ByteBuffer(string: "*"), "BAD", "\(name)\(refusal.reason)")
    }
}

extension ByteBuffer {
    /// The octets up to the first LF, which is included.
    fileprivate var firstLine: ByteBuffer {
        guard let feed = firstIndex(of: .lineFeed, from: readerIndex) else { return self }
        return getSlice(at: readerIndex, length: feed - readerIndex + 1) ?? self
    }
}

extension IMAPCommand.Body {
    /// Whether somebody else would be logged in after it, or nobody (RFC 8437).
    fileprivate var changesLogin: Bool {
        switch self {
        case .login, .authenticate, .unauthenticate: true
        default: false
        }
    }
}

extension Denial {
    static let loggedInAlready = Denial(code: "CANNOT", text: "This session is logged in already")
}

extension PolicyDecision {
    static let loggedInAlready = PolicyDecision(rule: "one login", verdict: .refuse(.loggedInAlready))
}
