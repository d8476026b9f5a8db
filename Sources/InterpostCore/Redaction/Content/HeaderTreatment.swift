/// What becomes of the value of a header field, or of one of its parameters.
///
///     Subject: Geheimnis           text
///     Date: Mon, 7 Feb 1994 …      kept
///     Content-Type: text/plain; charset=utf-8; name="Geheimnis.txt"      parameters: kept, kept, text
enum HeaderTreatment: Sendable {
    case kept
    case text
    /// The first word stays, and each parameter has its own treatment.
    case parameters
    /// A boundary: it is treated together with the text that contains it.
    case boundary

    /// Names are in lower case.
    static func ofField(_ name: [UInt8]) -> HeaderTreatment { byField[name] ?? .text }

    static func ofParameter(_ name: [UInt8]) -> HeaderTreatment { byParameter[name] ?? .text }

    static func ofParameter(_ name: some Collection<UInt8>) -> HeaderTreatment {
        ofParameter(name.map { $0.isLetter ? $0 | 0x20 : $0 })
    }

    private static let byField = table([
        ("content-type", .parameters), ("content-disposition", .parameters), ("content-transfer-encoding", .kept),
        ("content-language", .kept), ("content-length", .kept), ("lines", .kept), ("mime-version", .kept), ("date", .kept),
        ("resent-date", .kept), ("delivery-date", .kept),
    ])

    private static let byParameter = table([
        ("charset", .kept), ("format", .kept), ("delsp", .kept), ("type", .kept), ("report-type", .kept),
        ("protocol", .kept), ("micalg", .kept), ("smime-type", .kept), ("reply-type", .kept), ("method", .kept),
        ("access-type", .kept), ("size", .kept), ("number", .kept), ("total", .kept), ("creation-date", .kept),
        ("modification-date", .kept), ("read-date", .kept), ("boundary", .boundary),
    ])

    private static func table(_ pairs: [(StaticString, HeaderTreatment)]) -> [[UInt8]: HeaderTreatment] {
        Dictionary(uniqueKeysWithValues: pairs.map { (Array($0.0.description.utf8), $0.1) })
    }
}
