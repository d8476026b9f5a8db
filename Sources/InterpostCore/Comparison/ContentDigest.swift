import NIOCore

/// A literal or a message as it is compared: how long it is and a digest of it, whatever pieces it comes in.
///
///     Date: Fri, 17 Jul 2026 02:44:25 +0200␍␊Subject: hi␍␊␍␊…      {61:5f3c…}, first line `Date: Fri, 17 …`
///
/// In the header of a message the values of date fields are passed over, and so is what follows the `;` of Received.
struct ContentDigest: Sendable {
    private enum Place: Sendable {
        case header
        /// Within a field that says when: its value, or what follows the `;`.
        case date, received, receivedDate
        case body
    }

    /// Octets of a line that are looked at before it is known what it is.
    private static let maximumLine = 1000
    private static let maximumFirstLine = 60

    private var hash = Hash64()
    private var place: Place
    private var line: [UInt8] = []
    /// Octets that were compared.
    private var length = 0
    private(set) var octets = 0
    /// The beginning of the first line, for people.
    private(set) var firstLine: [UInt8] = []
    private var isFirstLineOver = false

    init(_ normalisation: Normalisation) { place = normalisation.contains(.dates) ? .header : .body }

    mutating func append(_ chunk: ByteBuffer) {
        octets += chunk.readableBytes
        noteFirstLine(chunk)
        var rest = chunk
        while rest.readableBytes > 0 {
            if place == .body { return take(rest.readableBytesView) }
            let end = rest.firstIndex(of: .lineFeed, from: rest.readerIndex).map { $0 + 1 }
            let count = min((end ?? rest.writerIndex) - rest.readerIndex, Self.maximumLine - line.count)
            line.append(contentsOf: rest.readableBytesView.prefix(count))
            rest.moveReaderIndex(forwardBy: count)
            if line.last == .lineFeed { endLine() } else if line.count >= Self.maximumLine { giveUp() }
        }
    }

    /// `{61:5f3c09ab…}`
    mutating func finish() -> String {
        if !line.isEmpty { endLine() }
        return "{\(length):\(String(hash.value, radix: 16))}"
    }

    private mutating func noteFirstLine(_ chunk: ByteBuffer) {
        guard !isFirstLineOver else { return }
        let line = chunk.readableBytesView.prefix { $0 != .carriageReturn && $0 != .lineFeed }
        firstLine.append(contentsOf: line.prefix(Self.maximumFirstLine - firstLine.count))
        isFirstLineOver = line.count < chunk.readableBytes || firstLine.count >= Self.maximumFirstLine
    }

    private mutating func take(_ bytes: some Collection<UInt8>) {
        length += bytes.count
        hash.append(bytes)
    }

    /// This is no header.
    private mutating func giveUp() {
        take(line)
        line = []
        place = .body
    }

    private mutating func endLine() {
        defer { line.removeAll(keepingCapacity: true) }
        let isContinued = line.first == .space || line.first == 9
        if !isContinued {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), !line[..<colon].contains(.space) else { return giveUp() }
            let name = ByteBuffer(bytes: line[..<colon])
            place =
                name.equalsIgnoringCase("RECEIVED") ? .received : name.hasSuffixIgnoringCase("DATE") ? .date : .header
            if place == .date { return take(line[...colon]) }
        }
        switch place {
        case .date, .receivedDate: return
        case .received:
            guard let semicolon = line.firstIndex(of: UInt8(ascii: ";")) else { return take(line) }
            take(line[...semicolon])
            place = .receivedDate
        case .header, .body: take(line)
        }
    }
}

/// FNV-1a of 64 bits: it tells apart two things that are not made to be taken for each other.
struct Hash64: Sendable, Equatable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    init(_ bytes: some Collection<UInt8>) { append(bytes) }

    mutating func append(_ bytes: some Collection<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
}

extension ByteBuffer {
    /// `word` is given in upper case.
    fileprivate func hasSuffixIgnoringCase(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return getSlice(at: writerIndex - count, length: count)?.equalsIgnoringCase(word) ?? false
    }
}
