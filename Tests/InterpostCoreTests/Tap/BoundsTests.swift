import InterpostCore
import NIOCore
import Testing

/// What hostile bytes must not do: make the reading slow or its memory large.
@Suite struct BoundsTests {
    /// Reads a line of `count` octets many times over; work that grows with the square would take hours for a megabyte.
    @Test(arguments: ["a FETCH 1 (", "a UID FETCH 1 ", "a APPEND x (", "a LIST (", "a ID (", "a STORE 1 FLAGS (", "a SEARCH "])
    func `a command of one long word is read in a moment`(beginning: String) {
        for filler in ["A", "\u{E9}", "( ", "{ ", "\"", "[", "<"] {
            var reading = Reading(.imap, detail: .responses)
            reading.receive(ByteBuffer(string: "* PREAUTH hi\r\n"), from: .server)
            let line = beginning + String(repeating: filler, count: 40_000) + "\r\n"
            reading.receive(ByteBuffer(string: line), from: .client)
            #expect(reading.events.count == 2)
        }
    }

    @Test(arguments: [
        "* 1 FETCH (", "* 1 FETCH (BODY[", "* 1 FETCH (ENVELOPE ", "* LIST (", "* LIST () \"/\" ", "* LIST () NIL x (",
        "* STATUS x (",
        "* STATUS ", "* OK [", "* OK [PERMANENTFLAGS (", "* OK [BADCHARSET ", "* ID (", "* VANISHED (", "* SEARCH ", "* THREAD ",
        "* ESEARCH (", "* ESEARCH UID ", "* NAMESPACE (", "* QUOTA x (", "* METADATA x (", "* ACL x ", "* URLFETCH x (",
        "* 1 CONVERTED (", "* XSTATS ",
    ])
    func `a response of one long word is read in a moment`(beginning: String) {
        for filler in ["A", "\u{E9}", "( ", "{ ", "\"", "[", "<"] {
            var reading = Reading(.imap, detail: .responses)
            reading.receive(ByteBuffer(string: "* PREAUTH hi\r\na FETCH 1 BODY[]\r\n"), from: .server)
            let line = beginning + String(repeating: filler, count: 40_000) + "\r\n"
            reading.receive(ByteBuffer(string: line), from: .server)
            #expect(reading.events.count == 3)
        }
    }

    /// Lines that never end where a read ends: what is left over must not pile up behind what was taken.
    @Test func `memory does not grow with what passed`() {
        var framer = IMAPFramer(sender: .server)
        let line = "* 1 FETCH (FLAGS (\\Seen) UID 7 RFC822.SIZE 4711)\r\n"
        let bytes = Array(String(repeating: line, count: 100).utf8)
        var position = 0
        var largest = 0
        for _ in 0..<20_000 {
            let piece = (0..<1000).map { bytes[(position + $0) % bytes.count] }
            position = (position + 1000) % bytes.count
            framer.append(ByteBuffer(bytes: piece))
            while let fragment = framer.next() { largest = max(largest, fragment.bytes.storageCapacity) }
            framer.settle()
        }
        #expect(largest < 1 << 16)
    }

    @Test func `a noisy peer does not fill the log`() {
        var reading = Reading(.imap)
        reading.receive(ByteBuffer(string: "* OK hi\r\n"), from: .server)
        reading.receive(ByteBuffer(string: String(repeating: "\n", count: 10_000)), from: .client)
        #expect(reading.log.count < 500)
    }
}
