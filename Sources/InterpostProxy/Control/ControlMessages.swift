import Foundation
import InterpostCore

/// A request to a running program over its control socket: one JSON object on a line, answered by one line.
///
///     {"v":1,"request":"hold.list"}                               {"v":1,"held":[{"session":7,"number":1,…}]}
///     {"v":1,"request":"hold.allow","session":7,"number":1}       {"v":1,"done":true}
package struct ControlRequest: Codable, Sendable {
    package enum Name: String, Codable, Sendable {
        case list = "hold.list"
        case allow = "hold.allow"
        case refuse = "hold.refuse"
    }

    package var v = 1
    package var request: Name
    package var session: Int?
    package var number: Int?

    package init(_ request: Name, session: Int? = nil, number: Int? = nil) {
        self.request = request
        self.session = session
        self.number = number
    }
}

package struct ControlReply: Codable, Sendable, Equatable {
    /// A command that waits for a decision by a person.
    package struct Held: Codable, Sendable, Equatable {
        package var session: Int
        package var number: Int
        package var client: String
        /// The verb with its arguments, without secrets.
        package var command: String
        package var rule: String
        /// Seconds since the command came, and seconds until it is refused.
        package var age: Int
        package var left: Int
    }

    package var v = 1
    package var held: [Held]?
    /// Whether the command was still held.
    package var done: Bool?
    package var error: String?

    init(held: [Held]? = nil, done: Bool? = nil, error: String? = nil) {
        self.held = held
        self.done = done
        self.error = error
    }
}

extension SessionRegistry {
    /// Carries out the request in a line, and returns the line that answers it.
    func answer(_ line: some DataProtocol, at now: WireTime) -> Data {
        let reply: ControlReply
        if let request = try? JSONDecoder().decode(ControlRequest.self, from: Data(line)), request.v == 1 {
            reply = answer(request, at: now)
        } else {
            reply = ControlReply(error: "this is no request of version 1")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ((try? encoder.encode(reply)) ?? Data("{}".utf8)) + Data("\n".utf8)
    }

    func answer(_ request: ControlRequest, at now: WireTime) -> ControlReply {
        switch request.request {
        case .list:
            ControlReply(
                held: held.map { command in
                    let age = Int(max(0, now.nanoseconds - command.since.nanoseconds) / 1_000_000_000)
                    return ControlReply.Held(
                        session: command.session, number: command.number, client: command.client, command: command.shown,
                        rule: command.rule, age: age, left: max(0, command.seconds - age))
                })
        case .allow, .refuse:
            // A request without a number means the command that waits now: a session has at most one.
            ControlReply(
                done: held.first { command in
                    command.session == request.session && (request.number == nil || command.number == request.number)
                }
                .map { resolveHold(of: $0, allows: request.request == .allow) } ?? false)
        }
    }
}
