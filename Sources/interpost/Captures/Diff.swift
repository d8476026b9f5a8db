import ArgumentParser
import InterpostCore
import InterpostFiles

/// `interpost diff`: where two sessions differ.
struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say where the clients or the servers of two captures part ways.",
        discussion: """
            Two captures are compared session by session in their order, or two sessions: FILE#N is session N of a file. Tags, \
            times, dates, UIDs and other identifiers are made alike before; --keep leaves them as they are. The first difference of \
            the clients and that of the servers are shown with what is around them: "- " is in A, "+ " in B.

            The exit status is 0 when they are the same, 1 when they are not, and 2 when something could not be read.

            Examples:
              interpost diff monday.interpost tuesday.interpost
              interpost diff mail.interpost#1 mail.interpost#3 --from client
              interpost diff a.interpost b.interpost --all --context 5 --keep dates,uids
            """)

    @Argument(help: ArgumentHelp("A capture, or FILE#N.", valueName: "A"))
    var left: String

    @Argument(help: ArgumentHelp("What it is compared with.", valueName: "B"))
    var right: String

    @Option(help: "Whose words are compared: client, server or both.")
    var from = ComparedParties.both

    @Option(
        help:
            "Where Interpost changed something: client is what the client said and heard, server what the server heard and said.")
    var view = Side.client

    @Flag(help: "Show every difference.")
    var all = false

    @Option(help: ArgumentHelp("So many lines around a difference.", valueName: "n"))
    var context = 3

    @OptionGroup var normal: NormalFormOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if json, all { throw ValidationError("--all is for people and --json for programs: leave one of them out") }
        if !(0...1000).contains(context) { throw ValidationError("--context is a number from 0 to 1000") }
    }

    func run() throws {
        let comparisons: CaptureComparison
        do {
            let normalisation = normal.normalisation
            comparisons = try CaptureComparison(
                ComparedSessions(CapturePlace(left), leg: view, normalisation),
                ComparedSessions(CapturePlace(right), leg: view, normalisation), sides: from.sides)
        } catch {
            StandardError.note("\(error)")
            throw ExitCode(2)
        }
        if json {
            try StandardOutput.write(json: comparisons)
        } else {
            var style = SessionComparison.Style()
            (style.context, style.showsAll, style.sides) = (context, all, from.sides)
            style.hasColour = Terminal.showsColour
            StandardOutput.write(comparisons.text(style))
        }
        if CutOff.note([CapturePlace(left), CapturePlace(right)]) { throw ExitCode(2) }
        if !comparisons.isSame { throw ExitCode(1) }
    }
}

/// The side whose words are compared.
enum ComparedParties: String, ExpressibleByArgument, CaseIterable {
    case client, server, both

    var sides: [Side] {
        switch self {
        case .client: [.client]
        case .server: [.server]
        case .both: Side.allCases
        }
    }
}

/// What is made alike before sessions are compared.
struct NormalFormOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What is not made alike: tags, times, dates, uids, ids; with commas or more than once.", valueName: "what"),
        transform: { try Words($0, of: "--keep", among: Normalisation.named.map { ($0.name, $0.kind) }) })
    var keep: [Words<Normalisation>] = []

    var normalisation: Normalisation { Normalisation.all.subtracting(Normalisation(keep.flatMap(\.chosen))) }
}
