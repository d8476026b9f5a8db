import NIOCore

/// Why a SASL message is not read. The text is part of the program, so nothing that a peer said is in it.
struct SASLProblem: Error {
    let text: StaticString

    init(_ text: StaticString) { self.text = text }

    var description: String { "\(text)" }
}

/// What all mechanisms have in common: how long a message is, and what is a name.
enum SASLText {
    /// Octets of one decoded message, the token of an XOAUTH2 client included.
    static let maximumMessage = 8192
    /// Octets of a name that a client gives.
    static let maximumName = 256

    /// A name that a client says: 1 to 256 octets of UTF-8 without control characters.
    static func name(_ bytes: some Collection<UInt8>) throws(SASLProblem) -> String {
        guard !bytes.isEmpty else { throw SASLProblem("the name is empty") }
        guard bytes.count <= maximumName else { throw SASLProblem("the name has more than 256 octets") }
        guard let name = String(validating: bytes, as: UTF8.self) else { throw SASLProblem("the name is not UTF-8") }
        guard !hasControls(name) else { throw SASLProblem("the name has a control character") }
        return name
    }

    /// The identity to act as, where it is another than the one that logs in.
    static func authorizationIdentity(_ bytes: some Collection<UInt8>, name: String) throws(SASLProblem) -> String? {
        guard !bytes.isEmpty else { return nil }
        let identity = try self.name(bytes)
        return identity == name ? nil : identity
    }

    /// Whether one of Unicode's control characters is in the text: C0, DEL, C1.
    static func hasControls(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
    }

    /// A saslname (RFC 5802 §5.1): `anna,x=y` as `anna=2Cx=3Dy`.
    static func escaped(_ name: String) -> [UInt8] {
        name.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: ","): Array("=2C".utf8)
            case UInt8(ascii: "="): Array("=3D".utf8)
            default: [byte]
            }
        }
    }

    /// What a saslname stands for. An equals sign that begins neither `=2C` nor `=3D` is not allowed.
    static func unescaped(_ bytes: some Collection<UInt8>) throws(SASLProblem) -> [UInt8] {
        var name: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                name.append(byte)
                continue
            }
            let code = Array(rest.prefix(2))
            rest = rest.dropFirst(2)
            switch code {
            case Array("2C".utf8): name.append(UInt8(ascii: ","))
            case Array("3D".utf8): name.append(UInt8(ascii: "="))
            default: throw SASLProblem("an equals sign in the name is followed by neither 2C nor 3D")
            }
        }
        return name
    }
}
