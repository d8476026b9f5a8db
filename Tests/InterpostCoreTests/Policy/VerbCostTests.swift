// The numbers of "What a verb costs" in DesignNotes.md, counted in the sources.

import Foundation
import TestSupport
import Testing

@Suite struct `What a verb costs` {
    private static let core = EventSchema.repository.appending(path: "Sources/InterpostCore")

    /// The Swift files that name a verb, in any spelling, outside of comments.
    static func files(naming name: String) throws -> [String] {
        let all = FileManager.default.enumerator(at: core, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        return try all.filter { $0.pathExtension == "swift" }.compactMap { url in
            let code = try String(contentsOf: url, encoding: .utf8).replacing(/\/\/.*/, with: "")
            return code.localizedCaseInsensitiveContains(name) ? url.lastPathComponent : nil
        }.sorted()
    }

    @Test func `is one file where the response says nothing that is read`() throws {
        #expect(try Self.files(naming: "XKILLMY") == ["IMAPVerb+Rows.swift"])
        #expect(try Self.files(naming: "GETJMAPACCESS") == ["IMAPVerb+Rows.swift"])
    }

    @Test func `is ten files where the arguments are not plain`() throws {
        #expect(
            try Self.files(naming: "CANCELUPDATE") == [
                "BudgetCharges.swift", "CommandMailboxes.swift", "CommandWriter.swift", "IMAPCommand.swift",
                "IMAPVerb+Rows.swift", "JudgedParts.swift", "NormalFormContext.swift", "Sight+IMAP.swift",
                "StrictExtensionArguments.swift", "StrictVerb.swift",
            ])
    }

    @Test func `is nine files with a capability and a response that is read deeply`() throws {
        let files = try Self.files(naming: "UIDBATCHES")
        #expect(
            files == [
                "DetailsQuirks.swift", "IMAPCapabilityName.swift", "IMAPResponse.swift", "IMAPVerb+Rows.swift",
                "ResponseData.swift", "SearchData.swift", "Sight+IMAP.swift", "SightGuard.swift", "TagPlaces.swift",
            ])
        let article = try String(contentsOf: Self.core.appending(path: "InterpostCore.docc/DesignNotes.md"), encoding: .utf8)
        for file in files { #expect(article.contains(file), "DesignNotes.md does not name \(file)") }
    }
}
