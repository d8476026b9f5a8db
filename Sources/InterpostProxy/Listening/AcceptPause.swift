import Foundation
import NIOCore

/// Stops accepting connections for a moment when the system has no descriptor or memory for another: accepting would fail again at
/// once, and keep a core busy. Standard error is told when a pause begins, and when it is over.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(200)
    private static let shortages: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private let listener: String
    private let report: (String) -> Void
    private var isShort = false

    init(
        _ listener: String,
        report: @escaping (String) -> Void = { FileHandle.standardError.write(Data("interpost: \($0)\n".utf8)) }
    ) {
        self.listener = listener
        self.report = report
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, Self.shortages.contains(code) else {
            return context.fireErrorCaught(error)
        }
        if !isShort { report("\(listener) cannot accept connections: \(String(cString: strerror(code)))") }
        isShort = true
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenFailure { _ in }
        context.eventLoop.scheduleTask(in: Self.pause) {
            channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isShort { report("\(listener) accepts connections again") }
        isShort = false
        context.fireChannelRead(data)
    }
}
