import ArgumentParser
import InterpostCore
import InterpostProxy

/// `interpost hold`: answers the commands that a rule holds until a person has decided.
struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide about commands that a policy holds (action: hold).",
        discussion: """
            A session waits for the answer; after the rule's 'seconds' the command is refused.

            Examples:
              interpost hold list
              interpost hold allow 7
            """,
        subcommands: [List.self, Allow.self, Refuse.self], defaultSubcommand: List.self)

    struct Options: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "The control socket of the program that is asked; all that run with the same state directory when left out.",
                valueName: "path"))
        var socket: String?

        func programs() async throws -> [ControlClient] {
            if let socket { return [ControlClient(socket)] }
            let running = await ControlClient.running()
            guard !running.isEmpty else {
                throw UserError("no program is running here whose policy holds commands; --socket names another control socket")
            }
            return running
        }

        /// Asks all of them; with one that cannot be reached, that is an error.
        func ask(_ request: ControlRequest) async throws -> [(program: ControlClient, reply: ControlReply)] {
            var replies: [(program: ControlClient, reply: ControlReply)] = []
            for program in try await programs() {
                do {
                    replies.append((program, try await program.ask(request)))
                } catch {
                    throw UserError("\(program.path): nobody answers (\(ErrorWords.of(error)))")
                }
            }
            return replies
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the commands that wait, the oldest first.")

        @OptionGroup var options: Options

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() async throws {
            let held = try await options.ask(ControlRequest(.list)).flatMap { $0.reply.held ?? [] }
            if json { return try StandardOutput.write(json: Held(v: 1, held: held)) }
            if held.isEmpty { return StandardError.note("nothing is held") }
            for command in held {
                let text = TerminalText.shown(command.command, atMost: 200)
                StandardOutput.write(
                    "\(command.session)  \(text)  from \(TerminalText.shown(command.client)), held by "
                        + "\(TerminalText.shown(command.rule)) for \(command.age) s, refused in \(command.left) s\n")
            }
        }

        private struct Held: Encodable {
            let v: Int
            let held: [ControlReply.Held]
        }
    }

    struct Allow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let the command pass that a session waits with.")

        @OptionGroup var options: Options

        @Argument(help: "The number of the session, as hold list shows it.")
        var session: Int

        func run() async throws { try await Hold.decide(.allow, session, options) }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Refuse the command that a session waits with.")

        @OptionGroup var options: Options

        @Argument(help: "The number of the session, as hold list shows it.")
        var session: Int

        func run() async throws { try await Hold.decide(.refuse, session, options) }
    }

    private static func decide(_ name: ControlRequest.Name, _ session: Int, _ options: Options) async throws {
        let waiting = try await options.ask(ControlRequest(.list)).compactMap { program, reply in
            (reply.held ?? []).first { $0.session == session }.map { (program, $0) }
        }
        guard let (program, held) = waiting.first else { throw UserError("session \(session) waits with no command") }
        guard waiting.count == 1 else {
            throw UserError(
                "several programs have a session \(session) that waits: name one with --socket "
                    + waiting.map(\.0.path).joined(separator: " or "))
        }
        // Only the command that was looked at, and none that came after it.
        let reply = try await program.ask(ControlRequest(name, session: session, number: held.number))
        guard reply.done == true else { throw UserError("the command was not held any more") }
        StandardOutput.write("\(name == .allow ? "allowed" : "refused"): \(TerminalText.shown(held.command, atMost: 200))\n")
    }
}
