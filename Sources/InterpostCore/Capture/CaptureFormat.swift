/// What every reader and writer of captures has to know: <doc:CaptureFile> has the full description.
package enum CaptureFormat {
    /// Grows when a reader of the version before could misread a file.
    package static let version = 1
    /// The first line of a capture's text.
    package static let firstLine = "interpost-capture \(version)\n"
    /// Octets of one record. Writers split what is longer; readers refuse it.
    package static let maximumRecord = 1 << 20
    /// Octets of a record's first line, its line feed included. Readers refuse longer ones.
    package static let maximumHead = 80
    /// Octets of text after which a writer ends a member.
    package static let memberText = 1 << 18
    /// Octets of one member, compressed or not. Readers refuse larger ones, whatever they promise.
    package static let maximumMember = 1 << 22
}

/// Why a capture cannot be read further. What comes before that place is sound.
package enum CaptureError: Error, Equatable, Sendable {
    /// It does not begin as a capture does.
    case notACapture
    /// A later version, which this program cannot know.
    case unknownVersion(String)
    /// Octets of text before the record.
    case malformedRecord(at: Int, problem: String)
    /// The text ends within a record: the file was cut off.
    case truncated(at: Int)
    /// Octets of the file before the member.
    case malformedMember(at: Int, problem: String)
    /// The file ends within a member: whoever wrote it did not come to its end.
    case truncatedMember(at: Int)
}

extension CaptureError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notACapture: "is not a capture of Interpost; interpost import makes one of transcripts, rawlogs and pcaps"
        case .unknownVersion(let version):
            "is a capture of version \(version), and this program reads version \(CaptureFormat.version): take a newer one"
        case .malformedRecord(let offset, let problem): "has a broken record at octet \(offset) of its text: \(problem)"
        case .truncated(let offset): "ends within the record at octet \(offset) of its text"
        case .malformedMember(let offset, let problem): "is damaged at octet \(offset): \(problem)"
        case .truncatedMember(let offset): "ends within the member at octet \(offset); all before it is whole"
        }
    }
}
