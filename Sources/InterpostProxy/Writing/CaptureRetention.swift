import Foundation
import InterpostConfiguration
import InterpostCore

/// Which captures in a folder are too old, too many, or too large together.
///
/// Only files named as this program names them, with its label, are its own to delete.
struct CaptureRetention: Sendable, Equatable {
    struct File: Sendable, Equatable {
        var name: String
        var octets: Int
        /// When something was last written to it.
        var modified: Date
    }

    var settings: RecordSettings.Keep
    var label: String?

    /// The names of the files to delete: the oldest first, until the rest is within the limits.
    func surplus(among files: [File], at now: Date) -> [String] {
        var kept = files.filter { isOwn($0.name) }.sorted { ($0.modified, $0.name) < ($1.modified, $1.name) }
        var octets = kept.reduce(0) { $0 + $1.octets }
        var surplus: [String] = []
        while let oldest = kept.first {
            let isTooOld = settings.days.map { now.timeIntervalSince(oldest.modified) > Double($0) * 86_400 } ?? false
            let isTooMany = settings.files.map { kept.count > $0 } ?? false
            let isTooMuch = settings.mebibytes.map { octets > $0 << 20 } ?? false
            guard isTooOld || isTooMany || isTooMuch else { break }
            octets -= oldest.octets
            surplus.append(oldest.name)
            kept.removeFirst()
        }
        return surplus
    }

    /// `20261123T214711-imap-label-3.interpost`
    func name(of session: Int, _ mailProtocol: MailProtocol, at time: WireTime) -> String {
        let time = time.iso8601.prefix(19).filter { $0 != "-" && $0 != ":" }
        return ([time, mailProtocol.rawValue] + (label.map { [$0] } ?? []) + ["\(session)"]).joined(separator: "-") + ".interpost"
    }

    private func isOwn(_ name: String) -> Bool {
        guard name.hasSuffix(".interpost") else { return false }
        let words = name.dropLast(".interpost".count).split(separator: "-", omittingEmptySubsequences: false)
        guard words.count >= 3, words[0].utf8.count == 15, Int(words[0].prefix(8)) != nil, words[0].dropFirst(8).first == "T",
            MailProtocol(rawValue: String(words[1])) != nil, words.last.flatMap({ Int($0) }) != nil
        else { return false }
        return words[2..<(words.count - 1)].joined(separator: "-") == label ?? ""
    }

    /// Deletes what is beyond the limits in a folder, except for the files that are being written.
    func apply(to folder: String, sparing current: Set<String>) {
        guard settings != RecordSettings.Keep(), let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return
        }
        let files = names.compactMap { name -> File? in
            guard isOwn(name), let facts = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)"),
                facts[.type] as? FileAttributeType == .typeRegular, let modified = facts[.modificationDate] as? Date
            else { return nil }
            return File(name: name, octets: facts[.size] as? Int ?? 0, modified: modified)
        }
        for name in surplus(among: files, at: Date()) where !current.contains(name) { unlink("\(folder)/\(name)") }
    }
}
