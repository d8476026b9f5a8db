public import NIOCore

// What a sequence set says, read on request and element by element: the text stays the only thing that is kept, so a
// megabyte of `1,1,1,…` costs time to go through and no memory.

extension SequenceSet {
    /// A set as a text spells it, not checked: see ``quirks``.
    public init(_ text: String) { self.init(text: ByteBuffer(string: text)) }

    /// The text between two commas.
    ///
    ///     1:4,7,*,$      range(1, 4), range(7, 7), range(*, *), saved
    public enum Element: Hashable, Sendable, CustomStringConvertible {
        /// As it was written: the first number may be the larger one.
        case range(Bound, Bound)
        /// `$`: the result of the last SEARCH RETURN (SAVE), RFC 5182.
        case saved

        public var description: String {
            switch self {
            case .saved: "$"
            case .range(let first, let last): first == last ? "\(first)" : "\(first):\(last)"
            }
        }

        /// `nil` for `$`, and for `*` where the mailbox has no messages, or where that is not known.
        public func resolved(largest: UInt64?) -> ClosedRange<UInt64>? {
            guard case .range(let first, let last) = self, let first = first.resolved(largest),
                let last = last.resolved(largest)
            else { return nil }
            return min(first, last)...max(first, last)
        }
    }

    /// One end of a range: a number, or `*`.
    public enum Bound: Hashable, Sendable, CustomStringConvertible {
        /// From 1 on. Numbers have 32 bits; a larger one is a quirk, and is kept up to 10¹⁸ − 1.
        case number(UInt64)
        /// `*`
        case largest

        public var description: String { if case .number(let number) = self { "\(number)" } else { "*" } }

        fileprivate func resolved(_ largest: UInt64?) -> UInt64? {
            if case .number(let number) = self { return number }
            return largest == 0 ? nil : largest
        }
    }

    /// The largest number that is kept: sums of two of them do not overflow.
    static let maximumNumber: UInt64 = 999_999_999_999_999_999

    /// In the order in which they were written. Anything that is not an element is left out, see ``quirks``.
    public var elements: Elements { Elements(text) }

    /// The elements of a set, read one by one from its text.
    public struct Elements: Sequence, IteratorProtocol, Sendable {
        /// A copy, because looking at a byte of an array costs a tenth of looking at one of a buffer.
        private let bytes: [UInt8]
        private var position = 0
        /// The quirks of what has been read so far.
        public private(set) var quirks = Quirks()

        fileprivate init(_ text: ByteBuffer) {
            bytes = Array(buffer: text)
        }

        public mutating func next() -> Element? {
            while position < bytes.endIndex {
                var hasWrongNumber = false
                let element = readElement(&hasWrongNumber)
                let isWhole = position == bytes.endIndex || bytes[position] == UInt8(ascii: ",")
                while position < bytes.endIndex, bytes[position] != UInt8(ascii: ",") { position += 1 }
                if position < bytes.endIndex {
                    position += 1
                    // A comma at the end has nothing after it.
                    if position == bytes.endIndex { quirks.insert(.sequenceSetSyntax) }
                }
                if isWhole, let element { return element }
                if !hasWrongNumber { quirks.insert(.sequenceSetSyntax) }
            }
            return nil
        }

        private mutating func readElement(_ hasWrongNumber: inout Bool) -> Element? {
            if skip("$") { return .saved }
            guard let first = readBound(&hasWrongNumber) else { return nil }
            guard skip(":") else { return .range(first, first) }
            guard let last = readBound(&hasWrongNumber) else { return nil }
            return .range(first, last)
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        private mutating func readBound(_ hasWrongNumber: inout Bool) -> Bound? {
            if skip("*") { return .largest }
            var value: UInt64 = 0
            let start = position
            while position < bytes.endIndex, bytes[position].isDigit {
                // The value stays above the largest number once it is there, and below 64 bits.
                value = Swift.min(value, (maximumNumber + 1) / 10) * 10 + UInt64(bytes[position] - 0x30)
                position += 1
            }
            guard position > start else { return nil }
            if value > UInt64(UInt32.max) { quirks.insert(.numberTooLarge) }
            guard value > 0, value <= maximumNumber else {
                hasWrongNumber = true
                if value == 0 { quirks.insert(.numberZero) }
                return nil
            }
            return .number(value)
        }
    }

    /// What is wrong with it. Goes through the whole set.
    public var quirks: Quirks {
        var elements = elements
        while elements.next() != nil {}
        var quirks = elements.quirks
        if text.readableBytes == 0 { quirks.insert(.sequenceSetSyntax) }
        return quirks
    }

    /// Whether it is one of the forms that APPENDUID, COPYUID and VANISHED have: numbers and nothing else.
    public var isUIDSet: Bool { quirks.isEmpty && elements.allSatisfy { $0.resolved(largest: nil) != nil } }

    /// Whether it contains `$`; which messages that stands for is not known here.
    public var holdsSavedResult: Bool { elements.contains(.saved) }

    /// The ranges in the order in which they were written, each from its smaller number to its larger one. They may
    /// overlap, and reach beyond the largest number.
    /// - Parameter largest: What `*` stands for; elements with a `*` are left out without one.
    public func ranges(largest: UInt64? = nil) -> some Sequence<ClosedRange<UInt64>> {
        elements.lazy.compactMap { $0.resolved(largest: largest) }
    }

    /// Whether a number is in it, apart from what `$` stands for.
    public func contains(_ number: UInt64, largest: UInt64? = nil) -> Bool {
        ranges(largest: largest).contains { $0.contains(number) }
    }

    /// The numbers that are not in `other`; `nil` where that cannot be said, because of `*` or `$` or too many elements.
    ///
    ///     7,5,9 without 7,9      5
    func subtracting(_ other: SequenceSet) -> SequenceSet? {
        let mine = Array(elements.prefix(Self.maximumSubtracted + 1))
        let others = Array(other.elements.prefix(Self.maximumSubtracted + 1))
        guard mine.count <= Self.maximumSubtracted, others.count <= Self.maximumSubtracted else { return nil }
        let gone = others.compactMap { $0.resolved(largest: nil) }.sorted { $0.lowerBound < $1.lowerBound }
        var left: [String] = []
        for element in mine {
            guard var rest = element.resolved(largest: nil) else { return nil }
            for range in gone where range.overlaps(rest) {
                if range.lowerBound > rest.lowerBound { left.append(Self.text(rest.lowerBound...range.lowerBound - 1)) }
                guard range.upperBound < rest.upperBound else {
                    rest = 0...0
                    break
                }
                rest = range.upperBound + 1...rest.upperBound
            }
            if rest.upperBound > 0 { left.append(Self.text(rest)) }
        }
        return SequenceSet(text: ByteBuffer(string: left.joined(separator: ",")))
    }

    private static let maximumSubtracted = 1000

    private static func text(_ range: ClosedRange<UInt64>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound):\(range.upperBound)"
    }

    /// Two sets side by side, as COPYUID says which UID became which (RFC 9051 §7.1). Ends with the shorter one.
    ///
    ///     COPYUID 38505 304,319:320 3956:3958      304 → 3956, 319:320 → 3957:3958
    public func runs(besides other: SequenceSet) -> Runs { Runs(ranges: elements, others: other.elements) }

    /// The pairs of runs of equal length in two sets, found one by one.
    public struct Runs: Sequence, IteratorProtocol, Sendable {
        fileprivate var ranges: Elements
        fileprivate var others: Elements
        private var source: ClosedRange<UInt64>?
        private var target: ClosedRange<UInt64>?

        fileprivate init(ranges: Elements, others: Elements) {
            self.ranges = ranges
            self.others = others
        }

        /// Two ranges of the same length.
        public mutating func next() -> (source: ClosedRange<UInt64>, target: ClosedRange<UInt64>)? {
            guard let source = source ?? Self.next(of: &ranges), let target = target ?? Self.next(of: &others) else {
                return nil
            }
            // Both have at least one number, and neither reaches ``maximumNumber``: no sum overflows.
            let length = Swift.min(source.count, target.count)
            let (head, rest) = Self.split(source, at: UInt64(length))
            let (otherHead, otherRest) = Self.split(target, at: UInt64(length))
            (self.source, self.target) = (rest, otherRest)
            return (head, otherHead)
        }

        private static func next(of elements: inout Elements) -> ClosedRange<UInt64>? {
            while let element = elements.next() {
                if let range = element.resolved(largest: nil) { return range }
            }
            return nil
        }

        private static func split(
            _ range: ClosedRange<UInt64>, at length: UInt64
        ) -> (head: ClosedRange<UInt64>, rest: ClosedRange<UInt64>?) {
            let end = range.lowerBound + length - 1
            return (range.lowerBound...end, end < range.upperBound ? end + 1...range.upperBound : nil)
        }
    }
}

/// Which of the results are asked for, counted from the first or from the last (RFC 9394 §3.1).
///
///     PARTIAL 1:500      the first 500
///     PARTIAL -1:-100    the last 100
public struct PartialRange: Hashable, Sendable, CustomStringConvertible {
    /// Positions in the result, both ends included, from 1 on.
    public var positions: ClosedRange<UInt32>
    /// 1 is the last result, 2 the one before it.
    public var isFromEnd: Bool

    /// A range of positions; `isFromEnd` counts them from the last result.
    public init(positions: ClosedRange<UInt32>, isFromEnd: Bool) {
        self.positions = positions
        self.isFromEnd = isFromEnd
    }

    /// `nil` for anything that is not such a range: 0, one number alone, signs that differ.
    public init?(_ text: ByteBuffer) {
        var reader = IMAPReader(IMAPText(line: text))
        let isFromEnd = reader.skip("-")
        guard let first = Self.position(&reader), reader.skip(":"), reader.skip("-") == isFromEnd,
            let last = Self.position(&reader), reader.isAtEnd
        else { return nil }
        self.init(positions: min(first, last)...max(first, last), isFromEnd: isFromEnd)
    }

    private static func position(_ reader: inout IMAPReader) -> UInt32? {
        guard reader.peek.isDigit, let number = reader.number().flatMap(UInt32.init(exactly:)), number > 0 else { return nil }
        return number
    }

    /// Positions from the first of `count` results on; `nil` when none of them is there.
    public func positions(of count: UInt64) -> ClosedRange<UInt64>? {
        let nearest = UInt64(positions.lowerBound)
        guard nearest <= count else { return nil }
        let farthest = min(UInt64(positions.upperBound), count)
        return isFromEnd ? count - farthest + 1...count - nearest + 1 : nearest...farthest
    }

    public var description: String {
        let sign = isFromEnd ? "-" : ""
        return "\(sign)\(positions.lowerBound):\(sign)\(positions.upperBound)"
    }
}
