public import NIOCore

/// Writes a session as the fixture tests read it: a transcript, and after each line the events that come of it.
///
///     * OK ready␍␊      S: * OK ready
///                       = greeting result=ok text=ready
///     a NOOP␍␊          C: a NOOP
///                       = command tag=a name=NOOP
///
/// The events are those of the lines as they are written, in the order of the log at `commands`: a fixture of a session that
/// Interpost misreads says so in its `=` lines. Read them before you keep it.
public struct FixtureWriter: Sendable {
    private var lines = SaidLines()
    private var conversation: Conversation
    private var observer = SessionObserver(detail: .commands)

    /// A writer for one session, read within the standard limits.
    public init(_ mailProtocol: MailProtocol) { conversation = Conversation(mailProtocol) }

    /// Appends the lines that this turn completes, each with its events.
    public mutating func write(_ turn: SessionTurn, to text: inout ByteBuffer) {
        for line in lines.take(turn) { write(line, to: &text) }
    }

    /// Appends what is left of a line.
    public mutating func finish(to text: inout ByteBuffer) {
        if let line = lines.finish() { write(line, to: &text) }
    }

    private mutating func write(_ line: SaidLines.Line, to text: inout ByteBuffer) {
        TranscriptWriter.write(line, to: &text)
        conversation.receive(line.bytes, from: line.side, at: WireTime(nanoseconds: 0))
        while let event = conversation.next() {
            observer.observe(event) { text.writeString("= \($0.summary)\n") }
        }
        conversation.settle()
    }
}
