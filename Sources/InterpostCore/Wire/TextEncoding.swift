/// Recognises text files in encodings that Interpost does not read.
public enum TextEncoding {
    /// What is wrong with a file that begins like this, and what to do; `nil` for what may be UTF-8.
    ///
    ///     FF FE 72 00 65 00     is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)
    public static func problem(of beginning: some Sequence<UInt8>) -> (what: String, advice: String)? {
        let first = Array(beginning.prefix(4))
        let isUTF32 = first == [0xFF, 0xFE, 0, 0] || first == [0, 0, 0xFE, 0xFF]
        // Without a mark, every other octet of a text in the letters of ASCII is a NUL.
        let zeros = first.count == 4 ? first.map { $0 == 0 } : []
        let isUTF16 =
            [[0xFF, 0xFE], [0xFE, 0xFF]].contains(Array(first.prefix(2)))
            || zeros == [false, true, false, true] || zeros == [true, false, true, false]
        guard isUTF32 || isUTF16 else { return nil }
        let name = isUTF32 ? "UTF-32" : "UTF-16"
        return ("is \(name)", "save it as UTF-8 (iconv -f \(name) -t UTF-8)")
    }
}
