import NIOCore

/// Tells a client the truth about its own leg: the capability lists of the server, less what does not hold here,
/// plus what does. Nothing else is ever edited.
///
///     S: * CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS
///     → * CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS
///
/// Where the server offers channel binding (`-PLUS`), the whole SCRAM family goes: binding cannot survive two TLS
/// connections, and a client that finds only the plain mechanism must tell the server that it was cheated
/// (RFC 5802 §6), which then refuses it.
struct CapabilityEditor: Sendable {
    /// The client may do STARTTLS now.
    var offersSTARTTLS: Bool
    /// It has to, before it logs in.
    var requiresSTARTTLS: Bool
    var stripsCompression: Bool

    /// One edited list; `nil` where nothing has to change.
    struct Edit {
        var names: [ByteBuffer]
        var changes: [CapabilityChange]
    }

    // MARK: - IMAP

    /// `* CAPABILITY …`
    func edit(untagged line: ByteBuffer, names: [ByteBuffer]) -> (line: ByteBuffer, changes: [CapabilityChange])? {
        guard let edit = edit(names) else { return nil }
        var edited = ByteBuffer(string: "* CAPABILITY")
        edited.write(words: edit.names)
        edited.writeStaticString("\r\n")
        return (edited, edit.changes)
    }

    /// A status line with `[CAPABILITY …]` in it.
    func edit(_ status: IMAPStatus) -> (line: ByteBuffer, changes: [CapabilityChange])? {
        guard status.codeName == Keyword("CAPABILITY"), let edit = edit(status.codeArguments.map(\.bytes)) else {
            return nil
        }
        var code = ByteBuffer(string: "CAPABILITY")
        code.write(words: edit.names)
        return (status.line(withCode: code), edit.changes)
    }

    /// A greeting that was given before Interpost did STARTTLS: what it says about the server is no longer true.
    static func withoutCapabilities(greeting line: ByteBuffer) -> (line: ByteBuffer, change: CapabilityChange)? {
        guard let status = IMAPStatus(reading: line.withoutLineEnd), status.codeName == Keyword("CAPABILITY") else {
            return nil
        }
        let change = CapabilityChange(
            removed: status.codeArguments.map(\.description), reason: "the list was given before STARTTLS upstream")
        return (status.line(withCode: nil), change)
    }

    private func edit(_ names: [ByteBuffer]) -> Edit? {
        let hasBinding = names.contains { $0.hasPrefixIgnoringCase("AUTH=") && $0.hasSuffixIgnoringCase("-PLUS") }
        var edit = Edit(names: [], changes: [])
        var legal: [String] = []
        var bound: [String] = []
        for name in names {
            if hasBinding, name.hasPrefixIgnoringCase("AUTH=SCRAM-") || name.hasSuffixIgnoringCase("-PLUS") {
                bound.append(String(buffer: name))
            } else if isFalseHere(name) {
                legal.append(String(buffer: name))
            } else {
                edit.names.append(name)
            }
        }
        var added: [String] = []
        if offersSTARTTLS, !names.contains(where: { $0.equalsIgnoringCase("STARTTLS") }) { added.append("STARTTLS") }
        if requiresSTARTTLS, !names.contains(where: { $0.equalsIgnoringCase("LOGINDISABLED") }) {
            added.append("LOGINDISABLED")
        }
        edit.names += added.map { ByteBuffer(string: $0) }
        edit.note(legal: legal, bound: bound, added: added)
        return edit.changes.isEmpty ? nil : edit
    }

    private func isFalseHere(_ name: ByteBuffer) -> Bool {
        if name.equalsIgnoringCase("STARTTLS") { return !offersSTARTTLS }
        if name.equalsIgnoringCase("COMPRESS=DEFLATE") { return stripsCompression }
        return requiresSTARTTLS && name.hasPrefixIgnoringCase("AUTH=")
    }

    // MARK: - POP3

    /// One line of a CAPA or AUTH listing; `nil` when it stays as it is, an empty line when it goes.
    func edit(listing line: ByteBuffer) -> (line: ByteBuffer, changes: [CapabilityChange])? {
        let text = line.withoutLineEnd
        if text.equalsIgnoringCase("STLS") {
            return offersSTARTTLS ? nil : (ByteBuffer(), [Self.ownLeg(removed: ["STLS"])])
        }
        if requiresSTARTTLS, text.equalsIgnoringCase("USER") || text.hasPrefixIgnoringCase("SASL") {
            return (ByteBuffer(), [Self.ownLeg(removed: [String(buffer: text)])])
        }
        guard text.hasPrefixIgnoringCase("SASL ") else { return nil }
        let mechanisms = text.readableBytesView.dropFirst(5).split(separator: .space).map { ByteBuffer(bytes: $0) }
        guard mechanisms.contains(where: { $0.hasSuffixIgnoringCase("-PLUS") }) else { return nil }
        var edit = Edit(names: [], changes: [])
        var bound: [String] = []
        for name in mechanisms {
            if name.hasPrefixIgnoringCase("SCRAM-") || name.hasSuffixIgnoringCase("-PLUS") {
                bound.append(String(buffer: name))
            } else {
                edit.names.append(name)
            }
        }
        edit.note(legal: [], bound: bound, added: [])
        guard !edit.names.isEmpty else { return (ByteBuffer(), edit.changes) }
        var edited = ByteBuffer(string: "SASL")
        edited.write(words: edit.names)
        edited.writeStaticString("\r\n")
        return (edited, edit.changes)
    }

    /// The lines of an answer to AUTH without a mechanism, one mechanism each.
    func edit(mechanisms lines: [ByteBuffer]) -> (lines: ByteBuffer, changes: [CapabilityChange]) {
        let hasBinding = lines.contains { $0.hasSuffixIgnoringCase("-PLUS") }
        var edit = Edit(names: [], changes: [])
        var bound: [String] = []
        var list = ByteBuffer()
        for line in lines {
            if hasBinding, line.hasPrefixIgnoringCase("SCRAM-") || line.hasSuffixIgnoringCase("-PLUS") {
                bound.append(String(buffer: line))
            } else {
                list.writeImmutableBuffer(line)
                list.writeStaticString("\r\n")
            }
        }
        edit.note(legal: [], bound: bound, added: [])
        return (list, edit.changes)
    }

    /// What is put before the terminator of a CAPA listing.
    func addition(toListing lines: [ByteBuffer]) -> (line: ByteBuffer, change: CapabilityChange)? {
        guard offersSTARTTLS, !lines.contains(where: { $0.equalsIgnoringCase("STLS") }) else { return nil }
        return (ByteBuffer(string: "STLS\r\n"), CapabilityChange(added: ["STLS"], reason: CapabilityEditor.ownLegReason))
    }

    fileprivate static let ownLegReason = "the client is told about its own leg"

    private static func ownLeg(removed: [String]) -> CapabilityChange {
        CapabilityChange(removed: removed, reason: ownLegReason)
    }
}

extension CapabilityEditor.Edit {
    fileprivate mutating func note(legal: [String], bound: [String], added: [String]) {
        if !legal.isEmpty || !added.isEmpty {
            changes.append(CapabilityChange(removed: legal, added: added, reason: CapabilityEditor.ownLegReason))
        }
        if !bound.isEmpty {
            let reason = "channel binding cannot survive two TLS connections, so the SCRAM family is not offered"
            changes.append(CapabilityChange(removed: bound, reason: reason))
        }
    }
}

extension IMAPStatus {
    /// The line as it is written, with another code, and perhaps another tag.
    func line(withCode code: ByteBuffer?, tag other: ByteBuffer? = nil) -> ByteBuffer {
        var line = other ?? tag
        line.writeString(" \(result.word) ")
        if let code {
            line.writeStaticString("[")
            line.writeImmutableBuffer(code)
            line.writeStaticString("] ")
        }
        line.writeImmutableBuffer(text)
        line.writeStaticString("\r\n")
        return line
    }
}

extension ByteBuffer {
    mutating func write(words: [ByteBuffer]) {
        for word in words {
            writeStaticString(" ")
            writeImmutableBuffer(word)
        }
    }

    fileprivate func hasSuffixIgnoringCase(_ word: StaticString) -> Bool {
        guard let end = getSlice(at: writerIndex - word.utf8CodeUnitCount, length: word.utf8CodeUnitCount),
            readableBytes >= word.utf8CodeUnitCount
        else { return false }
        return end.equalsIgnoringCase(word)
    }
}
