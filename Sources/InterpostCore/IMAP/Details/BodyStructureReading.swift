import NIOCore

// BODY and BODYSTRUCTURE are read token by token, in one pass, without recursion, with a bounded depth and a bounded
// number of parts. What the grammar leaves open is decided by the next token. Only one place looks further ahead: a part
// with a type and no subtype, which Gmail, Yandex and qq.com send for a multipart whose parts they lost, and others for
// a type like X-ZIP.

extension BodyStructure {
    /// Deeper parts are passed over. Dovecot, too, looks no deeper into a message.
    public static let standardDepth = 100
    static let greatestDepth = 200
    /// Further parts, parameters or extensions of one body structure are passed over.
    static let maximumParts = 10_000

    /// Reads what follows the words BODY or BODYSTRUCTURE. `nil` when that is not a list; it is passed over then.
    /// `maximumDepth` is how many multiparts and messages may be around a part, itself included; 200 at most.
    public static func read(_ reader: inout IMAPReader, maximumDepth: Int = standardDepth) -> BodyStructure? {
        reader.skipSpaces()
        guard !reader.isAtEnd, reader.peek != UInt8(ascii: ")") else { return nil }
        var limits = Limits(depth: min(maximumDepth, greatestDepth))
        return reader.body(&limits)
    }

    fileprivate struct Limits {
        let depth: Int
        /// Parts, parameters and extensions that may still come.
        var items = BodyStructure.maximumParts

        mutating func take() -> Bool {
            if items >= 0 { items -= 1 }
            return items >= 0
        }
    }

    /// A part whose inner parts are being read.
    fileprivate enum OpenPart {
        case multipart
        case message(Fields, envelope: Envelope?)
    }

    fileprivate enum Beginning {
        /// `nil` for NIL, `()` and anything that is not a list.
        case whole(BodyStructure?)
        case open(OpenPart)
    }
}

extension IMAPReader {
    fileprivate mutating func body(_ limits: inout BodyStructure.Limits) -> BodyStructure? {
        // The parts around the one that is being read, and what has been read of each.
        var open: [BodyStructure.OpenPart] = []
        var parts: [[BodyStructure]] = []
        next: while true {
            var whole: BodyStructure?
            switch beginPart(&limits, depth: open.count) {
            case .whole(let part): whole = part
            case .open(let part):
                open.append(part)
                parts.append([])
                continue next
            }
            // A part that is whole goes into the one around it, which may then be whole, too.
            while let around = open.last {
                switch around {
                case .message(let fields, let envelope):
                    whole = restOfMessage(fields, envelope: envelope, body: whole, &limits)
                case .multipart:
                    if limits.items >= 0 { parts[parts.count - 1].append(whole ?? .unread) }
                    let hasSpace = peek == .space || peek == 9
                    skipSpaces()
                    if peek == UInt8(ascii: "(") {
                        if hasSpace { note(.spaceBetweenParts) }
                        continue next
                    }
                    whole = .multipart(subtypeAndRest(hasSpace: hasSpace, &limits), parts: parts[parts.count - 1])
                }
                open.removeLast()
                parts.removeLast()
            }
            return whole
        }
    }

    /// Reads a part up to its end, or up to the first part inside it.
    private mutating func beginPart(_ limits: inout BodyStructure.Limits, depth: Int) -> BodyStructure.Beginning {
        guard peek == UInt8(ascii: "(") else {
            note(isAtNIL ? .emptyPart : .wordForList)
            skipValue()
            return .whole(nil)
        }
        guard limits.take(), depth < limits.depth else {
            note(depth < limits.depth ? .listTooLong : .nestedTooDeep)
            skipValue()
            return .whole(nil)
        }
        advance()
        guard nextField(isFirst: true) else {
            note(.emptyPart)
            return .whole(nil)
        }
        return peek == UInt8(ascii: "(") ? .open(.multipart) : singlePart(&limits)
    }

    /// `"mixed" (parameters) disposition language location` after the parts of a multipart.
    private mutating func subtypeAndRest(hasSpace: Bool, _ limits: inout BodyStructure.Limits) -> BodyStructure.Fields {
        var fields = BodyStructure.Fields()
        if isAtEnd || peek == UInt8(ascii: ")") {
            note(.missingSubtype)
            _ = nextField(isFirst: true)
            return fields
        }
        if !hasSpace { note(.missingSpace) }
        fields.subtype = stringField()
        restOfMultipart(&fields, &limits)
        return fields
    }

    private mutating func restOfMultipart(_ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits) {
        guard nextField() else { return }
        fields.parameters = parameters(&limits)
        if nextField() { dispositionAndRest(&fields, &limits) }
    }

    /// `"type" "subtype" (parameters) id description encoding octets`, then what the type adds, then the extensions.
    private mutating func singlePart(_ limits: inout BodyStructure.Limits) -> BodyStructure.Beginning {
        var fields = BodyStructure.Fields()
        fields.type = stringField()
        guard nextField() else {
            (fields.type, fields.subtype) = (nil, fields.type)
            return .whole(multipartWithoutParts(fields))
        }
        let hasSubtype = isAtNIL ? fields.type == nil : peek != UInt8(ascii: "(")
        if hasSubtype {
            fields.subtype = stringField()
            // `(NIL "alternative" ("boundary" "x") NIL NIL NIL)`: NIL stands for the parts.
            if fields.type == nil, fields.subtype != nil, !isBeforeSinglePart() {
                restOfMultipart(&fields, &limits)
                return .whole(multipartWithoutParts(fields))
            }
            guard nextField() else { return .whole(incomplete(fields)) }
        } else if !isAtSinglePart() {
            (fields.type, fields.subtype) = (nil, fields.type)
            fields.parameters = parameters(&limits)
            if nextField() { dispositionAndRest(&fields, &limits) }
            return .whole(multipartWithoutParts(fields))
        } else {
            note(.missingSubtype)
        }
        return commonFields(&fields, &limits) ? typedPart(&fields, &limits) : .whole(incomplete(fields))
    }

    private mutating func multipartWithoutParts(_ fields: BodyStructure.Fields) -> BodyStructure {
        note(.multipartWithoutParts)
        return .multipart(fields, parts: [])
    }

    /// A part whose list has ended before all of its fields had come.
    private mutating func incomplete(_ fields: BodyStructure.Fields) -> BodyStructure {
        note(.bodyFieldMissing)
        if fields.isText { return .text(fields, lines: nil) }
        return fields.isMessage ? .message(fields, envelope: nil, body: nil, lines: nil) : .basic(fields)
    }

    /// Whether parameters, id, description, encoding and octets come next, told by the number at their end.
    private func isAtSinglePart() -> Bool {
        var ahead = self
        for _ in 0..<4 {
            ahead.skipValue()
            guard ahead.nextField() else { return false }
        }
        return ahead.peek.isDigit || ahead.peek == UInt8(ascii: "-")
            || (ahead.peek == UInt8(ascii: "\"") && ahead.peek(1).isDigit)
    }

    private func isBeforeSinglePart() -> Bool {
        var ahead = self
        return ahead.nextField() && ahead.isAtSinglePart()
    }

    /// From the parameters to the octets; `false` when the list ended too early.
    private mutating func commonFields(_ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits) -> Bool {
        fields.parameters = parameters(&limits)
        guard nextField() else { return false }
        fields.contentID = nstringField()
        guard nextField() else { return false }
        fields.contentDescription = nstringField()
        guard nextField() else { return false }
        fields.encoding = stringField()
        guard nextField() else { return false }
        fields.octets = numberField()
        return true
    }

    /// What comes after the octets depends on the type.
    private mutating func typedPart(
        _ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits
    ) -> BodyStructure.Beginning {
        if fields.isMultipart {
            // `("multipart" "related" (…) NIL NIL "7BIT" 400 …)`: gmx.net and Exchange write one without parts like this.
            fields.type = nil
            if nextField() { md5AndRest(&fields, &limits) }
            return .whole(multipartWithoutParts(fields))
        }
        guard nextField() else {
            return .whole(fields.isText || fields.isMessage ? incomplete(fields) : .basic(fields))
        }
        if fields.isText {
            let lines = linesOfText()
            if !lines.isPassed || nextField() { md5AndRest(&fields, &limits) }
            return .whole(.text(fields, lines: lines.count))
        }
        if fields.isMessage { return message(&fields, &limits) }
        if peek.isDigit {
            note(.unexpectedLines)
            _ = numberField()
            guard nextField() else { return .whole(.basic(fields)) }
        }
        md5AndRest(&fields, &limits)
        return .whole(.basic(fields))
    }

    /// The number of lines, which some servers leave out: a list where the MD5 is due, or a string, is not a number.
    private mutating func linesOfText() -> (count: UInt64?, isPassed: Bool) {
        let isQuotedNumber = peek == UInt8(ascii: "\"") && peek(1).isDigit
        let isNIL = isAtNIL && !(peek(3) == .space && peek(4) == UInt8(ascii: "("))
        guard peek.isDigit || peek == UInt8(ascii: "-") || isQuotedNumber || isNIL else {
            note(.bodyFieldMissing)
            return (nil, false)
        }
        return (numberField(), true)
    }

    /// `envelope body lines`. Gmail leaves all three out when it could not read the message inside; the MD5 follows then.
    private mutating func message(
        _ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits
    ) -> BodyStructure.Beginning {
        guard peek == UInt8(ascii: "(") || isAtNILMessage else {
            note(.bodyFieldMissing)
            md5AndRest(&fields, &limits)
            return .whole(.message(fields, envelope: nil, body: nil, lines: nil))
        }
        let envelope = Envelope.read(&self)
        if nextField() { return .open(.message(fields, envelope: envelope)) }
        note(.bodyFieldMissing)
        return .whole(.message(fields, envelope: envelope, body: nil, lines: nil))
    }

    /// `lines` and the extensions, after the body of a message.
    private mutating func restOfMessage(
        _ fields: BodyStructure.Fields, envelope: Envelope?, body: BodyStructure?, _ limits: inout BodyStructure.Limits
    ) -> BodyStructure {
        guard nextField() else {
            note(.bodyFieldMissing)
            return .message(fields, envelope: envelope, body: body, lines: nil)
        }
        var fields = fields
        let lines = numberField()
        if nextField() { md5AndRest(&fields, &limits) }
        return .message(fields, envelope: envelope, body: body, lines: lines)
    }

    /// `NIL NIL 17` or `NIL () 17`: no envelope and no body, but lines.
    private var isAtNILMessage: Bool {
        guard isAtNIL else { return false }
        var ahead = self
        ahead.skipValue()
        guard ahead.nextField(), ahead.isAtNIL || ahead.isAtEmptyList else { return false }
        ahead.skipValue()
        return ahead.nextField() && ahead.peek.isDigit
    }
}

extension BodyStructure.Fields {
    fileprivate var isText: Bool { type?.bytes.equalsIgnoringCase("TEXT") ?? false }
    fileprivate var isMultipart: Bool { type?.bytes.equalsIgnoringCase("MULTIPART") ?? false }
    fileprivate var isMessage: Bool {
        guard let type, let subtype, type.bytes.equalsIgnoringCase("MESSAGE") else { return false }
        return subtype.bytes.equalsIgnoringCase("RFC822") || subtype.bytes.equalsIgnoringCase("GLOBAL")
    }
}

extension BodyStructure {
    /// One shared value, so that a message with thousands of them costs no memory.
    fileprivate static let unread = BodyStructure.basic(Fields())
}

// MARK: Extension data

extension IMAPReader {
    private mutating func md5AndRest(_ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits) {
        if peek == UInt8(ascii: "("), !isAtEmptyList {
            note(.bodyFieldMissing)
        } else {
            fields.md5 = nstringField()
            guard nextField() else { return }
        }
        dispositionAndRest(&fields, &limits)
    }

    /// `("inline" NIL) ("en" "de") "location" …`, each of which may be missing together with all that follow it.
    private mutating func dispositionAndRest(_ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits) {
        disposition(&fields, &limits)
        guard nextField() else { return }
        languages(&fields, &limits)
        guard nextField() else { return }
        fields.location = nstringField()
        while nextField() {
            if limits.take(), let value = value(depth: IMAPValue.maximumDepth - 8) {
                fields.others.append(value)
            } else {
                note(.listTooLong)
                skipValue()
            }
        }
    }

    private mutating func disposition(_ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits) {
        guard peek == UInt8(ascii: "(") else {
            guard let word = nstringField() else { return }
            note(.wordForList)
            // Exchange writes "inline" without its list; in a multipart, it writes the Content-Description here.
            if word.bytes.readableBytesView.contains(.space) {
                fields.contentDescription = fields.contentDescription ?? word
            } else {
                fields.disposition = BodyStructure.Disposition(type: word)
            }
            return
        }
        advance()
        guard nextField(isFirst: true) else {
            note(.listForNIL)
            return
        }
        var disposition = BodyStructure.Disposition(type: stringField())
        if nextField() {
            disposition.parameters = parameters(&limits)
            skipFields()
        }
        fields.disposition = disposition
    }

    /// `("en" "de")`, `"en"` or NIL. IceWarp puts the disposition here: a word, and NIL or a list of parameters.
    private mutating func languages(_ fields: inout BodyStructure.Fields, _ limits: inout BodyStructure.Limits) {
        guard peek == UInt8(ascii: "(") else {
            if let language = nstringField() { fields.languages = [language] }
            return
        }
        advance()
        var count = 0
        var parametersOfDisposition: [BodyStructure.Parameter]?
        var quirkOtherwise = Quirk.nilForString
        while nextField(isFirst: count == 0) {
            count += 1
            if count == 2, fields.languages.count == 1, fields.disposition == nil, isAtNIL || peek == UInt8(ascii: "(") {
                if !isAtNIL { quirkOtherwise = .listForString }
                parametersOfDisposition = parameters(&limits)
            } else if !limits.take() {
                note(.listTooLong)
                skipValue()
            } else if let language = stringField() {
                fields.languages.append(language)
            }
        }
        if count == 0 { note(.listForNIL) }
        guard let parametersOfDisposition else { return }
        note(count == 2 ? .misplacedDisposition : quirkOtherwise)
        if count == 2, let word = fields.languages.popLast() {
            fields.disposition = BodyStructure.Disposition(type: word, parameters: parametersOfDisposition)
        }
    }

    /// `("charset" "utf-8" "format" "flowed")`, or NIL.
    private mutating func parameters(_ limits: inout BodyStructure.Limits) -> [BodyStructure.Parameter] {
        guard skip("(") else {
            if nstringField() != nil { note(.wordForList) }
            return []
        }
        var parameters: [BodyStructure.Parameter] = []
        var isEmpty = true
        while nextField(isFirst: isEmpty) {
            isEmpty = false
            let name = stringField() ?? IMAPString("")
            guard nextField() else {
                note(.parameterWithoutValue)
                parameters.append(.init(name: name, value: nil))
                return parameters
            }
            let value = stringField()
            if limits.take() { parameters.append(.init(name: name, value: value)) } else { note(.listTooLong) }
        }
        if isEmpty { note(.listForNIL) }
        return parameters
    }
}
