public import NIOCore

/// How a message is made up of parts, as a server read it (RFC 9051 §7.5.2 BODYSTRUCTURE, and BODY without brackets).
///
///     (("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 12 1)("IMAGE" "PNG" NIL NIL NIL "BASE64" 40) "MIXED")
///     multipart/MIXED of part 1, TEXT/PLAIN with 12 octets and 1 line, and part 2, IMAGE/PNG with 40 octets
public indirect enum BodyStructure: Hashable, Sendable {
    /// A part that is neither text nor message nor multipart. A part that the server left empty, or that was not read
    /// because of a limit, is one without a type: it keeps the numbers of its neighbours right.
    case basic(Fields)
    /// `text/…`, with its number of lines.
    case text(Fields, lines: UInt64?)
    /// `message/rfc822` or `message/global`, with the message inside.
    case message(Fields, envelope: Envelope?, body: BodyStructure?, lines: UInt64?)
    /// Its fields are the subtype, the parameters and those from the disposition on.
    case multipart(Fields, parts: [BodyStructure])

    /// What BODYSTRUCTURE says of one part. A server may leave fields out, from any one of them to the end.
    public struct Fields: Hashable, Sendable {
        /// `nil` for a multipart, and where the server sent NIL.
        public var type: IMAPString?
        /// `nil` where the server sent none.
        public var subtype: IMAPString?
        /// Parameters of the Content-Type; empty for NIL.
        public var parameters: [Parameter] = []
        /// Content-ID (RFC 2045 §7); `nil` for NIL.
        public var contentID: IMAPString?
        /// Content-Description (RFC 2045 §8), not decoded; `nil` for NIL.
        public var contentDescription: IMAPString?
        /// Content-Transfer-Encoding.
        public var encoding: IMAPString?
        /// In the transfer encoding.
        public var octets: UInt64?
        /// Content-MD5 (RFC 1864); `nil` for NIL, and for a multipart.
        public var md5: IMAPString?
        /// Content-Disposition (RFC 2183); `nil` for NIL, and where the server sent none.
        public var disposition: Disposition?
        /// Content-Language (RFC 3282); empty for NIL.
        public var languages: [IMAPString] = []
        /// Content-Location (RFC 2557); `nil` for NIL, and where the server sent none.
        public var location: IMAPString?
        /// What follows the location.
        public var others: [IMAPValue] = []

        /// Fields of which nothing is known.
        public init() {}
    }

    /// `"charset" "utf-8"`.
    public struct Parameter: Hashable, Sendable, CustomStringConvertible {
        /// As the server wrote it; compared without regard to case by RFC 2045 §5.1, but not by `==`.
        public var name: IMAPString
        /// `nil` where the server sent NIL or nothing.
        public var value: IMAPString?

        /// A parameter; without a value where NIL stands for it.
        public init(name: IMAPString, value: IMAPString?) {
            self.name = name
            self.value = value
        }

        public var description: String { "\(name)=\(value?.description ?? "")" }
    }

    /// `("attachment" ("filename" "a.png"))`, RFC 2183.
    public struct Disposition: Hashable, Sendable, CustomStringConvertible {
        /// `nil` where the server sent NIL.
        public var type: IMAPString?
        /// Empty where the server sent NIL or nothing.
        public var parameters: [Parameter]

        /// A disposition with its parameters.
        public init(type: IMAPString?, parameters: [Parameter] = []) {
            self.type = type
            self.parameters = parameters
        }

        public var description: String {
            ([type?.description ?? "NIL"] + parameters.map(\.description)).joined(separator: "; ")
        }
    }

    /// The fields of the outermost part, whatever kind it is.
    public var fields: Fields {
        switch self {
        case .basic(let fields), .text(let fields, _), .message(let fields, _, _, _), .multipart(let fields, _): fields
        }
    }

    /// `text/plain`, in the server's spelling; for people. `?` stands for what the server did not say.
    public var mediaType: String {
        let type = if case .multipart = self { "multipart" } else { fields.type?.description ?? "?" }
        return "\(type)/\(fields.subtype?.description ?? "?")"
    }
}

extension BodyStructure {
    /// The number by which FETCH asks for a part: `1.2.3` (RFC 9051 §6.4.5.1).
    public struct PartNumber: Hashable, Sendable, CustomStringConvertible {
        /// From the outermost part to the innermost one, each from 1 on.
        public var numbers: [UInt32]

        /// A part number of these numbers, the outermost one first.
        public init(_ numbers: [UInt32]) { self.numbers = numbers }

        /// `nil` for anything but a list of numbers from 1 on with dots between them.
        public init?(_ text: ByteBuffer) {
            var reader = IMAPReader(IMAPText(line: text))
            numbers = []
            repeat {
                guard reader.peek.isDigit, numbers.count < BodyStructure.greatestDepth,
                    let number = reader.number().flatMap(UInt32.init(exactly:)), number > 0
                else { return nil }
                numbers.append(number)
            } while reader.skip(".")
            guard reader.isAtEnd else { return nil }
        }

        public var description: String { numbers.map { "\($0)" }.joined(separator: ".") }
    }

    /// The part with this number, `"1.2"`.
    public func part(_ number: String) -> BodyStructure? { PartNumber(ByteBuffer(string: number)).flatMap { part($0) } }

    /// The part with this number; `nil` where there is none.
    public func part(_ number: PartNumber) -> BodyStructure? {
        var children = numberedAsWhole
        var found: BodyStructure?
        for number in number.numbers {
            guard number > 0, Int(number) <= children.count else { return nil }
            let part = children[Int(number) - 1]
            found = part
            children = part.numberedInside
        }
        return found
    }

    /// All parts that have a number, each before those inside it.
    public var numberedParts: NumberedParts { NumberedParts(self) }

    /// The parts of a message with their numbers, found one by one.
    public struct NumberedParts: Sequence, IteratorProtocol, Sendable {
        private var waiting: [(number: [UInt32], parts: [BodyStructure], next: Int)]

        init(_ body: BodyStructure) { waiting = [([], body.numberedAsWhole, 0)] }

        public mutating func next() -> (number: PartNumber, part: BodyStructure)? {
            while let level = waiting.last {
                guard level.next < level.parts.count else {
                    waiting.removeLast()
                    continue
                }
                waiting[waiting.count - 1].next += 1
                let part = level.parts[level.next]
                let number = level.number + [UInt32(truncatingIfNeeded: level.next + 1)]
                waiting.append((number, part.numberedInside, 0))
                return (PartNumber(number), part)
            }
            return nil
        }
    }

    /// A whole message's parts: those of its multipart, or itself as number 1.
    private var numberedAsWhole: [BodyStructure] {
        if case .multipart(_, let parts) = self { parts } else { [self] }
    }

    /// The parts whose numbers begin with this part's number.
    private var numberedInside: [BodyStructure] {
        switch self {
        case .multipart(_, let parts): parts
        case .message(_, _, let body, _): body?.numberedAsWhole ?? []
        case .basic, .text: []
        }
    }
}
