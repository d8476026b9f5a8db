public import NIOCore

/// The clear-text alert with which a peer gives up a handshake (RFC 8446 §6).
public enum TLSAlert {
    /// `the peer's alert: unknown_ca (48)` when one of the records in `bytes` is an alert in clear text.
    public static func find(in bytes: ByteBuffer) -> String? {
        var bytes = bytes
        while bytes.readableBytes >= 5, let type = bytes.readInteger(as: UInt8.self), bytes.readInteger(as: UInt16.self) != nil,
            let length = bytes.readInteger(as: UInt16.self), var record = bytes.readSlice(length: Int(length))
        {
            guard type == 21, length == 2, record.readInteger(as: UInt8.self) != nil,
                let description = record.readInteger(as: UInt8.self)
            else { continue }
            return "the peer's alert: \(names[description] ?? "unknown") (\(description))"
        }
        return nil
    }

    private static let names: [UInt8: String] = [
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
        42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
        46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
        51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
        86: "inappropriate_fallback", 90: "user_canceled", 109: "missing_extension", 110: "unsupported_extension",
        112: "unrecognized_name", 116: "certificate_required", 120: "no_application_protocol",
    ]
}
