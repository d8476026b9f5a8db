package import NIOCore

/// How text that a peer wrote is shown on a terminal. Characters that a terminal would act upon, and those that would reorder
/// or hide the text beside them, become U+FFFD.
///
///     INBOX ESC [2J         INBOX�[2J       an escape sequence that clears the screen
///     INBOX U+009B 2J       INBOX�2J        the same, with CSI as one character
///     gpj.exe U+202E        gpj.exe�        what turns the direction of writing round
///     Ablage/Übersicht      the same
///
/// All of C0, DEL and C1 are replaced, and the rest of Unicode's categories Cc, Cf, Cs, Co, Cn, Zl and Zp: controls, formats (with
/// the bidirectional ones), surrogates, private and unassigned characters, line and paragraph separators. Octets that are not UTF-8
/// are U+FFFD, too. Every command that writes for people writes a peer's text through here, and nothing else decides about it.
package enum TerminalText {
    /// What becomes of CR and LF.
    package enum LineEnds: Sendable {
        /// Control characters like the others.
        case replaced
        /// `␍` and `␊`, where the line ends inside a text matter.
        case pictured
    }

    static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// The text in one line, at most `limit` characters of it (Unicode scalars) and then `…`.
    package static func shown(_ text: String, atMost limit: Int = .max, lineEnds: LineEnds = .replaced) -> String {
        if text.utf8.count <= limit, text.utf8.allSatisfy(isPlain) { return text }
        var shown = String.UnicodeScalarView()
        var room = limit
        for scalar in text.unicodeScalars {
            if room == 0 { return String(shown) + "…" }
            room -= 1
            shown.append(self.shown(scalar, lineEnds))
        }
        return String(shown)
    }

    /// Octets as they came, in one line, at most `limit` characters of them and then `…`.
    package static func shown(_ bytes: ByteBuffer, atMost limit: Int = .max, lineEnds: LineEnds = .replaced) -> String {
        // A character has four octets at most, so what lies beyond is not even decoded.
        let octets = limit.multipliedReportingOverflow(by: 4)
        guard !octets.overflow, octets.partialValue < bytes.readableBytes - 4 else {
            return shown(String(buffer: bytes), atMost: limit, lineEnds: lineEnds)
        }
        let head = bytes.readableBytesView.prefix(octets.partialValue + 4)
        return shown(String(decoding: head, as: UTF8.self), atMost: limit, lineEnds: lineEnds)
    }

    /// The text in printable ASCII, at most `limit` characters of it, with `?` for everything else: for lines that go to a peer.
    ///
    ///     Schlüssel␍␊* BYE      Schl?ssel??* BYE
    package static func ascii(_ text: String, atMost limit: Int = .max) -> String {
        let scalars = text.unicodeScalars.prefix(limit)
        if scalars.allSatisfy({ isPlain($0) }) { return String(scalars) }
        return String(String.UnicodeScalarView(scalars.map { isPlain($0) ? $0 : "?" }))
    }

    /// Whether a terminal merely shows the character, and does not act upon it.
    package static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return isPlain(scalar) }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    private static func shown(_ scalar: Unicode.Scalar, _ lineEnds: LineEnds) -> Unicode.Scalar {
        switch (scalar, lineEnds) {
        case ("\r", .pictured): "␍"
        case ("\n", .pictured): "␊"
        default: isShown(scalar) ? scalar : replacement
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte &- 0x20 < 0x5F }
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool { scalar.value &- 0x20 < 0x5F }
}
