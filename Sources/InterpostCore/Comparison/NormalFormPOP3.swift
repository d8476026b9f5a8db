import NIOCore

/// What is made alike in POP3: logins, unique-ids, and what servers say to people.
///
///     PASS sesame␍␊                          PASS <secret>
///     1 whqtswO00WBw418f9t5JxYwZ␍␊           1 u1            a line of UIDL
struct NormalFormPOP3 {
    private let normalisation: Normalisation

    init(_ normalisation: Normalisation) { self.normalisation = normalisation }

    func command(_ name: Keyword?, _ command: POP3Command, _ line: ByteBuffer) -> [UInt8] {
        let verb = String(decoding: line.readableBytesView.prefix { $0 > .space }, as: UTF8.self)
        switch command {
        case .user: return Array("\(verb) <user>".utf8)
        case .pass, .rpop, .mdef: return Array("\(verb) <secret>".utf8)
        case .apop: return Array("\(verb) <user> <secret>".utf8)
        case .auth(let mechanism?, let response):
            return Array("\(verb) \(mechanism)\(response == nil ? "" : " <secret>")".utf8)
        default: return Array(buffer: line.withoutLineEnd)
        }
    }

    /// A line of the listing that answers the command.
    func listing(_ line: ByteBuffer, of command: POP3Command?, _ names: inout NormalFormNames) -> [UInt8] {
        let line = Array(buffer: line.withoutLineEnd)
        guard case .uidl(nil)? = command else { return line }
        return uniqueID(in: line, behindWords: 1, &names) ?? line
    }

    /// The line that ends a reply; `nil` where it is a text.
    func completion(_ line: ByteBuffer, of command: POP3Command?, _ names: inout NormalFormNames) -> [UInt8]? {
        guard case .uidl(.some)? = command, POP3Reply(reading: line)?.result == .ok else { return nil }
        return uniqueID(in: Array(buffer: line.withoutLineEnd), behindWords: 2, &names)
    }

    private func uniqueID(in line: [UInt8], behindWords count: Int, _ names: inout NormalFormNames) -> [UInt8]? {
        let words = line.split(separator: .space)
        guard normalisation.contains(.uids), words.count > count else { return nil }
        var normal = Array(line[..<words[count].startIndex])
        names.write(Hash64(words[count]).value, .uid, of: 0, to: &normal)
        return normal + line[words[count].endIndex...]
    }
}
