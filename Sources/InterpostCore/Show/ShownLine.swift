/// A line of a recorded conversation as people read it.
///
///     a FETCH 1 BODY[]␍␊                 a FETCH 1 BODY[]
///     * 1 FETCH (BODY[] {23}␍␊           * 1 FETCH (BODY[] {23}
///     Subject: Anna␍␊…                   … 23 octets: Subject: Anna
///     a OK \x07done␍␊                    a OK ?done
package struct ShownLine: Sendable, Equatable {
    package var kind: CaptureRecord.Kind
    /// Nanoseconds since the capture began, as in the capture.
    package var nanoseconds: Int64
    package var text: String
    /// It stands for octets of a message or another literal.
    package var isContent = false
}

/// How much of what was said is shown.
package struct ShowOptions: Sendable, Equatable {
    package enum View: String, Sendable, CaseIterable {
        /// What the client said and heard.
        case client
        /// What the server heard and said.
        case server
        /// Both: what was edited on the way is there twice.
        case both
    }

    package var view = View.both
    /// Messages and other literals are shown with all their lines, and long lines whole.
    package var isFull = false
    package var filter = ShowFilter()

    package init() {}
}
