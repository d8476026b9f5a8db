import Foundation
import InterpostCore
import NIOCore
import TestSupport
import Testing

/// A transcript of `Fixtures/Wire`: `name.imap` or `name.pop3`, with what is to be understood written into it.
///
/// `= name key=value …` is one log event, in order; keys that are not given are not compared. `= state …` is where
/// the conversation stands. `@ detail responses` asks for events of every response too.
struct WireFixture: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var mailProtocol: MailProtocol
    var transcript: Transcript

    static let folder = EventSchema.repository.appending(path: "Fixtures/Wire")

    static let all: [WireFixture] = {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.sorted { $0.path < $1.path }.compactMap { file in
            guard let mailProtocol = MailProtocol(rawValue: file.pathExtension), let data = try? Data(contentsOf: file),
                let transcript = try? Transcript(reading: ByteBuffer(bytes: data))
            else { return nil }
            return WireFixture(
                testDescription: file.lastPathComponent, mailProtocol: mailProtocol, transcript: transcript)
        }
    }()

    var detail: LogEvent.Detail {
        let isVerbose = transcript.lines.contains { if case .set("detail responses") = $0.step { true } else { false } }
        return isVerbose ? .responses : .commands
    }

    /// What the sides say, one after another.
    var said: [(side: Side, bytes: ByteBuffer)] {
        transcript.lines.compactMap { if case .say(let side, let bytes) = $0.step { (side, bytes) } else { nil } }
    }

    func bytes(of side: Side) -> [UInt8] { said.filter { $0.side == side }.flatMap { Array($0.bytes.readableBytesView) } }
}

/// Plays bytes into a conversation and an observer, and keeps what they say.
struct Reading {
    var conversation: Conversation
    var observer: SessionObserver
    var log: [LogEvent] = []
    var events: [MailEvent] = []

    init(_ mailProtocol: MailProtocol, detail: LogEvent.Detail = .commands, limits: WireLimits = .standard) {
        conversation = Conversation(mailProtocol, limits: limits)
        observer = SessionObserver(detail: detail)
    }

    mutating func receive(_ bytes: ByteBuffer, from side: Side) {
        conversation.receive(bytes, from: side, at: WireTime(nanoseconds: 0))
        while let event = conversation.next() {
            events.append(event)
            observer.observe(event) { log.append($0) }
        }
        conversation.settle()
    }

    /// What was read of this side, and what still waits for an answer.
    func bytes(of side: Side) -> [UInt8] {
        var rest = conversation
        return events.filter { $0.sender == side }.flatMap { Array($0.bytes.readableBytesView) }
            + Array(buffer: rest.takeUnread(from: side))
    }

    /// `not-authenticated`, `selected INBOX read-only`, `transaction`, with ` idle` behind it.
    var state: String {
        if let imap = conversation.imap {
            let state =
                switch imap.state {
                case .notAuthenticated: "not-authenticated"
                case .authenticated: "authenticated"
                case .selected(let mailbox, let readOnly): "selected \(mailbox)\(readOnly ? " read-only" : "")"
                case .logout: "logout"
                }
            return state + (imap.isIdle ? " idle" : "")
        }
        return conversation.pop3.map { "\($0.state)" } ?? ""
    }
}
