package import InterpostConfiguration
package import InterpostCore
import InterpostFiles
import NIOCore

/// Plays the recorded clients of a capture to a live server, one after another.
package struct ClientReplay {
    /// How the answers to one session differ from the recorded ones.
    package struct Outcome: Encodable {
        package let session: Int
        package let report: ReplayClientReport
    }

    /// Why a capture is not played.
    package struct Refusal: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    private let capture: String
    private let session: Int?
    private let server: UpstreamURL
    private let normalisation: Normalisation
    package var tls = TLSSettings()
    /// Who logs in, and with which password; the capture has neither.
    package var user: String?
    package var password: String?
    /// Commands that change something in the account are played, too.
    package var allowsChanges = false
    /// How many seconds an IDLE waits for what the server pushed in the recording.
    package var patience = 5
    /// Commands are pipelined where the recorded client did so.
    package var pipelines = false
    /// How many seconds an answer may take.
    package var timeout = 60

    /// - Parameter capture: A capture, or `FILE#N`.
    package init(_ capture: String, session: Int?, to server: UpstreamURL, normalisation: Normalisation) {
        self.capture = capture
        self.session = session
        self.server = server
        self.normalisation = normalisation
    }

    /// Plays what may be played.
    ///
    /// - Throws: An error with a sentence for people: if the capture cannot be played with these settings, before anything is said
    ///   to the server; or if the server cannot be reached.
    package func run() async throws -> [Outcome] {
        let place = try place()
        let scripts = try ClientScripts(place, for: server.mailProtocol, normalisation)
        let changes = scripts.changes
        guard changes.isEmpty || allowsChanges else {
            throw Refusal(
                """
                \(place) changes the mailbox that it is played to: it has \(changes.joined(separator: ", ")). Play it to an \
                account that may be changed, with --allow-changes
                """)
        }
        if user == nil, scripts.scripts.contains(where: \.script.logsIn) {
            throw Refusal("\(place) has a login, and its password is not in it: give --user and --password-file")
        }
        var options = ReplayClientOptions()
        options.patience = Int64(patience) * 1_000_000_000
        options.pipelines = pipelines
        options.timeout = Int64(timeout) * 1_000_000_000
        options.login = .given(user: user ?? "", password: Secret(ByteBuffer(string: password ?? "")))
        let caller = try ReplayCaller(to: server, tls: tls)
        var outcomes: [Outcome] = []
        for (number, script) in scripts.scripts {
            outcomes.append(Outcome(session: number, report: try await caller.play(script, options)))
        }
        await caller.close()
        return outcomes
    }

    private func place() throws -> CapturePlace {
        let place = CapturePlace(capture)
        guard let session else { return place }
        guard place.session == nil else { throw Refusal("\(capture) names a session: leave out --session") }
        return CapturePlace(path: place.path, session: session)
    }
}
