import NIOCore

/// The attributes of a SCRAM message (RFC 5802 §5.1), taken one after the other in the order that the RFC has.
///
///     r=rOprNGfwEbeR%hvYD,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096
struct SCRAMAttributes {
    private var rest: ArraySlice<Attribute>

    private struct Attribute {
        var name: UInt8
        var value: ArraySlice<UInt8>
    }

    /// Each is a letter, an equals sign and a value of one octet or more; no letter occurs twice.
    init(_ message: ArraySlice<UInt8>) throws(SASLProblem) {
        guard message.count <= SASLText.maximumMessage else { throw SASLProblem("a SCRAM message has more than 8192 octets") }
        guard !message.contains(0), String(validating: message, as: UTF8.self) != nil else {
            throw SASLProblem("a SCRAM message is not UTF-8, or has a NUL")
        }
        var attributes: [Attribute] = []
        for part in message.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard part.count >= 3, let name = part.first, name.isLetter, part.dropFirst().first == UInt8(ascii: "=") else {
                throw SASLProblem("a SCRAM message has something that is not an attribute")
            }
            guard name != UInt8(ascii: "m") else {
                throw SASLProblem("a SCRAM message asks for an extension that must be understood")
            }
            guard !attributes.contains(where: { $0.name == name }) else {
                throw SASLProblem("a SCRAM message has an attribute twice")
            }
            attributes.append(Attribute(name: name, value: part.dropFirst(2)))
        }
        rest = attributes[...]
    }

    /// The value of the next attribute, if it has this name.
    mutating func next(_ name: Unicode.Scalar) -> ArraySlice<UInt8>? {
        guard let first = rest.first, first.name == UInt8(ascii: name) else { return nil }
        rest.removeFirst()
        return first.value
    }

    /// The value of the next attribute, which has to have this name.
    mutating func require(_ name: Unicode.Scalar) throws(SASLProblem) -> ArraySlice<UInt8> {
        guard let value = next(name) else {
            throw SASLProblem("a SCRAM message lacks an attribute, or has it in the wrong place")
        }
        return value
    }

    /// The same for the last attribute; what is between is optional extensions, which nobody has to understand.
    mutating func requireLast(_ name: Unicode.Scalar) throws(SASLProblem) -> ArraySlice<UInt8> {
        guard let last = rest.popLast(), last.name == UInt8(ascii: name) else {
            throw SASLProblem("a SCRAM message does not end in the attribute that is due there")
        }
        return last.value
    }

    /// The octets that base64 stands for, as many as `lengths` has. There is one spelling of them: bits that stand for nothing are 0.
    static func decoded(_ value: ArraySlice<UInt8>, _ lengths: ClosedRange<Int>) throws(SASLProblem) -> [UInt8] {
        guard let bytes = Base64.decode(ByteBuffer(bytes: value).readableBytesView), lengths.contains(bytes.readableBytes),
            encoded(bytes.readableBytesView).elementsEqual(value)
        else { throw SASLProblem("a SCRAM message has base64 that cannot be decoded, or is too short or too long") }
        return Array(bytes.readableBytesView)
    }

    static func encoded(_ bytes: some Collection<UInt8>) -> [UInt8] { Array(Base64.encode(bytes).readableBytesView) }

    /// Whether it may be a nonce, or a part of one: printable ASCII without a comma.
    static func isNonce(_ nonce: some Collection<UInt8>) -> Bool {
        !nonce.isEmpty && nonce.allSatisfy { $0.isPrintable && $0 != UInt8(ascii: ",") }
    }
}
