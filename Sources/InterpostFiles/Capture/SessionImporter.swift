package import InterpostCore

/// Something that takes sessions which somebody else recorded: a capture, or fixtures for tests.
///
/// Sessions are told apart by the numbers that ``open(_:from:)`` gives; they may be under way at the same time.
package protocol SessionImporter: AnyObject {
    /// Sessions that were imported.
    var count: Int { get }

    /// What comes now began at this time: the sessions of another file.
    func begin(at time: WireTime) throws
    /// A session begins. Returns its number.
    func open(_ facts: SessionFacts, from source: SessionImport.Source) throws -> Int
    func take(_ turn: SessionTurn, of session: Int) throws
    /// A session ends. Returns why it was not imported to its end, if it was not.
    func close(_ session: Int, reason: String?) throws -> String?
    /// Writes what waits.
    func finish() throws
}

extension SessionImporter {
    package func close(_ session: Int) throws -> String? { try close(session, reason: nil) }
}

extension CaptureImporter: SessionImporter {}
