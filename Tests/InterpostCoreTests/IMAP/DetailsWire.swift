import NIOCore

@testable import InterpostCore

/// Wire text for the deep readers, and what they make of it.
enum DeepWire {
    /// A reader at the beginning of `wire`, whose literals are written as they stand on the wire.
    static func reader(_ wire: String) -> IMAPReader {
        guard wire.contains("}\r\n") else { return IMAPReader(IMAPText(line: ByteBuffer(string: wire))) }
        var reading = Reading(.imap)
        reading.receive(ByteBuffer(string: "* PREAUTH hi\r\n* X \(wire)\r\n"), from: .server)
        for event in reading.events {
            guard case .response(let response) = event.meaning else { continue }
            var reader = IMAPReader(response.text)
            for _ in 0..<2 { _ = reader.keyword() }
            reader.skipSpaces()
            return reader
        }
        return IMAPReader(IMAPText(line: ByteBuffer()))
    }

    static func envelope(_ wire: String) -> (read: String, quirks: [Quirk]) {
        var reader = reader(wire)
        let envelope = Envelope.read(&reader)
        return (described(envelope as Any), Array(reader.quirks))
    }

    static func body(_ wire: String) -> (read: String, quirks: [Quirk]) {
        var reader = reader(wire)
        let body = BodyStructure.read(&reader)
        return (described(body as Any), Array(reader.quirks))
    }

    static func structure(_ wire: String, maximumDepth: Int = BodyStructure.standardDepth) -> BodyStructure? {
        var reader = reader(wire)
        return BodyStructure.read(&reader, maximumDepth: maximumDepth)
    }

    static func mailbox(_ name: String) -> (read: String, quirks: [Quirk]) {
        let (text, quirks) = MailboxName(name).read()
        return (text, Array(quirks))
    }

    static func sequenceSet(_ text: String) -> (read: String, quirks: [Quirk]) {
        let set = SequenceSet(text)
        return (set.elements.map(\.description).joined(separator: ","), Array(set.quirks))
    }

    static func date(_ text: String) -> (read: String, quirks: [Quirk]) {
        let (date, quirks) = IMAPDate.read(ByteBuffer(string: text))
        return (date?.description ?? "nil", Array(quirks))
    }
}
