package import NIOCore

/// Reads the text of a capture, as it comes, into its records. Keeps no more than one record.
package struct CaptureDecoder: Sendable {
    private var text = ByteBuffer()
    private var offset = 0
    private var hasBegun = false

    package init() {}

    package mutating func receive(_ bytes: ByteBuffer) {
        if text.readableBytes == 0 { text = bytes } else { text.writeImmutableBuffer(bytes) }
    }

    /// The next record, or `nil` until more bytes come.
    package mutating func next() throws(CaptureError) -> CaptureRecord? {
        if !hasBegun { hasBegun = try begin() }
        guard hasBegun, let head = try line() else { return nil }
        guard let record = Head(head) else {
            throw .malformedRecord(at: offset, problem: "its first line is not KIND SESSION NANOSECONDS LENGTH")
        }
        guard record.length <= CaptureFormat.maximumRecord else {
            throw .malformedRecord(
                at: offset, problem: "\(record.length) octets are more than the \(CaptureFormat.maximumRecord) of a record")
        }
        let headLength = head.count + 1
        guard text.readableBytes > headLength + record.length else { return nil }
        let end = text.readerIndex + headLength + record.length
        guard text.getInteger(at: end, as: UInt8.self) == .lineFeed else {
            throw .malformedRecord(at: offset, problem: "no line feed follows its \(record.length) octets")
        }
        text.moveReaderIndex(forwardBy: headLength)
        // Both lengths were looked at above.
        let bytes = text.readSlice(length: record.length) ?? ByteBuffer()
        text.moveReaderIndex(forwardBy: 1)
        offset += headLength + record.length + 1
        return CaptureRecord(record.kind, session: record.session, nanoseconds: record.nanoseconds, bytes: bytes)
    }

    /// There will be no more bytes.
    package func finish() throws(CaptureError) {
        guard hasBegun || text.readableBytes > 0 else { throw .notACapture }
        guard text.readableBytes == 0 else { throw .truncated(at: offset) }
    }

    private mutating func begin() throws(CaptureError) -> Bool {
        let name = Array("interpost-capture ".utf8)
        let start = text.readableBytesView.prefix(name.count)
        guard start.elementsEqual(name.prefix(start.count)) else { throw .notACapture }
        guard let line = try line() else { return false }
        let version = String(decoding: line.dropFirst(name.count), as: UTF8.self)
        guard version == "\(CaptureFormat.version)" else {
            throw .unknownVersion(TerminalText.ascii(version))
        }
        text.moveReaderIndex(forwardBy: line.count + 1)
        offset += line.count + 1
        return true
    }

    /// The next line without its line feed; it stays where it is.
    private func line() throws(CaptureError) -> ByteBufferView? {
        let start = text.readableBytesView.prefix(CaptureFormat.maximumHead)
        if let end = start.firstIndex(of: .lineFeed) { return start[..<end] }
        guard start.count < CaptureFormat.maximumHead else {
            throw .malformedRecord(
                at: offset, problem: "its first line is longer than \(CaptureFormat.maximumHead) octets")
        }
        return nil
    }

    /// `C 1 12500000 8`
    private struct Head {
        var kind: CaptureRecord.Kind
        var session: Int
        var nanoseconds: Int64
        var length: Int

        init?(_ line: ByteBufferView) {
            let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard words.count == 4, let kind = CaptureRecord.Kind(rawValue: String(decoding: words[0], as: UTF8.self)),
                let session = Self.number(words[1]), let time = Self.number(words[2]), let length = Self.number(words[3])
            else { return nil }
            self.kind = kind
            self.session = session
            nanoseconds = Int64(time)
            self.length = length
        }

        /// Digits only: `Int` takes signs, too.
        private static func number(_ word: ByteBufferView) -> Int? {
            guard word.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
            return Int(String(decoding: word, as: UTF8.self))
        }
    }
}
