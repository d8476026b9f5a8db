import NIOCore

@testable import InterpostCore

/// What two sides say, one after another, and what happens in between: a transcript like those in `Fixtures/Wire`.
///
///     @ line 40            limits.line is 40
///     S: * OK ready        every line ends in CR LF, but one that ends in a single backslash; \xNN is one octet
///     C: a LOGIN {5}
///     @ login quoted       here the client logs in with a secret
///     S: a BAD %p          and the server repeats it
///
/// A fuzzer writes it, so nothing is a mistake: a line without `C:` or `S:` is said by whoever spoke last, and a directive
/// that is not known is none. `#` begins a comment, `=` an expectation of a wire fixture; both are passed over. Behind
/// `@ times 200` what stands between `<<` and `>>` is said 200 times.
struct Dialogue {
    enum Step {
        case say(Side, ByteBuffer)
        case direct(Directive)
    }

    /// Something that happens at its place.
    enum Directive: Equatable {
        // To the framer of the side that spoke last.
        case cancelLiteral, plainLine, commandLine, body, listing
        case becomeOpaque, takeUnread
        /// Interpost says a line in the server's place.
        case answer(ByteBuffer)
        case login
        case tlsIsUp(Side), clearText(Side), inputEnded(Side), closed(Side), deflateBroke(Side)
        case drain, end, timeOut, turnAway, upstreamFailed
        /// What the shell of a brokered session finds out, whether it was asked or not.
        case give(DeskAnswer)
        /// The client logs in by SCRAM-SHA-256; the server says what is due in it.
        case scram, sign
    }

    enum DeskAnswer: Equatable {
        case keys, accepted, connected, derived, secret
        case refused(LoginRefusal)
        case failed(UpstreamFailure.Kind)
    }

    /// The account of a brokered session: `@ account xoauth2 required mailbox`.
    struct Account {
        var mechanism: LoginMechanism?
        var security = SessionSettings.UpstreamSecurity.implicit
        var hasMailbox = false

        init() {}

        fileprivate init(_ words: some Sequence<String>) {
            for word in words {
                if word == "mailbox" { hasMailbox = true }
                mechanism = LoginMechanism(rawValue: word) ?? mechanism
                security = .init(rawValue: word) ?? security
            }
        }
    }

    /// Octets that are said, at most, when the repetitions are written out.
    private static let maximumOctets = 8192

    var steps: [Step] = []
    var settings: SessionSettings
    /// Octets of a piece, where the bytes come in pieces.
    var cut = 3
    /// TLS comes up at `@ tls`, and not by itself.
    var negotiatesByHand = false
    /// What the shell of a brokered session is asked waits for `@ give …`.
    var answersByHand = false
    var account = Account()
    /// How the client logs in, every time: `@ login`, `@ login quoted`.
    var login: LoginForm?
    private let input: ByteBuffer
    private var times = 1
    private var octets = 0

    var limits: WireLimits { settings.limits }
    /// What `@ login` tells the server, and `%p` and `%m` stand for: the password, the SASL message that carries it.
    var secret: PlantedSecret? { login.map { PlantedSecret(for: input, form: $0) } }

    /// The account's own, in a brokered session: `%a`, and `%b` in base64.
    var accountSecret: PlantedSecret {
        var other = input
        other.writeStaticString("account")
        return PlantedSecret(for: other, form: .plain)
    }

    init(_ input: ByteBuffer, _ mailProtocol: MailProtocol) {
        self.input = input
        settings = SessionSettings(mailProtocol: mailProtocol, listener: .offered, upstream: .implicit)
        // Few enough to be reached.
        settings.limits.pendingCommands = 20
        var speaker = Side.server
        for line in input.readableBytesView.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            switch line.first {
            case nil, UInt8(ascii: "#"), UInt8(ascii: "="): continue
            case UInt8(ascii: "@"):
                direct(line.dropFirst().split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) })
            default:
                var text = line
                if text.dropFirst().first == UInt8(ascii: ":"), let side = Self.side(text.first) {
                    speaker = side
                    text = text.dropFirst(text.dropFirst(2).first == UInt8(ascii: " ") ? 3 : 2)
                }
                let wire = Self.wire(text[...], times: times, room: Self.maximumOctets - octets)
                octets += wire.readableBytes
                steps.append(.say(speaker, wire))
            }
        }
    }

    private static func side(_ mark: UInt8?) -> Side? {
        switch mark {
        case UInt8(ascii: "C"): .client
        case UInt8(ascii: "S"): .server
        default: nil
        }
    }

    private mutating func direct(_ words: [String]) {
        let argument = words.count > 1 ? words[1] : ""
        let number = min(max(0, Int(argument) ?? 0), 1 << 20)
        let side = Side(rawValue: argument) ?? .client
        switch words.first {
        case "line": (settings.limits.lineLength, settings.limits.responseLength) = (number, number)
        case "literal": settings.limits.literalSize = number
        case "kept": settings.limits.keptLiteralSize = min(number, 4096)
        case "pending": settings.limits.pendingCommands = min(max(1, number), 100)
        case "unread": settings.limits.unreadOctets = number
        case "times": times = min(max(1, number), Self.maximumOctets)
        case "cut": cut = max(1, number)
        case "listener": settings.listener = .init(rawValue: argument) ?? settings.listener
        case "upstream": settings.upstream = .init(rawValue: argument) ?? settings.upstream
        case "mirror": settings.isMirror = true
        case "strip": settings.compression = .strip
        case "by-hand": negotiatesByHand = true
        case "cancel": steps.append(.direct(.cancelLiteral))
        case "plain": steps.append(.direct(.plainLine))
        case "command": steps.append(.direct(.commandLine))
        case "body": steps.append(.direct(.body))
        case "listing": steps.append(.direct(.listing))
        case "opaque": steps.append(.direct(.becomeOpaque))
        case "take": steps.append(.direct(.takeUnread))
        case "answer": steps.append(.direct(.answer(ByteBuffer(string: words.dropFirst().joined(separator: " ") + "\r\n"))))
        case "login":
            login = login ?? LoginForm(rawValue: argument) ?? .atom
            steps.append(.direct(.login))
        case "tls": steps.append(.direct(.tlsIsUp(side)))
        case "clear": steps.append(.direct(.clearText(side)))
        case "ended": steps.append(.direct(.inputEnded(side)))
        case "closed": steps.append(.direct(.closed(side)))
        case "broken": steps.append(.direct(.deflateBroke(side)))
        case "drain": steps.append(.direct(.drain))
        case "end": steps.append(.direct(.end))
        case "time-out": steps.append(.direct(.timeOut))
        case "turn-away": steps.append(.direct(.turnAway))
        case "failed": steps.append(.direct(.upstreamFailed))
        case "account": account = Account(words.dropFirst())
        case "ask-by-hand": answersByHand = true
        case "give": if let answer = DeskAnswer(words.dropFirst()) { steps.append(.direct(.give(answer))) }
        case "scram": steps.append(.direct(.scram))
        case "sign": steps.append(.direct(.sign))
        default: break
        }
    }

    /// A line as it goes over the wire, if there is room for it.
    private static func wire(_ text: ByteBufferView, times: Int, room: Int) -> ByteBuffer {
        var wire = ByteBuffer()
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                if rest.isEmpty { return wire }
                if rest.first == UInt8(ascii: "x"), rest.count >= 3,
                    let octet = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
                {
                    wire.writeInteger(octet)
                    rest = rest.dropFirst(3)
                    continue
                }
            }
            if times > 1, byte == UInt8(ascii: "<"), rest.first == byte, let end = rest.firstIndex(of: UInt8(ascii: ">")) {
                let inner = Self.wire(rest[(rest.startIndex + 1)..<end], times: 1, room: room)
                for _ in 0..<times where wire.readableBytes < room {
                    wire.writeImmutableBuffer(inner.withoutLineEnd)
                }
                rest = rest[(end + 1)...]
                if rest.first == UInt8(ascii: ">") { rest = rest.dropFirst() }
                continue
            }
            wire.writeInteger(byte)
        }
        wire.writeStaticString("\r\n")
        return wire
    }

    /// So little is said that it can be said octet by octet.
    var isShort: Bool { octets <= 2048 }
}

/// In what pieces a dialogue's bytes come in.
enum Cutting {
    /// As much at once as one side says.
    case joined
    /// In pieces of the length that the dialogue chooses.
    case cut
    case single
}

extension Dialogue {
    /// The steps with bytes joined that one side says in a row.
    var joinedSteps: [Step] {
        var joined: [Step] = []
        for step in steps {
            if case .say(let side, let bytes) = step, case .say(side, var before)? = joined.last {
                before.writeImmutableBuffer(bytes)
                joined[joined.count - 1] = .say(side, before)
            } else {
                joined.append(step)
            }
        }
        return joined
    }

    /// All ways to cut but the first.
    var otherCuttings: [Cutting] { isShort ? [.cut, .single] : [.cut] }

    func steps(_ cutting: Cutting) -> [Step] { cutting == .joined ? joinedSteps : steps }

    /// What is said in one step, in pieces. Single octets are slices of one buffer, longer pieces have storage of their own.
    func pieces(of bytes: ByteBuffer, _ cutting: Cutting) -> [ByteBuffer] {
        let length =
            switch cutting {
            case .joined: max(1, bytes.readableBytes)
            case .cut: cut
            case .single: 1
            }
        return stride(from: bytes.readerIndex, to: bytes.writerIndex, by: length).map {
            let piece = bytes.getSlice(at: $0, length: min(length, bytes.writerIndex - $0)) ?? ByteBuffer()
            return cutting == .single ? piece : ByteBuffer(bytes: piece.readableBytesView)
        }
    }
}

extension Dialogue.DeskAnswer {
    /// `refused expired`, `failed limit`, `keys` …
    fileprivate init?(_ words: ArraySlice<String>) {
        let kind = words.dropFirst().first ?? ""
        switch words.first {
        case "keys": self = .keys
        case "accepted": self = .accepted
        case "refused": self = .refused(LoginRefusal(rawValue: kind) ?? .wrongSecret)
        case "connected": self = .connected
        case "derived": self = .derived
        case "secret": self = .secret
        case "failed": self = .failed(UpstreamFailure.Kind(rawValue: kind) ?? .unavailable)
        default: return nil
        }
    }
}
