package import Foundation
package import InterpostCore
package import NIOCore

/// Writes events as JSON lines or as lines for people, many at once.
package final class EventPrinter: EventTaker {
    private let detail: LogEvent.Detail
    private let isPretty: Bool
    private var console: ConsoleLine
    private var lines: [UInt8] = []

    private let write: (Data) -> Void

    /// - Parameter hasColour: Of lines for people.
    package init(detail: LogEvent.Detail, isPretty: Bool, hasColour: Bool, write: @escaping (Data) -> Void) {
        self.detail = detail
        self.isPretty = isPretty
        self.write = write
        console = ConsoleLine(hasColour: hasColour)
    }

    /// Lines for people have commands without their results.
    package var showsCommands: Bool {
        get { console.showsCommands }
        set { console.showsCommands = newValue }
    }

    package func print(_ event: LogEvent, session: Int, at time: WireTime) {
        if isPretty {
            console.write(event, session: session, at: time, to: &lines)
        } else if event.detail <= detail {
            event.writeJSON(session: session, at: time, to: &lines)
        }
        if lines.count > 1 << 16 { flush() }
    }

    package func print(recorded line: ByteBuffer) {
        lines.append(contentsOf: line.readableBytesView)
        lines.append(UInt8(ascii: "\n"))
    }

    package func flush() {
        write(Data(lines))
        lines.removeAll(keepingCapacity: true)
    }
}
