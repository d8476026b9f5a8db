import NIOCore

@testable import InterpostCore

/// What holds for a framer, whatever it is given: its fragments joined are the input, they are the same however the input
/// is cut, what it keeps is within its limits, and its work grows with the input and no faster.
enum FramerProperties {
    static func check(_ dialogue: Dialogue) throws(Violation) {
        switch dialogue.settings.mailProtocol {
        case .imap: try check(dialogue) { IMAPFramer(sender: $0, limits: dialogue.limits) }
        case .pop3: try check(dialogue) { _ in POP3Framer(limits: dialogue.limits) }
        }
    }

    private static func check(_ dialogue: Dialogue, _ make: (Side) -> some Framer) throws(Violation) {
        let joined = try fragments(dialogue, .joined, make)
        for cutting in dialogue.otherCuttings {
            let again = try fragments(dialogue, cutting, make)
            try requireEqual(again.client, joined.client, "the client's fragments when \(cutting)")
            try requireEqual(again.server, joined.server, "the server's fragments when \(cutting)")
        }
    }

    /// Plays the dialogue, and returns what each side's framer made of its bytes.
    private static func fragments(
        _ dialogue: Dialogue, _ cutting: Cutting, _ make: (Side) -> some Framer
    ) throws(Violation) -> (client: [Fragment], server: [Fragment]) {
        var client = Player(make(.client))
        var server = Player(make(.server))
        var speaker = Side.server
        for step in dialogue.steps(cutting) {
            switch step {
            case .say(let side, let bytes):
                speaker = side
                for piece in dialogue.pieces(of: bytes, cutting) {
                    if side == .client {
                        try client.receive(piece, dialogue.limits)
                    } else {
                        try server.receive(piece, dialogue.limits)
                    }
                }
            case .direct(let directive):
                if speaker == .client { try client.obey(directive) } else { try server.obey(directive) }
            }
        }
        try client.checkWork()
        try server.checkWork()
        return (client.fragments, server.fragments)
    }
}

/// What the two framers have in common.
private protocol Framer {
    var unread: Int { get }
    var breach: WireBreach? { get }
    mutating func append(_ bytes: ByteBuffer)
    mutating func next() -> WireFragment?
    mutating func settle()
    mutating func takeUnread() -> ByteBuffer
    mutating func obey(_ directive: Dialogue.Directive)
}

extension IMAPFramer: Framer {
    fileprivate mutating func obey(_ directive: Dialogue.Directive) {
        switch directive {
        case .cancelLiteral: cancelLiteral()
        case .plainLine: expectPlainLine()
        case .commandLine: expectCommand()
        case .becomeOpaque: becomeOpaque()
        default: break
        }
    }
}

extension POP3Framer: Framer {
    fileprivate mutating func obey(_ directive: Dialogue.Directive) {
        switch directive {
        case .body: expect(.body)
        case .listing: expect(.listing)
        case .commandLine: expect(.line)
        case .becomeOpaque: becomeOpaque()
        default: break
        }
    }
}

/// A fragment; chunks of one literal or message are one, because where those are cut is the network's affair.
private struct Fragment: Equatable {
    enum Kind { case line, longLine, literal, body, terminator, opaque, taken }

    var kind: Kind
    var bytes: ByteBuffer
    var literal: LiteralAnnouncement?
    var remaining = 0
}

private struct Player<Subject: Framer> {
    var framer: Subject
    var fragments: [Fragment] = []
    private var fed = 0
    private var cut = 0
    private var calls = 0
    private var work = 0
    private var isOpaque = false

    init(_ framer: Subject) { self.framer = framer }

    mutating func receive(_ piece: ByteBuffer, _ limits: WireLimits) throws(Violation) {
        fed += piece.readableBytes
        let start = Work.done
        framer.append(piece)
        var new: [WireFragment] = []
        while let fragment = framer.next() {
            new.append(fragment)
            try require(new.count <= piece.readableBytes + limits.lineLength + 3, "more fragments than octets")
        }
        framer.settle()
        work += Work.done - start
        calls += new.count + 1
        for fragment in new { try add(fragment, limits) }
        try requireEqual(cut + framer.unread, fed, "octets in fragments and unread")
        if framer.breach != nil || isOpaque { try requireEqual(framer.unread, 0, "octets unread when reading was given up") }
        // The announcement of a literal may be at the end of a line that is too long.
        try require(framer.unread <= max(64, limits.lineLength), "\(framer.unread) octets unread, more than a line")
    }

    private mutating func add(_ fragment: WireFragment, _ limits: WireLimits) throws(Violation) {
        try require(fragment.bytes.readableBytes > 0, "an empty fragment")
        cut += fragment.bytes.readableBytes
        let new: Fragment
        switch fragment {
        case .line(let bytes, let literal):
            try require(bytes.readableBytes <= limits.lineLength, "a line of \(bytes.readableBytes) octets")
            try require((literal?.length ?? 0) <= limits.literalSize, "a literal of \(literal?.length ?? 0) octets")
            try requireEqual(bytes.firstIndex(of: .lineFeed, from: bytes.readerIndex), bytes.writerIndex - 1, "the line feed")
            new = Fragment(kind: .line, bytes: bytes, literal: literal)
        case .longLine(let bytes, let literal, let isLast):
            new = Fragment(kind: .longLine, bytes: bytes, literal: literal, remaining: isLast ? 0 : 1)
        case .literal(let bytes, let remaining): new = Fragment(kind: .literal, bytes: bytes, remaining: remaining)
        case .body(let bytes): new = Fragment(kind: .body, bytes: bytes)
        case .terminator(let bytes): new = Fragment(kind: .terminator, bytes: bytes)
        case .opaque(let bytes): new = Fragment(kind: .opaque, bytes: bytes)
        }
        if isOpaque { try requireEqual(new.kind, .opaque, "a fragment behind an opaque one") }
        isOpaque = new.kind == .opaque
        guard let last = fragments.last, last.kind == new.kind,
            [.literal, .body, .opaque].contains(new.kind) || new.kind == .longLine && last.remaining > 0,
            new.kind != .literal || last.remaining == new.remaining + new.bytes.readableBytes,
            new.kind != .literal || last.remaining > 0
        else { return fragments.append(new) }
        fragments[fragments.count - 1].bytes.writeImmutableBuffer(new.bytes)
        fragments[fragments.count - 1].remaining = new.remaining
        fragments[fragments.count - 1].literal = new.literal
    }

    mutating func obey(_ directive: Dialogue.Directive) throws(Violation) {
        if directive == .takeUnread {
            let taken = framer.takeUnread()
            cut += taken.readableBytes
            fragments.append(Fragment(kind: .taken, bytes: taken))
            try requireEqual(framer.unread, 0, "octets unread when all were taken")
        } else {
            framer.obey(directive)
            // What was kept back may be something else now; it comes out with the next octets.
            if directive == .becomeOpaque { fragments.append(Fragment(kind: .taken, bytes: ByteBuffer())) }
        }
    }

    func checkWork() throws(Violation) {
        try require(work <= 40 * fed + 400 * calls + 2000, "work of \(work) for \(fed) octets and \(calls) calls")
    }
}
