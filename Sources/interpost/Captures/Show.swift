import ArgumentParser
import InterpostConfiguration
import InterpostCore
import InterpostFiles

/// `interpost show`: what was said, for people.
struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the conversations in a capture, or those parts of them that are asked for.",
        discussion: """
            Each line has the time since its session began, in seconds, and who said it: C the client, S the server. C- and S- did not go \
            on to the other side, C+ and S+ Interpost said in their names, E tells what is not on the wire.

            --filter takes conditions; all of them have to hold, and of the values behind one key one. An exchange is a command \
            with its answer:
              session=3           of session 3
              verb=FETCH,STORE    exchanges of these commands
              mailbox=INBOX       exchanges about it, or in it; Work/* for all such names
              result=NO,BAD       exchanges that ended so; NONE for those without an answer
              from=client         lines of one side
              time=1.5..20        lines that were said then
              verb!=NOOP          != for what does not hold

            Examples:
              interpost show mail.interpost
              interpost show mail.interpost#2 --filter 'verb=FETCH result=NO' --full
            """)

    @Argument(help: "Captures; mail.interpost#3 is one session of one.")
    var captures: [CapturePlace]

    @Option(help: ArgumentHelp("Show only what these conditions hold for; may be repeated.", valueName: "conditions"))
    var filter: [String] = []

    @Option(help: "What was said and heard: client, server, or both.")
    var view = ShowOptions.View.both

    @Flag(help: "Show messages and long lines whole.")
    var full = false

    @Flag(help: "Leave out what is not on the wire.")
    var wireOnly = false

    func validate() throws { _ = try options() }

    func run() throws {
        var status: Int32 = 0
        let options = try options()
        for capture in captures {
            var show = CaptureShow(capture, options, showsEvents: !wireOnly, hasColour: Terminal.showsColour)
            do {
                var isEmpty = true
                try show.run {
                    isEmpty = false
                    StandardOutput.write($0)
                }
                if isEmpty, !filter.isEmpty { StandardError.note("\(capture): --filter holds for nothing in it") }
                if let complaint = show.complaint { StandardError.note("\(capture): \(complaint)") }
                if CutOff.note([capture]) { status = 2 }
            } catch {
                StandardError.note("\(capture) \(error)")
                status = 2
            }
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func options() throws -> ShowOptions {
        var options = ShowOptions()
        options.view = view
        options.isFull = full
        for text in filter {
            do throws(ShowFilter.Problem) {
                try options.filter.add(text)
            } catch {
                let advice = error.word.map { Suggestion.nearest(to: $0, among: error.words) } ?? ""
                throw ValidationError("--filter \(text): \(error)\(advice)")
            }
        }
        return options
    }
}

extension ShowOptions.View: ExpressibleByArgument {}
