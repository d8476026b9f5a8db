/// A line of a recorded conversation as people read it.
///
///     a FETCH 1 BODY[]␍␊                 a FETCH 1 BODY[]
///     * 1 FETCH (BODY[] {23}␍␊           * 1 FETCH (BODY[] {23}
///     Subject: Anna␍␊…                   … 23 octets: Subject: Anna
///     a OK \x07done␍␊                    a OK ?done
public struct ShownLine: Sendable, Equatable {
    public var kind: CaptureRecord.Kind
    /// As in the capture: since the capture began.
    public var nanoseconds: Int64
    public var text: String
    /// It stands for octets of a message or another literal.
    public var isContent = false
}

/// How much of what was said is shown.
public struct ShowOptions: Sendable, Equatable {
    public enum View: String, Sendable, CaseIterable {
        /// What the client said and heard.
        case client
        /// What the server heard and said.
        case server
        /// Both: what was edited on the way stands there twice.
        case both
    }

    public var view = View.both
    /// Messages and other literals are shown with all their lines, and long lines whole.
    public var isFull = false
    public var filter = ShowFilter()

    public init() {}
}
