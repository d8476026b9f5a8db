package import InterpostCore

/// Reads the sessions of many files, one after another: all of them are counted, and their events printed where that is asked for.
package struct CorpusReader {
    package private(set) var summary = CorpusSummary()
    private let side: Side?
    private let mailProtocol: MailProtocol?
    private let detail: LogEvent.Detail
    private let printer: EventPrinter?
    private let isOneFile: Bool
    private var sessions = 0

    /// - Parameters:
    ///   - side: The side whose octets are in files that do not say so.
    ///   - mailProtocol: What they speak, if they do not say so.
    ///   - detail: Which events the printer is given.
    ///   - isOneFile: Sessions have the numbers that the file gives them.
    package init(side: Side?, mailProtocol: MailProtocol?, detail: LogEvent.Detail, printer: EventPrinter?, isOneFile: Bool) {
        self.side = side
        self.mailProtocol = mailProtocol
        self.detail = detail
        self.printer = printer
        self.isOneFile = isOneFile
    }

    /// Reads the files that some paths name. What cannot be read is counted, and files that were begun are told.
    package mutating func read(all paths: [String], tell: (CorpusSummary.Failure) -> Void) {
        let (files, failures) = SessionFiles.files(at: paths)
        for failure in failures { summary.add(failure) }
        for file in files {
            do throws(CorpusSummary.Failure) {
                if CaptureReader.isCapture(file) { try read(capture: file) } else { try read(session: file) }
            } catch {
                summary.add(error)
                tell(error)
            }
        }
    }

    private mutating func read(capture file: String) throws(CorpusSummary.Failure) {
        var capture = CaptureReadings(
            CapturePlace(path: file), detail: detail, printer: printer, earlier: isOneFile ? 0 : sessions)
        var files = 1
        try capture.read { reading in
            summary.add(reading, files: files)
            (files, sessions) = (0, sessions + 1)
        }
        if CapturePlace(file).isCutOff { throw CorpusSummary.Failure(file: file, problem: CapturePlace.cutOffWords) }
    }

    private mutating func read(session file: String) throws(CorpusSummary.Failure) {
        sessions += 1
        let source = try SessionSource(file, side: side, mailProtocol: mailProtocol)
        printer?.showsCommands = source.holdsOnlyCommands
        let reading = try read(source, as: sessions)
        summary.add(reading, files: source.fileCount)
        if let end = reading.whereReadingEnds {
            throw CorpusSummary.Failure(file: "\(end.place)", problem: "is not read to its end: \(end.reason)")
        }
        if reading.unreadOctets > 0 {
            throw CorpusSummary.Failure(
                file: file,
                problem:
                    "is not read to its end: the last \(reading.unreadOctets) octets are no whole line, or wait for an answer")
        }
    }

    /// Reads a session to its end. All of it is counted, whatever is printed.
    private func read(_ source: SessionSource, as number: Int) throws(CorpusSummary.Failure) -> SessionReading {
        var counting = source.reading(detail: .responses)
        var printing = printer == nil || detail == .responses ? nil : source.reading(detail: detail)
        var time = WireTime(nanoseconds: 0)
        let print: (LogEvent) -> Void = { event in printer?.print(event, session: number, at: time) }
        try source.turns { turn in
            time = turn.time
            counting.receive(turn) { if printing == nil { print($0) } }
            printing?.receive(turn, tell: print)
        }
        counting.finish { if printing == nil { print($0) } }
        printing?.finish(tell: print)
        return counting
    }
}
