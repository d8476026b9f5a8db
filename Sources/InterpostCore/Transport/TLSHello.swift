public import NIOCore

/// What the first, clear records of a TLS connection say (RFC 8446 §4.1, §5.1), read before any TLS library
/// sees them.
public enum TLSHello {
    /// What the first octets of a connection were read as.
    public enum Reading<Hello: Sendable>: Sendable {
        /// These bytes may begin a hello; more of them are needed.
        case needsMore
        /// These bytes are not such a hello.
        case isNotTLS
        case hello(Hello)
    }

    /// A hello longer than this is not waited for.
    static let maximumLength = 1 << 15
    /// A hello in more records than this is not waited for either.
    static let maximumRecords = 64

    /// Whether the bytes begin with a TLS record of any type: an alert is not a hello, but it is not clear text either.
    public static func isRecord(_ bytes: ByteBuffer) -> Bool {
        bytes.readableBytes > 0 && (20...24).contains(bytes.byte(at: bytes.readerIndex))
    }

    /// Whether the bytes begin with a TLS record of a version that exists, which is stronger evidence: `16 03` of a
    /// handshake, `17 03` of data.
    static func isVersionedRecord(_ bytes: ByteBuffer) -> Bool {
        isRecord(bytes) && bytes.byte(at: bytes.readerIndex + 1) == 3
    }

    /// Reads a ClientHello, which may span several records. Takes nothing out of `bytes`.
    public static func readClient(_ bytes: ByteBuffer) -> Reading<ClientHello> {
        read(bytes, type: 1) { ClientHello(&$0) }
    }

    /// Reads a ServerHello (or a HelloRetryRequest, which has the same shape).
    public static func readServer(_ bytes: ByteBuffer) -> Reading<ServerHello> {
        read(bytes, type: 2) { ServerHello(&$0) }
    }

    private static func read<Hello: Sendable>(
        _ bytes: ByteBuffer, type: UInt8, _ body: (inout ByteBuffer) -> Hello?
    ) -> Reading<Hello> {
        var bytes = bytes
        var handshake = ByteBuffer()
        for _ in 0..<maximumRecords {
            guard bytes.readableBytes >= 5 else {
                let begins = bytes.readableBytes == 0 || bytes.byte(at: bytes.readerIndex) == 22
                return begins ? .needsMore : .isNotTLS
            }
            guard bytes.readInteger(as: UInt8.self) == 22, bytes.readInteger(as: UInt8.self) == 3 else { return .isNotTLS }
            bytes.moveReaderIndex(forwardBy: 1)
            let length = Int(bytes.readInteger(as: UInt16.self) ?? 0)
            guard length > 0, length <= 1 << 14 else { return .isNotTLS }
            guard var record = bytes.readSlice(length: length) else { return .needsMore }
            handshake.writeBuffer(&record)
            guard handshake.readableBytes >= 4 else { continue }
            guard handshake.byte(at: handshake.readerIndex) == type else { return .isNotTLS }
            let size = (0..<3).reduce(0) { $0 << 8 | Int(handshake.byte(at: handshake.readerIndex + 1 + $1)) }
            guard size <= maximumLength else { return .isNotTLS }
            guard handshake.readableBytes >= 4 + size else { continue }
            handshake.moveReaderIndex(forwardBy: 4)
            guard var message = handshake.readSlice(length: size), let hello = body(&message) else { return .isNotTLS }
            return .hello(hello)
        }
        return .isNotTLS
    }
}

/// A ClientHello: what a client offers, in its own order.
public struct ClientHello: Sendable, Equatable {
    /// The version field of the message, `0x0303` since TLS 1.2.
    public var legacyVersion: UInt16
    /// Numbers of the IANA registry, in the client's order.
    public var cipherSuites: [UInt16]
    /// Types of the extensions.
    public var extensions: [UInt16] = []
    /// The host name it asks for (RFC 6066 §3).
    public var serverName: String?
    /// The application protocols it offers (RFC 7301).
    public var applicationProtocols: [String] = []
    /// Versions of `supported_versions` (RFC 8446 §4.2.1): `0x0304` is TLS 1.3. Empty where the client sends none.
    public var supportedVersions: [UInt16] = []
    /// Numbers of `signature_algorithms` (RFC 8446 §4.2.3). Empty where the client sends none.
    public var signatureAlgorithms: [UInt16] = []

    init?(_ message: inout ByteBuffer) {
        guard let version = message.readInteger(as: UInt16.self), message.readSlice(length: 32) != nil,
            message.readVector8() != nil, let suites = message.readVector16(), message.readVector8() != nil
        else { return nil }
        legacyVersion = version
        cipherSuites = suites.allUInt16s
        guard var list = message.readVector16() else { return }
        while let type = list.readInteger(as: UInt16.self), var body = list.readVector16() {
            extensions.append(type)
            switch type {
            case 0:
                guard var names = body.readVector16(), names.readInteger(as: UInt8.self) == 0,
                    let name = names.readVector16()
                else { continue }
                serverName = String(buffer: name)
            case 16:
                guard var names = body.readVector16() else { continue }
                while let name = names.readVector8() { applicationProtocols.append(String(buffer: name)) }
            case 43: supportedVersions = body.readVector8()?.allUInt16s ?? []
            case 13: signatureAlgorithms = body.readVector16()?.allUInt16s ?? []
            default: break
            }
        }
    }

    /// The JA4 fingerprint over TCP, such as `t13d1516h2_8daaf6152771_b186095e22b6`.
    ///
    /// - Parameter sha256: the first six bytes or more of the SHA-256 of its argument.
    public func ja4(sha256: ([UInt8]) -> [UInt8]) -> String {
        func hash(_ text: String) -> String {
            text.isEmpty
                ? "000000000000" : sha256(Array(text.utf8)).prefix(6).map { Self.hexadecimal(UInt16($0), width: 2) }.joined()
        }
        let ciphers = cipherSuites.filter { !Self.isGREASE($0) }
        let extensions = extensions.filter { !Self.isGREASE($0) }
        let version = supportedVersions.filter { !Self.isGREASE($0) }.max() ?? legacyVersion
        let versions: [UInt16: String] = [0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3"]
        let head =
            "t\(versions[version] ?? "00")\(serverName == nil ? "i" : "d")"
            + Self.twoDigits(ciphers.count) + Self.twoDigits(extensions.count) + alpnMark
        let sorted = ciphers.map { Self.hexadecimal($0) }.sorted().joined(separator: ",")
        var rest = extensions.filter { $0 != 0 && $0 != 16 }.map { Self.hexadecimal($0) }.sorted().joined(separator: ",")
        if !signatureAlgorithms.isEmpty {
            rest += "_" + signatureAlgorithms.filter { !Self.isGREASE($0) }.map { Self.hexadecimal($0) }.joined(separator: ",")
        }
        return "\(head)_\(hash(sorted))_\(hash(rest))"
    }

    /// The first and last character of the first protocol; their hexadecimal digits where they are not letters.
    private var alpnMark: String {
        guard let bytes = applicationProtocols.first.map({ Array($0.utf8) }), let first = bytes.first, let last = bytes.last
        else { return "00" }
        if [first, last].allSatisfy({ $0.isLetter || $0.isDigit }) {
            return String(decoding: [first, last], as: UTF8.self)
        }
        return String(Self.hexadecimal(UInt16(first), width: 2).prefix(1) + Self.hexadecimal(UInt16(last), width: 2).suffix(1))
    }

    /// Values that clients throw in to keep servers tolerant (RFC 8701).
    private static func isGREASE(_ value: UInt16) -> Bool { value & 0x0F0F == 0x0A0A && value >> 8 == value & 0xFF }

    private static func hexadecimal(_ value: UInt16, width: Int = 4) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func twoDigits(_ count: Int) -> String { count > 9 ? "\(min(count, 99))" : "0\(count)" }
}

/// A ServerHello: what the server chose.
public struct ServerHello: Sendable, Equatable {
    /// The IANA number of the cipher suite.
    public var cipherSuite: UInt16

    init?(_ message: inout ByteBuffer) {
        guard message.readSlice(length: 34) != nil, message.readVector8() != nil,
            let suite = message.readInteger(as: UInt16.self)
        else { return nil }
        cipherSuite = suite
    }

    /// The IANA name of the suites that are in use with TLS 1.2 and 1.3; the number for others.
    public var cipherSuiteName: String {
        switch cipherSuite {
        case 0x1301: "TLS_AES_128_GCM_SHA256"
        case 0x1302: "TLS_AES_256_GCM_SHA384"
        case 0x1303: "TLS_CHACHA20_POLY1305_SHA256"
        case 0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        case 0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        case 0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        case 0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
        case 0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
        case 0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
        case 0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
        case 0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
        case 0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
        case 0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
        case 0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256"
        case 0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384"
        case 0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA"
        case 0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA"
        default: "0x" + String(cipherSuite, radix: 16)
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func readVector8() -> ByteBuffer? {
        guard let length = getInteger(at: readerIndex, as: UInt8.self), readableBytes > Int(length) else { return nil }
        moveReaderIndex(forwardBy: 1)
        return readSlice(length: Int(length))
    }

    fileprivate mutating func readVector16() -> ByteBuffer? {
        guard let length = getInteger(at: readerIndex, as: UInt16.self), readableBytes > Int(length) + 1 else { return nil }
        moveReaderIndex(forwardBy: 2)
        return readSlice(length: Int(length))
    }

    fileprivate var allUInt16s: [UInt16] {
        var rest = self
        var values: [UInt16] = []
        while let value = rest.readInteger(as: UInt16.self) { values.append(value) }
        return values
    }
}
