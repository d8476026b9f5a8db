public import NIOCore

/// One entry of a capture: bytes of one session, who said them, when, and what became of them.
///
/// In the file it is a line of text, then exactly as many octets as that line says, then LF:
///
///     C 1 12500000 8
///     a NOOP⏎
///
/// That is: the client said these 8 octets in session 1, 12.5 ms after the capture began, and they went on as they came.
public struct CaptureRecord: Sendable, Equatable {
    /// Who said the bytes and what became of them, or what kind of record it is.
    public var kind: Kind
    /// Counted from 1 within a capture; 0 for what is about the whole of it.
    public var session: Int
    /// Nanoseconds since the capture began.
    public var nanoseconds: Int64
    /// The octets after the line, without the LF that ends the record.
    public var bytes: ByteBuffer

    /// Kinds of records. The raw value is what the record's line begins with.
    public enum Kind: String, Sendable, CaseIterable {
        /// What a side said, and what went on to the other side as it came.
        case client = "C"
        case server = "S"
        /// What a side said, but what did not go on.
        case clientWithheld = "C-"
        case serverWithheld = "S-"
        /// What Interpost said in a side's name: an edited capability list, its own answer to STARTTLS.
        case clientAdded = "C+"
        case serverAdded = "S+"
        /// A JSON object that says something about the session which cannot be read from its bytes.
        case event = "E"
        /// A JSON object about the records that follow, to the next one of its kind.
        case header = "H"
    }

    /// A record; `session` counts from 1, and is 0 for what is about the whole capture.
    public init(_ kind: Kind, session: Int, nanoseconds: Int64, bytes: ByteBuffer) {
        self.kind = kind
        self.session = session
        self.nanoseconds = nanoseconds
        self.bytes = bytes
    }

    /// The same bytes in records of at most the largest size that a capture has; no record for no bytes.
    var split: [CaptureRecord] {
        guard bytes.readableBytes > CaptureFormat.maximumRecord else { return bytes.readableBytes > 0 ? [self] : [] }
        var rest = bytes
        var records: [CaptureRecord] = []
        while let piece = rest.readSlice(length: min(rest.readableBytes, CaptureFormat.maximumRecord)), piece.readableBytes > 0 {
            records.append(CaptureRecord(kind, session: session, nanoseconds: nanoseconds, bytes: piece))
        }
        return records
    }

    /// Appends the record as it is written in the file.
    public func write(to file: inout ByteBuffer) {
        file.writeString("\(kind.rawValue) \(session) \(nanoseconds) \(bytes.readableBytes)\n")
        file.writeImmutableBuffer(bytes)
        file.writeInteger(UInt8.lineFeed)
    }
}

extension CaptureRecord.Kind {
    /// Said by `side`, and passed on.
    public init(_ side: Side) { self = side == .client ? .client : .server }

    /// Said by `side`, and not passed on.
    public init(withheldFrom side: Side) { self = side == .client ? .clientWithheld : .serverWithheld }

    /// Said by Interpost in the name of `side`.
    public init(addedFor side: Side) { self = side == .client ? .clientAdded : .serverAdded }

    /// Who says it; `nil` for what is not on the wire.
    public var side: Side? {
        switch self {
        case .client, .clientWithheld, .clientAdded: .client
        case .server, .serverWithheld, .serverAdded: .server
        case .event, .header: nil
        }
    }

    /// Whether a side really said it.
    public var hasArrived: Bool {
        switch self {
        case .client, .server, .clientWithheld, .serverWithheld: true
        case .clientAdded, .serverAdded, .event, .header: false
        }
    }

    /// Whether the other side heard it.
    public var hasGoneOn: Bool {
        switch self {
        case .client, .server, .clientAdded, .serverAdded: true
        case .clientWithheld, .serverWithheld, .event, .header: false
        }
    }
}
