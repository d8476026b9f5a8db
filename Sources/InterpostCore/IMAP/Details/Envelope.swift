public import NIOCore

/// What a server says about a message's header (RFC 9051 §7.5.2), as it was sent: nothing is decoded.
///
///     ("Wed, 17 Jul 1996 02:23:25 -0700" "Minutes" ((NIL NIL "ann" "example.org")) … NIL "<b27@example.org>")
///     date Wed, 17 Jul 1996 02:23:25 -0700, subject Minutes, from [ann@example.org] … messageID <b27@example.org>
///
/// An instance is large (see `DeepBoundsTests`): where it is stored in an enum, make the case indirect.
public struct Envelope: Hashable, Sendable {
    /// The `Date:` field; `nil` for NIL, as for all fields of text here.
    public var date: IMAPString?
    /// The `Subject:` field, perhaps in encoded words (RFC 2047).
    public var subject: IMAPString?
    /// `From:`; empty for NIL, as for all lists of addresses here.
    public var from: [Address] = []
    /// `Sender:`; servers repeat `from` where the message has none.
    public var sender: [Address] = []
    /// `Reply-To:`; servers repeat `from` where the message has none.
    public var replyTo: [Address] = []
    /// `To:`
    public var to: [Address] = []
    /// `Cc:`
    public var cc: [Address] = []
    /// `Bcc:`
    public var bcc: [Address] = []
    /// The `In-Reply-To:` field, with its angle brackets.
    public var inReplyTo: IMAPString?
    /// The `Message-ID:` field, with its angle brackets.
    public var messageID: IMAPString?

    /// An envelope in which nothing is said.
    public init() {}

    /// When the message says that it was sent.
    public var sent: MessageDate? { date.flatMap { MessageDate($0.bytes) } }

    /// Reads what follows the word ENVELOPE. `nil` when that is not a list; it is passed over then.
    public static func read(_ reader: inout IMAPReader) -> Envelope? {
        guard reader.beginEnvelope() else { return nil }
        var envelope = Envelope()
        var tail = EnvelopeTail()
        var count = 0
        while reader.nextField(isFirst: count == 0) {
            switch count {
            case 0: envelope.date = reader.nstringField()
            case 1: envelope.subject = reader.nstringField()
            case 2: envelope.from = reader.addresses()
            case 3: envelope.sender = reader.addresses()
            case 4: envelope.replyTo = reader.addresses()
            case 5: envelope.to = reader.addresses()
            case 6: envelope.cc = reader.addresses()
            case 7 where reader.peek == UInt8(ascii: "("):
                envelope.bcc = reader.addresses()
                tail.hasBCC = true
            case 7: tail.seventh = reader.nstringField()
            case 8: tail.eighth = reader.nstringField()
            case 9: tail.ninth = reader.nstringField()
            default: reader.skipValue()
            }
            count += 1
        }
        reader.noteEnvelope(fields: count)
        (envelope.inReplyTo, envelope.messageID) = reader.identifiers(tail, fields: count)
        return envelope
    }

    /// The two fields by which a message is told from others, without reading the rest: for listings. A field is `nil`
    /// where it is missing, or where it is a literal too long to be kept.
    public static func identity(of reader: inout IMAPReader) -> (messageID: ByteBuffer?, subject: ByteBuffer?) {
        guard reader.beginEnvelope() else { return (nil, nil) }
        var subject: IMAPString?
        var tail = EnvelopeTail()
        var count = 0
        while reader.nextField(isFirst: count == 0) {
            switch count {
            case 0: _ = reader.nstringField()
            case 1: subject = reader.nstringField()
            case 7 where reader.peek == UInt8(ascii: "("):
                reader.skipValue()
                tail.hasBCC = true
            case 7: tail.seventh = reader.nstringField()
            case 8: tail.eighth = reader.nstringField()
            case 9: tail.ninth = reader.nstringField()
            default: reader.skipValue()
            }
            count += 1
        }
        reader.noteEnvelope(fields: count)
        return (reader.identifiers(tail, fields: count).messageID?.keptBytes, subject?.keptBytes)
    }
}

/// The last three fields. Some servers leave one of them out: qq.com sends no bcc when there is none. The Message-ID is
/// the last string then.
private struct EnvelopeTail {
    var hasBCC = false
    var seventh: IMAPString?
    var eighth: IMAPString?
    var ninth: IMAPString?

    func identifiers(fields count: Int) -> (inReplyTo: IMAPString?, messageID: IMAPString?) {
        switch count {
        case 8: (nil, seventh)
        case 9: hasBCC ? (eighth, nil) : (seventh, eighth)
        default: (eighth, ninth)
        }
    }
}

extension IMAPString {
    /// `nil` where a long literal was not kept.
    fileprivate var keptBytes: ByteBuffer? { length > bytes.readableBytes ? nil : bytes }
}

extension IMAPReader {
    /// Passes over the `(`, or over what is in its place.
    fileprivate mutating func beginEnvelope() -> Bool {
        skipSpaces()
        if skip("(") { return true }
        guard !isAtEnd, peek != UInt8(ascii: ")") else { return false }
        note(isAtNIL ? .nilForList : .wordForList)
        skipValue()
        return false
    }

    /// Where a quote in a string has not been escaped and the fields are not ten, nobody knows which string is which.
    fileprivate func identifiers(_ tail: EnvelopeTail, fields count: Int) -> (inReplyTo: IMAPString?, messageID: IMAPString?) {
        count != 10 && quirks.contains(.quoteInQuoted) ? (nil, nil) : tail.identifiers(fields: count)
    }

    fileprivate mutating func noteEnvelope(fields count: Int) {
        if count < 10 { note(.envelopeFieldMissing) }
        if count > 10 { note(.extraField) }
    }
}
