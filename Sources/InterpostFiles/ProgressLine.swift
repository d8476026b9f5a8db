import Foundation
import InterpostCore
import NIOCore

/// How far a long task has come, on one line of a terminal that is removed at the end.
///
///     capture.interpost: 120 of 340 MiB, 35 %
///
/// Says nothing where standard error is not a terminal, and nothing about work that takes no time.
public final class ProgressLine {
    private static let interval = TimeAmount.milliseconds(250)

    private let total: Int
    private let label: String
    private let isShown: Bool
    private var next: NIODeadline
    private var isOnScreen = false

    /// - Parameters:
    ///   - total: Octets of all of it; 0 where that is not known.
    ///   - label: What is worked on, such as the name of a file.
    public convenience init(total: Int, label: String) { self.init(total: total, label: label, isShown: isatty(2) == 1) }

    init(total: Int, label: String, isShown: Bool) {
        self.total = total
        self.label = label
        self.isShown = isShown
        next = .now() + Self.interval
    }

    /// Shows that this many octets are done.
    public func advance(to octets: Int) {
        guard isShown, NIODeadline.now() >= next else { return }
        next = .now() + Self.interval
        isOnScreen = true
        write("\r\u{1B}[K\(Self.text(label, octets, of: total))")
    }

    /// Removes the line.
    public func finish() {
        if isOnScreen { write("\r\u{1B}[K") }
        isOnScreen = false
    }

    static func text(_ label: String, _ octets: Int, of total: Int) -> String {
        let name = TerminalText.shown(String(label.suffix(40)))
        guard total > 0 else { return "\(name): \(octets >> 20) MiB" }
        let percent = Int(min(100, Double(octets) / Double(total) * 100))
        return "\(name): \(octets >> 20) of \(total >> 20) MiB, \(percent) %"
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
