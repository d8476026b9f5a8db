import Foundation
import InterpostCore
import NIOCore

/// The messages that went by: each in a file of its own, or all in one mbox.
final class MessageExport: CaptureExport {
    enum Target {
        case folder(ExportFolder)
        case mbox(ExportFile)
    }

    private struct Session {
        var conversation: Conversation
        var extractor = MessageExtractor()
        /// Messages that are on their way, by sender.
        var client: MessageSpool?
        var server: MessageSpool?
    }

    private let target: Target
    private var sessions: [Int: Session] = [:]
    private var count = 0
    private var incomplete = 0
    private var leftOut = 0

    init(to target: Target) { self.target = target }

    func take(_ event: CapturedSessions.Event) throws {
        switch event {
        case .opened(let session, let mailProtocol, _): sessions[session] = Session(conversation: Conversation(mailProtocol))
        case .said(let number, let turn):
            guard var session = sessions.removeValue(forKey: number) else { return }
            session.conversation.receive(turn.bytes, from: turn.side, at: turn.time)
            var pieces: [MessagePiece] = []
            while let event = session.conversation.next() {
                session.extractor.observe(event, in: session.conversation.imap?.state.mailbox) { pieces.append($0) }
                for piece in pieces { try take(piece, event.sender, of: number, &session) }
                pieces.removeAll(keepingCapacity: true)
            }
            session.conversation.settle()
            sessions[number] = session
        case .encrypted: break
        case .closed(let number, _):
            guard var session = sessions.removeValue(forKey: number) else { return }
            var pieces: [MessagePiece] = []
            session.extractor.finish { pieces.append($0) }
            for piece in pieces { try take(piece, nil, of: number, &session) }
            leftOut += session.extractor.leftOut
        }
    }

    func finish() throws { if case .mbox(let file) = target { try file.flush() } }

    var notes: [String] {
        var notes: [String] = ["\(count) \(count == 1 ? "message" : "messages")"]
        if incomplete > 0 { notes.append("\(incomplete) of them not to their end") }
        if leftOut > 0 { notes.append("\(leftOut) pieces of messages left out, because what precedes them did not go by") }
        return notes
    }

    private func take(_ piece: MessagePiece, _ sender: Side?, of number: Int, _ session: inout Session) throws {
        switch piece {
        case .begin(let origin):
            if origin.sender == .client { session.client = MessageSpool() } else { session.server = MessageSpool() }
        case .bytes(let bytes): try (sender == .client ? session.client : session.server)?.write(bytes)
        case .end(let origin, let isWhole):
            let spool = origin.sender == .client ? session.client : session.server
            if origin.sender == .client { session.client = nil } else { session.server = nil }
            // A literal that was announced and refused is not a message.
            guard let spool, isWhole || spool.size > 0 else { return }
            count += 1
            if !isWhole { incomplete += 1 }
            try keep(spool, origin, of: number)
        }
    }

    private func keep(_ spool: MessageSpool, _ origin: MessageOrigin, of session: Int) throws {
        switch target {
        case .folder(let folder):
            let file = try folder.file(origin.fileName(count: count, session: session))
            try spool.read { try file.write($0) }
            try file.flush()
        case .mbox(let file):
            var writer = MboxWriter()
            var text = ByteBuffer()
            writer.begin(at: origin.time, to: &text)
            try spool.read { bytes in
                writer.write(bytes, to: &text)
                try file.write(text)
                text.clear()
            }
            writer.end(to: &text)
            try file.write(text)
        }
    }
}

extension IMAPConversation.State {
    fileprivate var mailbox: MailboxName? { if case .selected(let mailbox, _) = self { mailbox } else { nil } }
}
