/// A message, or a part of one, as it passes. It comes in pieces of any size, and what becomes of it does not depend on where
/// it was cut.
///
///     Subject: Geheimnis␍␊                                  Subject: Xqkzrbmfw␍␊
///     Content-Type: multipart/mixed; boundary="b1"␍␊        Content-Type: multipart/mixed; boundary="k7"␍␊
///     ␍␊                                                    ␍␊
///     --b1␍␊                                                --k7␍␊
///     Content-Type: image/png; name="Anna.png"␍␊            Content-Type: image/png; name="Trwu.qpz"␍␊
///     ␍␊                                                    ␍␊
///     iVBORw0KGgo=␍␊                                        rPQXZk5WNmb=␍␊
///
/// Little is known about the message, because the same text comes in many views: as BODY[], as BODY[1], by POP3.
/// So what becomes of a text does not depend on the header above it: ``TextMapper`` leaves base64 and quoted-printable
/// what they are without being told. A line that begins with two dashes may be a boundary; then the lines after it that
/// begin with `Content-`, up to the next empty one, are a header.
struct MessageMapper: Sendable {
    /// What the first octet is part of.
    enum Start: Sendable, Equatable {
        /// A header: of a message, with or without the text after it, or of a part.
        case header
        case text
        /// The middle of a message, which may be its header too.
        case unknown
    }

    private enum Place {
        /// At the beginning of a line of a header.
        case fieldStart
        case fieldName
        case fieldValue
        /// In a line that begins with this many dashes, up to two.
        case dashes(Int, inHeader: Bool)
        /// A boundary, or what looks like one.
        case boundary
        /// In the header of a part, at the beginning of a line, or after this many octets of `content-`.
        case partStart(Int)
        /// In a line of a part's header that is not a field.
        case partText
        case textStart
        case text
    }

    private var place: Place
    /// The header is that of a part, after a boundary.
    private var isPart = false
    private var name: [UInt8] = []
    /// The usual names that begin like this one.
    private var candidates = KeptNames.headerFields.all
    /// A space follows the name.
    private var endsName = false
    private var treatment = HeaderTreatment.text
    /// The last Content-Type of this header was that of a message.
    private var holdsMessage = false
    private var readsContentType = false
    private var text: TextMapper
    private var parameters: ParameterMapper
    private let mapsText: Bool

    private static let content = Array("content-".utf8)
    private static let contentFields = content.enumerated().reduce(KeptNames.headerFields.all) { fields, letter in
        KeptNames.headerFields.narrow(fields, to: letter.element, at: letter.offset)
    }
    private static let longestName = 76
    private static let dash = UInt8(ascii: "-")

    init(_ seed: PseudonymSeed, at start: Start, mapsText: Bool) {
        text = TextMapper(seed)
        parameters = ParameterMapper(seed, mapsBoundaries: mapsText)
        self.mapsText = mapsText || start == .unknown
        place = start == .header ? .fieldStart : .textStart
    }

    mutating func map(_ bytes: inout MutableSpan<UInt8>, in range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound {
            if case .text = place {
                // Nearly all octets of nearly all messages are here.
                index = passText(&bytes, from: index, to: range.upperBound)
                if bytes[index - 1] == .lineFeed { place = .textStart }
            } else {
                bytes[index] = map(bytes[index])
                index += 1
            }
        }
    }

    private mutating func passText(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int) -> Int {
        guard !mapsText else { return text.mapLine(&bytes, from: start, to: end) }
        var index = start
        while index < end, bytes[index] != .lineFeed { index += 1 }
        return min(index + 1, end)
    }

    private mutating func map(_ byte: UInt8) -> UInt8 {
        switch place {
        case .fieldStart: return beginField(byte)
        case .fieldName: return mapName(byte)
        case .fieldValue:
            if byte == .lineFeed { endField() }
            return mapValue(byte)
        case .dashes(let count, let inHeader): return mapDash(byte, behind: count, inHeader: inHeader)
        case .boundary:
            if byte == .lineFeed {
                (place, isPart) = (.partStart(0), true)
                (holdsMessage, readsContentType) = (false, false)
            }
            return mapped(byte)
        case .partStart(let count): return mapPart(byte, behind: count)
        case .partText:
            if byte == .lineFeed { place = .partStart(0) }
            return mapped(byte)
        case .textStart:
            place = byte == .lineFeed ? .textStart : byte == Self.dash ? .dashes(1, inHeader: false) : .text
            return mapped(byte)
        case .text:
            if byte == .lineFeed { place = .textStart }
            return mapped(byte)
        }
    }

    private mutating func mapped(_ byte: UInt8) -> UInt8 { mapsText ? text.map(byte) : byte }

    // MARK: - Header

    private mutating func beginField(_ byte: UInt8) -> UInt8 {
        switch byte {
        case .carriageReturn: return byte
        case .lineFeed:
            endHeader()
            return byte
        case .space, 9:
            place = .fieldValue
            return mapValue(byte)
        case Self.dash:
            text.reset()
            place = .dashes(1, inHeader: true)
            return byte
        default:
            beginName()
            return mapName(byte)
        }
    }

    /// A field's name stays as long as it may be one of those that all mail has. Otherwise it may be a line of text, or the
    /// name of a field that somebody has made up.
    private mutating func mapName(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: ":"): beginValue()
        case .lineFeed: place = isPart ? .partStart(0) : .fieldStart
        case .carriageReturn: break
        case .space, 9: endsName = true
        case _ where endsName:
            // `Subject :` is an old spelling; `From anna@example.org Mon Feb  7` is not a field.
            beginText()
            return mapValue(byte)
        default:
            let letter = byte.isLetter ? byte | 0x20 : byte
            if name.count <= Self.longestName { name.append(letter) }
            candidates = KeptNames.headerFields.narrow(candidates, to: letter, at: name.count - 1)
            let mapped = text.map(byte)
            return candidates.isEmpty ? mapped : byte
        }
        return byte
    }

    /// At the first octet of a line that may be a field.
    private mutating func beginName() {
        name.removeAll(keepingCapacity: true)
        candidates = KeptNames.headerFields.all
        endsName = false
        text.reset()
        place = .fieldName
    }

    private mutating func beginText() {
        treatment = .text
        text.reset()
        place = .fieldValue
    }

    private mutating func beginValue() {
        beginText()
        treatment = HeaderTreatment.ofField(name)
        guard treatment == .parameters else { return }
        parameters.reset()
        readsContentType = name.elementsEqual("content-type".utf8)
    }

    private mutating func mapValue(_ byte: UInt8) -> UInt8 {
        switch treatment {
        case .kept: byte
        case .parameters: parameters.map(byte)
        case .text, .boundary: text.map(byte)
        }
    }

    private mutating func endField() {
        if readsContentType {
            let type = parameters.first
            holdsMessage = type.elementsEqual("message/rfc822".utf8) || type.elementsEqual("message/global".utf8)
            readsContentType = false
        }
        place = isPart ? .partStart(0) : .fieldStart
    }

    private mutating func endHeader() {
        place = holdsMessage ? .fieldStart : .textStart
        if holdsMessage { isPart = false }
        holdsMessage = false
        text.reset()
    }

    // MARK: - Parts

    private mutating func mapDash(_ byte: UInt8, behind count: Int, inHeader: Bool) -> UInt8 {
        if count < 2, byte == Self.dash {
            place = .dashes(2, inHeader: inHeader)
        } else if count == 2, byte > .space {
            place = .boundary
        } else if inHeader {
            // A name that begins with a dash, or no field at all.
            beginName()
            return mapName(byte)
        } else {
            place = byte == .lineFeed ? .textStart : .text
        }
        return mapped(byte)
    }

    /// Letters stay as long as they can be the beginning of `Content-`.
    private mutating func mapPart(_ byte: UInt8, behind count: Int) -> UInt8 {
        if count == 0 {
            switch byte {
            case .carriageReturn: return mapped(byte)
            case .lineFeed:
                endHeader()
                return byte
            case .space, 9:
                // More of the field above, if there was one.
                place = name.isEmpty ? .partText : .fieldValue
                return name.isEmpty ? mapped(byte) : mapValue(byte)
            case Self.dash:
                name.removeAll(keepingCapacity: true)
                text.reset()
                place = .dashes(1, inHeader: false)
                return byte
            default: name.removeAll(keepingCapacity: true)
            }
        }
        guard (byte.isLetter ? byte | 0x20 : byte) == Self.content[count] else {
            name.removeAll(keepingCapacity: true)
            place = byte == .lineFeed ? .partStart(0) : .partText
            return mapped(byte)
        }
        name.append(Self.content[count])
        _ = text.map(byte)
        place = .partStart(count + 1)
        if count + 1 == Self.content.count { (candidates, endsName, place) = (Self.contentFields, false, .fieldName) }
        return byte
    }
}
