public import NIOCore

/// The fields of a message's header, found as they are asked for (RFC 5322 §2.2).
///
///     Subject: Minutes of␍␊ the meeting␍␊      name Subject, value `Minutes of the meeting`
///
/// Messages come with any fault there is, and such faults are nobody's quirk on the wire: lines may end in LF alone,
/// spaces may precede the colon, and a line without a colon is passed over. The beginning of a header will do: a field
/// that the end cuts off says so.
public struct HeaderFields: Sequence, Sendable {
    /// The octets that the fields are found in.
    public let block: ByteBuffer

    /// - Parameter block: A header, with the empty line at its end or without, or the beginning of a message.
    public init(_ block: ByteBuffer) { self.block = block }

    /// One field: its name, and its value as it was written.
    public struct Field: Hashable, Sendable {
        /// The octets before the colon, without spaces; in the case in which they were written.
        public let name: ByteBuffer
        /// The value as it was written: with the line ends inside it, without those around it.
        public let folded: ByteBuffer
        /// The block ends in the middle of the field, so more of the value may follow.
        public let isCutShort: Bool

        /// The value without the line ends inside it.
        public var value: ByteBuffer {
            let bytes = folded.readableBytesView
            guard bytes.contains(.lineFeed) else { return folded }
            var value = ByteBuffer()
            value.reserveCapacity(bytes.count)
            for line in bytes.split(separator: .lineFeed) {
                value.writeBytes(line.last == .carriageReturn ? line.dropLast() : line)
            }
            return value
        }
    }

    public func makeIterator() -> Iterator { Iterator(block) }

    /// The value of the first field with this name, unless it is cut short.
    /// - Parameter name: In upper case: `SUBJECT`.
    public subscript(name: StaticString) -> ByteBuffer? {
        first { $0.name.equalsIgnoringCase(name) }.flatMap { $0.isCutShort ? nil : $0.value }
    }

    /// The first `Message-ID:` field, with its angle brackets; `nil` where there is none, and where it is cut short.
    public var messageID: ByteBuffer? { self["MESSAGE-ID"] }
    /// The first `Subject:` field, not decoded; `nil` where there is none, and where it is cut short.
    public var subject: ByteBuffer? { self["SUBJECT"] }

    /// The fields of a header in their order.
    public struct Iterator: IteratorProtocol, Sendable {
        private let block: ByteBuffer
        private var position: Int

        fileprivate init(_ block: ByteBuffer) {
            self.block = block
            position = block.readerIndex
        }

        public mutating func next() -> Field? {
            while position < block.writerIndex {
                let start = position
                let isCutShort = skipField()
                let line = block.viewBytes(at: start, length: position - start)
                guard let line, let first = line.first, first != .lineFeed, !line.elementsEqual([.carriageReturn, .lineFeed])
                else {
                    position = block.writerIndex
                    return nil
                }
                if let field = Self.field(line, of: block, isCutShort: isCutShort) { return field }
            }
            return nil
        }

        /// Moves past the next line and those that continue it; says whether the block ended before that.
        private mutating func skipField() -> Bool {
            let start = position
            while let end = block.firstIndex(of: .lineFeed, from: position) {
                position = end + 1
                // An empty line ends the header, whatever follows.
                if end == start || (end == start + 1 && block.byte(at: start) == .carriageReturn) { return false }
                guard position < block.writerIndex else { return false }
                guard block.byte(at: position) == .space || block.byte(at: position) == 9 else { return false }
            }
            position = block.writerIndex
            return true
        }

        /// `nil` for a line that is not a field.
        private static func field(_ line: ByteBufferView, of block: ByteBuffer, isCutShort: Bool) -> Field? {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            var name = line[line.startIndex..<colon]
            while let last = name.last, last == .space || last == 9 { name.removeLast() }
            guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
            var value = line[(colon + 1)...]
            while let first = value.first, first.isWhiteSpace { value.removeFirst() }
            while let last = value.last, last.isWhiteSpace { value.removeLast() }
            guard let name = block.getSlice(at: name.startIndex, length: name.count),
                let folded = block.getSlice(at: value.startIndex, length: value.count)
            else { return nil }
            return Field(name: name, folded: folded, isCutShort: isCutShort)
        }
    }
}

extension UInt8 {
    fileprivate var isWhiteSpace: Bool { self == .space || self == 9 || self == .carriageReturn || self == .lineFeed }
}
