package import NIOCore

/// A recorded client that is played to a live server. A value: bytes and times in, actions out.
///
/// It says what was recorded, with the recorded tags, except for the login, which is made with a given user and password.
/// It waits for the answer to each command, so that each answer is known to be that command's, whatever the server's pace;
/// with ``ReplayClientOptions/pipelines`` it waits where the recorded client did. For a literal it waits for the server's
/// `+`, unless both can do without. What the server says is brought into the form in which sessions are compared
/// (``NormalFormReading``), and compared with what the recorded one said to the same command.
///
///     var client = ReplayClient(script, options)
///     client.receive(bytes, at: now)                "* OK ready␍␊"
///     while let action = client.next() { … }        .send("a1 SELECT INBOX␍␊")
///     print(client.report.text)
package struct ReplayClient: Sendable {
    enum Stage: Sendable {
        case greeting
        /// The next step may be said.
        case ready
        /// A `+` makes these the next octets; then it is as before.
        case literal(ArraySlice<ClientStep.Piece>, isRefused: Bool)
        /// The server's answer says what comes next: to IDLE, XTND XMIT, a login.
        case awaiting(Awaited)
        case idle(step: Int, pushes: Int, since: WireTime)
        case over
    }

    enum Awaited: Sendable {
        case idle(step: Int)
        case message(step: Int)
        /// What the server can do, so that the login of this step can be made.
        case capabilities(step: Int)
        /// USER was said; PASS comes next.
        case password(step: Int)
        case challenges(ArraySlice<ByteBuffer>)
    }

    /// A command that was said, and whose it is.
    enum Said: Sendable { case step(Int), own }

    let script: ClientScript
    let options: ReplayClientOptions
    var stage = Stage.greeting
    var reading: NormalFormReading
    private var sorter = AnswerSorter()
    private var actions: [ReplayClientAction] = []
    private var nextStep = 0
    /// Commands that are not whole for the reader, and those that are not completed, by their numbers.
    private var saying: [Said] = []
    var open: [Int: Said] = [:]
    var offers = ReplayClientOffers()
    private(set) var now = WireTime(nanoseconds: 0)
    private var lastWord = WireTime(nanoseconds: 0)
    private var announced: WireTime?
    package private(set) var report: ReplayClientReport

    package init(_ script: ClientScript, _ options: ReplayClientOptions = ReplayClientOptions()) {
        self.script = script
        self.options = options
        reading = NormalFormReading(script.mailProtocol, script.normalisation, limits: options.limits)
        report = ReplayClientReport(isRedacted: script.isRedacted)
        report.leftOut = script.steps.count { !$0.isPlayed(options.login) && $0.role != .user }
        if script.greeting == nil { stage = .ready }
    }

    // MARK: - In

    /// The connection is there: the server speaks first.
    package mutating func opened(at time: WireTime) {
        (now, lastWord) = (time, time)
        advance()
    }

    /// Bytes of the server.
    package mutating func receive(_ bytes: ByteBuffer, at time: WireTime) {
        (now, lastWord) = (time, time)
        for (event, entries) in reading.read(bytes, from: .server, at: time) { hear(event, entries) }
        advance()
    }

    /// The time has come that ``ReplayClientAction/wait(until:)`` named.
    package mutating func tick(at time: WireTime) {
        now = max(now, time)
        guard let due, due <= now else { return }
        if case .idle(let step, _, _) = stage { endIdle(of: step) } else { fail("the server has not answered in time") }
        advance()
    }

    /// The server will say nothing more.
    package mutating func closed() {
        guard !isOver else { return }
        end(nil)
    }

    /// Something outside the conversation failed.
    package mutating func fail(_ reason: String) {
        guard !isOver else { return }
        end(TerminalText.shown(reason))
    }

    package var isOver: Bool { if case .over = stage { true } else { false } }

    // MARK: - Out

    /// The next thing to do, or `nil` until something comes in.
    package mutating func next() -> ReplayClientAction? {
        if !actions.isEmpty { return actions.removeFirst() }
        guard !isOver, let due, announced != due else { return nil }
        announced = due
        return .wait(until: due)
    }

    /// When patience is over.
    private var due: WireTime? {
        let (start, patience) =
            if case .idle(_, _, let since) = stage { (since, options.patience) } else { (lastWord, options.timeout) }
        let (sum, overflow) = start.nanoseconds.addingReportingOverflow(patience)
        return overflow ? nil : WireTime(nanoseconds: sum)
    }

    // MARK: - Hearing

    private mutating func hear(_ event: MailEvent, _ entries: [ComparedEntry]) {
        guard !isOver else { return }
        offers.learn(from: event)
        for entry in entries {
            if entry.side == .client { noteSaid(entry) } else { hear(entry) }
        }
        switch event.meaning {
        case .continuation(.literal):
            guard case .literal(let rest, let isRefused) = stage else { return }
            if isRefused { return fail("the server takes a literal that the recorded one refused, and its octets are not known") }
            stage = .ready
            say(rest)
        case .saslChallenge:
            guard case .awaiting(.challenges(var rest)) = stage else { return }
            // The recorded client had nothing more to say; a client that logs in as somebody else cancels the exchange.
            guard var line = rest.popFirst() ?? (options.login.isGiven ? ByteBuffer(string: "*") : nil) else { return }
            line.writeStaticString("\r\n")
            stage = .awaiting(.challenges(rest))
            send(line)
        case .continuation(.idle):
            if case .awaiting(.idle(let step)) = stage { stage = .idle(step: step, pushes: 0, since: now) }
        case .pop3Begin(_, .xtnd(.xmit)):
            guard case .awaiting(.message(let step)) = stage else { return }
            stage = .ready
            send(script.steps[step].message)
        case .response, .status:
            guard case .idle(let step, let pushes, let since) = stage else { return }
            stage = .idle(step: step, pushes: pushes + 1, since: since)
        default: break
        }
    }

    private mutating func noteSaid(_ entry: ComparedEntry) {
        guard entry.kind == .command, let number = entry.command, !saying.isEmpty else { return }
        open[number] = saying.removeFirst()
    }

    private mutating func hear(_ entry: ComparedEntry) {
        if entry.kind == .greeting {
            let comparison = AnswerComparison([script.greeting].compactMap(\.self), [entry], comparesOffers: false)
            if let difference = comparison.difference(nil, number: 0) { report.add(difference) }
            if case .greeting = stage { stage = .ready }
            return
        }
        guard let (number, answer) = sorter.take(entry), let said = open.removeValue(forKey: number) else { return }
        let isOK = entry.isPositive
        switch (stage, said) {
        case (.awaiting(.capabilities(let step)), .own): return logIn(step)
        case (.awaiting(.password(let step)), .own):
            guard isOK, case .given(_, let password) = options.login else { return refuse(entry) }
            stage = .awaiting(.challenges([]))
            return say([.line(ReplayClientLogin.pass(password), nil)], as: .step(step))
        // Where no command is incomplete any more, the server did not want the literal.
        case (.literal, _): if saying.isEmpty { stage = .ready }
        case (.awaiting(let awaited), .step(let index)): if awaited.isUp(to: index, script) { stage = .ready }
        case (.idle(let step, _, _), .step(let index)): if step == index { stage = .ready }
        default: break
        }
        guard case .step(let index) = said else { return }
        if script.steps[index].role == .login, !isOK, case .given = options.login { return refuse(entry) }
        compare(index, answer)
    }

    private mutating func refuse(_ entry: ComparedEntry) {
        guard case .given(let user, _) = options.login else { return }
        fail("the server refuses the login of \(user): \(entry.shown)")
    }

    private mutating func compare(_ index: Int, _ answer: [ComparedEntry]) {
        let step = script.steps[index]
        guard step.isComplete else { return }
        let comparison = AnswerComparison(step.answer, answer, comparesOffers: !step.isLogin)
        if let difference = comparison.difference(step.shown, number: index + 1) {
            report.add(difference)
        } else {
            report.same += 1
        }
    }

    // MARK: - Saying

    /// Says what may be said now.
    private mutating func advance() {
        if case .idle(let step, let pushes, _) = stage, pushes >= script.steps[step].pushes, script.steps[step].pushes > 0 {
            endIdle(of: step)
        }
        while case .ready = stage {
            guard nextStep < script.steps.count else {
                if awaitsNothing { end(nil) }
                return
            }
            let step = script.steps[nextStep]
            guard step.isPlayed(options.login) else {
                nextStep += 1
                continue
            }
            let runsAhead = options.pipelines && step.isPipelined && !(step.role == .login && options.login.isGiven)
            guard awaitsNothing || runsAhead else { return }
            nextStep += 1
            perform(nextStep - 1)
        }
    }

    /// All commands are completed that were completed when they were recorded.
    private var awaitsNothing: Bool {
        open.values.allSatisfy { if case .step(let index) = $0 { !script.steps[index].isComplete } else { false } }
    }

    private mutating func perform(_ index: Int) {
        let step = script.steps[index]
        switch step.role {
        case .login where options.login.isGiven: beginLogin(index)
        case .noise:
            report.commands += 1
            say(step.pieces[...], as: nil)
        case .idle:
            stage = .awaiting(.idle(step: index))
            say(step.pieces[...], as: .step(index))
        default:
            if step.message.readableBytes > 0 { stage = .awaiting(.message(step: index)) }
            if let responses = step.responses { stage = .awaiting(.challenges(responses[...])) }
            say(step.pieces[...], as: .step(index))
        }
    }

    private mutating func beginLogin(_ index: Int) {
        guard !offers.areKnown else { return logIn(index) }
        stage = .awaiting(.capabilities(step: index))
        let line = script.mailProtocol == .imap ? "interpost-1 CAPABILITY\r\n" : "CAPA\r\n"
        say([.line(ByteBuffer(string: line), nil)], as: .own)
    }

    private mutating func logIn(_ index: Int) {
        guard case .given(let user, let password) = options.login else { return }
        let login =
            script.mailProtocol == .imap
            ? ReplayClientLogin(imap: offers.names, tag: ByteBuffer(string: "interpost-2"), user: user, password)
            : ReplayClientLogin(pop3: offers.names, mechanisms: offers.mechanisms, user: user, password)
        guard let login else { return fail("the server offers no login with a password that is PLAIN or LOGIN") }
        let isUSER = script.mailProtocol == .pop3 && login.responses.isEmpty
        stage = .awaiting(isUSER ? .password(step: index) : .challenges(login.responses[...]))
        say(login.pieces[...], as: isUSER ? .own : .step(index))
    }

    /// Says these pieces, up to a literal that the server has to ask for.
    private mutating func say(_ pieces: ArraySlice<ClientStep.Piece>, as said: Said?) {
        if let said {
            saying.append(said)
            if case .step = said { report.commands += 1 }
        }
        say(pieces)
    }

    private mutating func say(_ pieces: ArraySlice<ClientStep.Piece>) {
        var rest = pieces
        var bytes = ByteBuffer()
        while let piece = rest.popFirst() {
            switch piece {
            case .literal(let octets): bytes.writeImmutableBuffer(octets)
            case .line(let line, let announcement?) where !mayRunOn(behind: announcement):
                bytes.writeImmutableBuffer(line.synchronising)
                stage = .literal(rest, isRefused: rest.isEmpty)
                return send(bytes)
            case .line(let line, _): bytes.writeImmutableBuffer(line)
            }
        }
        send(bytes)
    }

    /// RFC 7888.
    private func mayRunOn(behind literal: LiteralAnnouncement) -> Bool {
        guard literal.isNonSynchronising, !literal.isMinus else { return false }
        return offers.names.contains("LITERAL+")
            || (literal.length <= 4096 && (offers.names.contains("LITERAL-") || offers.names.contains("IMAP4REV2")))
    }

    private mutating func endIdle(of step: Int) {
        guard script.steps[step].endsIdle else { return end(nil) }
        stage = script.steps[step].isComplete ? .awaiting(.idle(step: step)) : .ready
        send(ByteBuffer(string: "DONE\r\n"))
    }

    private mutating func send(_ bytes: ByteBuffer) {
        actions.append(.send(bytes))
        for (event, entries) in reading.read(bytes, from: .client, at: now) { hear(event, entries) }
    }

    // MARK: - Ending

    private mutating func end(_ reason: String?) {
        stage = .over
        report.failure = reason
        for said in open.values.sorted(by: { $0.order < $1.order }) + saying {
            if case .step(let index) = said, script.steps[index].isComplete { compare(index, []) }
        }
        report.neverSaid = script.steps[nextStep...].count { $0.isPlayed(options.login) }
        actions.append(.close)
    }
}

extension ReplayClientOptions.Login {
    fileprivate var isGiven: Bool { if case .given = self { true } else { false } }
}

extension ReplayClient.Awaited {
    /// Whether it is over with the completion of this step.
    fileprivate func isUp(to index: Int, _ script: ClientScript) -> Bool {
        switch self {
        case .idle(let step), .message(let step): step == index
        case .capabilities, .password: false
        case .challenges: script.steps[index].isLogin
        }
    }
}

extension ReplayClient.Said {
    fileprivate var order: Int { if case .step(let index) = self { index } else { -1 } }
}

extension ByteBuffer {
    /// `a LOGIN {3+}␍␊` as `a LOGIN {3}␍␊`
    fileprivate var synchronising: ByteBuffer {
        let line = withoutLineEnd.readableBytesView
        guard line.suffix(2).elementsEqual("+}".utf8) || line.suffix(2).elementsEqual("-}".utf8) else { return self }
        var changed = ByteBuffer(bytes: line.dropLast(2))
        changed.writeStaticString("}")
        changed.writeImmutableBuffer(lineEnd)
        return changed
    }
}
