// Strategy: messages are generated from their number alone, so both sides of a comparison can be given
// equal mailboxes and every client's result can be checked against the bytes that were delivered. The kinds
// cover what relays get wrong: dots, empty bodies, long lines, 8-bit text, missing line ends, protocol look-alikes.

import Foundation

/// A message byte for byte; with LF line ends unless it says otherwise, as it lies in a Maildir.
struct Letter: Hashable, Sendable, CustomStringConvertible {
    let bytes: Data

    /// The message as IMAP gives it: with CRLF line ends.
    var wire: Letter {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 32)
        for byte in [UInt8](bytes) {
            if byte == 0x0A { result.append(0x0D) }
            result.append(byte)
        }
        return Letter(bytes: Data(result))
    }

    /// The message as POP3 gives it: a last line always ends.
    var popWire: Letter { withLastLineEnded.wire }

    /// The message of a client that ends the last line, which some do when they store one.
    var withLastLineEnded: Letter {
        bytes.last == 0x0A ? self : Letter(bytes: bytes + Data("\n".utf8))
    }

    /// The message without the header lines whose names are given; clients add lines of their own.
    func without(_ names: String...) -> Letter {
        guard let end = bytes.firstRange(of: Data("\n\n".utf8)) else { return self }
        let head = bytes[..<end.lowerBound].split(separator: 0x0A, omittingEmptySubsequences: false)
        let kept = head.filter { line in !names.contains { line.starts(with: Data("\($0):".utf8)) } }
        return Letter(bytes: Data(kept.joined(separator: [0x0A])) + bytes[end.lowerBound...])
    }

    init(bytes: Data) {
        self.bytes = bytes
    }

    var description: String {
        let lines = bytes.prefix(1_000).split { $0 == 0x0A || $0 == 0x0D }
        let subject = lines.first { $0.starts(with: Data("Subject:".utf8)) }
        return "\(subject.map { String(decoding: $0, as: UTF8.self) } ?? "no subject") (\(bytes.count) bytes; sum \(sum))"
    }

    /// Tells letters of equal length apart in failure messages.
    private var sum: UInt16 {
        bytes.reduce(0) { $0 &* 31 &+ UInt16($1) }
    }

    /// Whether no line is longer than `limit` bytes.
    func hasLines(upTo limit: Int) -> Bool {
        bytes.split(separator: 0x0A).allSatisfy { $0.count <= limit }
    }

    /// Letters in an order that does not depend on how a client stored them.
    static func sorted(_ letters: some Sequence<Letter>) -> [Letter] {
        letters.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// All letters a client stored as files of their own in `directories`.
    static func stored(in directories: String...) throws -> [Letter] {
        let files = try directories.flatMap { directory in
            try FileManager.default.contentsOfDirectory(atPath: directory).map { "\(directory)/\($0)" }
        }
        return sorted(try read(files))
    }

    static func read(_ files: [String]) throws -> [Letter] {
        try files.map { Letter(bytes: try Data(contentsOf: URL(fileURLWithPath: $0))) }
    }
}

extension Letter {
    /// As many letters as wanted, of every kind in turn.
    static func assortment(_ count: Int = kinds.count) -> [Letter] {
        (1...count).map { number in
            let kind = kinds[(number - 1) % kinds.count]
            return Letter(number, kind.subject, type: kind.type, body: kind.body)
        }
    }

    init(_ number: Int, _ subject: String, type: String = "text/plain; charset=utf-8", body: [UInt8]) {
        let head = """
            From: Sender \(number) <sender\(number)@example.org>
            To: reader@example.org
            Subject: \(number) \(subject)
            Message-ID: <letter-\(number)@example.org>
            Date: Mon, 1 Jan 2024 12:00:\(String(format: "%02d", number % 60)) +0000
            References: <thread-1@example.org>
             <thread-2@example.org>
            MIME-Version: 1.0
            Content-Type: \(type)
            Content-Transfer-Encoding: 8bit


            """
        bytes = Data(head.utf8) + Data(body)
    }

    private static let kinds: [(subject: String, type: String, body: [UInt8])] = [
        ("plain", text, Array("Hello,\n\nthis is a message.\n".utf8)),
        ("empty body", text, []),
        ("dots", text, Array(".\n..\n...\n.first\n\n.\n\n..second\nend.\n.\n".utf8)),
        ("eight bits, Grüße", text, Array("Grüße, naïve façade, 日本語, 🙂\n".utf8)),
        ("every high byte", "text/plain; charset=iso-8859-1", Array(UInt8(0x80)...0xFF) + [0x0A]),
        ("long line", text, Array(repeating: 0x78, count: 70_000) + Array("\nafter\n".utf8)),
        ("wide line", text, Array(repeating: 0x77, count: 4_000) + Array("\n.\nafter\n".utf8)),
        ("no last line end", text, Array("first\nlast".utf8)),
        ("mailbox look-alike", text, Array("From me\n>From you\n\nFrom all\n".utf8)),
        ("dot after long line", text, Array(repeating: 0x79, count: 8_191) + Array("\n.\n.tail\n".utf8)),
        ("protocol look-alike", text, Array("* BYE\na1 OK done\n)\n+ go\n+OK\n-ERR no\n* 1 FETCH {5}\n{3}\n".utf8)),
        ("white space", text, Array(" \n\t\n  trailing  \n\n\n\n".utf8)),
        ("attachment", "multipart/mixed; boundary=\"limit\"", Array(attachment.utf8)),
    ]

    private static let text = "text/plain; charset=utf-8"

    private static let attachment = """
        --limit
        Content-Type: text/plain

        See the attachment.
        --limit
        Content-Type: application/octet-stream; name="data.bin"
        Content-Disposition: attachment; filename="data.bin"
        Content-Transfer-Encoding: base64

        \(Data((0..<24_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            .base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed]))
        --limit--

        """
}

/// A message of somewhat more than 50 MiB, kept as one file that mailboxes link to.
struct LargeLetter: Sendable {
    let file: String

    static func write(in room: Room) throws -> LargeLetter {
        let file = room.path("large.eml")
        let line = Data(String(repeating: "0123456789abcdefghijklmnopqrstuvwxyz-+", count: 2).utf8) + Data("\n".utf8)
        var block = Data()
        while block.count < 1 << 20 { block.append(line) }
        var bytes = Letter(1, "50 MiB", body: []).bytes
        for _ in 0..<50 { bytes.append(block) }
        try bytes.write(to: URL(fileURLWithPath: file))
        chmod(file, 0o644)
        return LargeLetter(file: file)
    }
}
