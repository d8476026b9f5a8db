import NIOCore

// What becomes of what the server says.

extension POP3Gate {
    mutating func passage(of event: MailEvent) -> GatePassage {
        if case .ended = stage { return .withhold }
        if let anomaly = event.anomalies.first(where: \.kind.endsGate) { return alarm(anomaly.kind.rawValue, event) }
        // `+` to a command without challenges may be a question, whatever clients take it for.
        if event.quirks.contains(.oddStatusIndicator), event.bytes.byte(at: event.bytes.readerIndex) == UInt8(ascii: "+"),
            !event.bytes.hasPrefixIgnoringCase("+ERR")
        {
            return alarm(Anomaly.Kind.unexpectedContinuation.rawValue, event)
        }
        switch event.meaning {
        case .pop3Greeting(let reply):
            if reply.result == .ok { stage = .ready } else { leave() }
            return .pass
        case .pop3Begin(_, let command):
            if case .list(nil) = command {
                view.beginListing()
                // Servers say how many messages there are, which is more than the client believes.
                if flight?.errand == nil, !view.deleted.isEmpty { return .replace(ByteBuffer(string: "+OK\r\n")) }
            }
            if case .capa = command { (offersTOP, deletesWhatIsRead) = (false, false) }
            return flight?.errand == nil ? .pass : .withhold
        case .pop3Listing: return passage(ofListing: event)
        case .pop3Body:
            flight?.payment?.count(octets: event.bytes.readableBytes)
            if var payment = flight?.payment, let settlement = meter?.settleOctets(&payment) {
                flight?.payment = payment
                steps.append(.settle(settlement))
            }
            guard let passed = flight?.header?.passed(of: event.bytes), passed.readableBytes < event.bytes.readableBytes else {
                return .pass
            }
            return passed.readableBytes > 0 ? .replace(passed) : .withhold
        case .pop3Completion(let reply, _): return passage(of: reply, event)
        case .saslChallenge:
            stage = .saslResponse
            return .pass
        default: return alarm(Anomaly.Kind.unexpectedReply.rawValue, event)
        }
    }

    private mutating func passage(ofListing event: MailEvent) -> GatePassage {
        guard let flight else { return alarm(Anomaly.Kind.unexpectedReply.rawValue, event) }
        let line = event.bytes.withoutLineEnd
        let heard = heard(line, answering: flight.command)
        return flight.errand == nil ? heard : .withhold
    }

    private mutating func heard(_ line: ByteBuffer, answering command: POP3Command) -> GatePassage {
        switch command {
        case .list:
            view.learn(line)
            return isDeleted(line) ? .withhold : .pass
        case .uidl: return isDeleted(line) ? .withhold : .pass
        case .capa: return passage(ofCapability: line)
        case .auth(mechanism: nil, _):
            let mechanism = Keyword(line.readableBytesView)
            let isKept = mechanism.map { GateCapabilities.allows(mechanism: $0) || $0.description.hasSuffix("-PLUS") } ?? false
            return isKept ? .pass : withhold(line)
        default: return .pass
        }
    }

    private func isDeleted(_ line: ByteBuffer) -> Bool { MaildropView.number(of: line).map(view.deleted.contains) ?? false }

    private mutating func passage(ofCapability line: ByteBuffer) -> GatePassage {
        switch POP3Capability(reading: line) {
        case .top:
            offersTOP = true
            return .pass
        case .expire(.days(0)?, _):
            deletesWhatIsRead = true
            return .pass
        case .sasl(let mechanisms):
            // Where binding is offered, the whole SCRAM family is left out; the tap does that, so `-PLUS` stays here.
            let kept = mechanisms.filter { GateCapabilities.allows(mechanism: $0) || $0.description.hasSuffix("-PLUS") }
            guard kept.count < mechanisms.count else { return .pass }
            let removed = mechanisms.filter { !GateCapabilities.allows(mechanism: $0) && !$0.description.hasSuffix("-PLUS") }
            note(removed: removed.map(\.description))
            return kept.isEmpty
                ? .withhold : .replace(ByteBuffer(string: "SASL \(kept.map(\.description).joined(separator: " "))\r\n"))
        // Dovecot lists the command itself, too.
        case .other where line.equalsIgnoringCase("CAPA"): return .pass
        case .other, .xclient, .xoip: return withhold(line)
        default: return .pass
        }
    }

    private mutating func withhold(_ line: ByteBuffer) -> GatePassage {
        note(removed: [String(buffer: line)])
        return .withhold
    }

    private mutating func note(removed: [String]) {
        guard flight?.errand == nil else { return }
        steps.append(.edited(CapabilityChange(removed: removed, reason: GateCapabilities.reason)))
    }

    private mutating func passage(of reply: POP3Reply, _ event: MailEvent) -> GatePassage {
        guard let flight else { return alarm(Anomaly.Kind.unexpectedReply.rawValue, event) }
        var payment = flight.payment
        payment?.note(isDone: reply.result == .ok)
        settle(payment)
        self.flight = nil
        stage = .ready
        if case .list(nil) = flight.command, reply.result == .ok { view.endListing() }
        if case .capa = flight.command, deletesWhatIsRead, !policy.allPresets({ $0 == .observe }), !hasWarned {
            hasWarned = true
            steps.append(.warn("the server deletes what is read (EXPIRE 0): RETR is refused"))
        }
        if let errand = flight.errand {
            if errand == .capabilities, reply.result != .ok { offersTOP = nil }
            // Nothing is known of any message then, and the server is not asked again.
            if errand == .sizes, reply.result != .ok { view.endListing() }
            return .withhold
        }
        context.follow(event.standing)
        follow(reply, of: flight.command)
        return .pass
    }

    private mutating func follow(_ reply: POP3Reply, of command: POP3Command) {
        switch command {
        case .user: hasUser = context.state == .notAuthenticated && reply.result == .ok
        case .pass, .apop, .auth(.some, _):
            hasUser = false
            if reply.result == .ok { didLogIn() }
        case .rset: if reply.result == .ok { view.reset() }
        case .quit: leave()
        default: break
        }
    }

    mutating func didLogIn() {
        view = MaildropView()
        if !policy.allPresets({ $0 == .observe }) || policy.anyRule({ $0.action == .rewrite }) { errands.append(.capabilities) }
    }
}
