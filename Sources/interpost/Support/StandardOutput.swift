import Foundation

/// The output of a command that only reads. Where it cannot be written, the program ends.
enum StandardOutput {
    static func write(_ text: String) { write(Data(text.utf8)) }

    /// One object for programs, its keys in order, and a line end.
    static func write(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        write(try encoder.encode(value) + Data("\n".utf8))
    }

    static func write(_ data: Data) {
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            StandardError.note("standard output cannot be written: \(String(cString: strerror(errno)))")
            Foundation.exit(2)
        }
    }
}
