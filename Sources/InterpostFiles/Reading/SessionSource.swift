package import InterpostCore
import NIOCore

/// One session in a file, or in the two of a rawlog.
package struct SessionSource {
    private let path: String
    package let form: SessionForm
    private let bytes: FilePieces
    /// The other half of a rawlog.
    private let partner: (path: String, bytes: FilePieces)?

    package init(_ path: String, side: Side?, mailProtocol: MailProtocol?) throws(CorpusSummary.Failure) {
        try self.init(path, FilePieces(path), side: side, mailProtocol: mailProtocol)
    }

    /// - Parameter bytes: Those of the file, of which only the head was looked at.
    package init(_ path: String, _ bytes: FilePieces, side: Side?, mailProtocol: MailProtocol?) throws(CorpusSummary.Failure) {
        guard !PcapReader.looksLike(bytes.head) else {
            throw CorpusSummary.Failure(
                file: path, problem: "is a capture of packets", advice: "interpost import makes a capture of it that can be read")
        }
        self.path = path
        self.bytes = bytes
        partner = try side == nil ? Self.partner(of: path, bytes) : nil
        do {
            form = try SessionForm(
                fileName: path, head: bytes.head, partner: partner?.bytes.head, side: side, mailProtocol: mailProtocol)
        } catch {
            throw CorpusSummary.Failure(file: path, problem: error.problem, advice: error.advice)
        }
    }

    private static func partner(
        of path: String, _ bytes: FilePieces
    ) throws(CorpusSummary.Failure) -> (path: String, bytes: FilePieces)? {
        guard let half = SessionForm.half(of: path), let other = SessionForm.partner(of: path),
            !Transcript.looksLike(bytes.head)
        else { return nil }
        do {
            return (other, try FilePieces(other))
        } catch {
            throw CorpusSummary.Failure(
                file: path, problem: "is half of a rawlog, and the other half \(error.file) \(error.problem)",
                advice: "to read it alone give --side \(half.rawValue)")
        }
    }

    /// Whether it has only commands, and not the answers to them.
    package var holdsOnlyCommands: Bool { if case .oneSide(.client, _) = form.kind { true } else { false } }

    package var fileCount: Int { partner == nil ? 1 : 2 }

    /// A reading of this session at its beginning.
    package func reading(detail: LogEvent.Detail) -> SessionReading {
        let isServer = SessionForm.half(of: path) == .server
        let other = partner?.path ?? path
        // Of a longer one the rest would have to be read first.
        let isWhole = bytes.head.readableBytes < SessionForm.headSize
        return SessionReading(
            form.mailProtocol, detail: detail, kind: form.kind, isOfServer: isWhole && Transcript.isOfServer(bytes.head),
            files: isServer ? (client: other, server: path) : (client: path, server: other))
    }

    /// Gives each turn, in order. May be called once.
    package func turns(_ give: (SessionTurn) -> Void) throws(CorpusSummary.Failure) {
        guard var decoder = SessionDecoder(form.kind) else { return try rawlogTurns().forEach(give) }
        do {
            while let piece = try bytes.next() {
                decoder.receive(piece)
                while let turn = try decoder.next() { give(turn) }
            }
            decoder.finish()
            while let turn = try decoder.next() { give(turn) }
        } catch let error as Transcript.SyntaxError {
            throw CorpusSummary.Failure(file: path, problem: "\(error)")
        } catch let failure as CorpusSummary.Failure {
            throw failure
        } catch {
            throw CorpusSummary.Failure(file: path, problem: "\(error)")
        }
    }

    private func rawlogTurns() throws(CorpusSummary.Failure) -> [SessionTurn] {
        let own = try whole(bytes, of: path)
        let other = try partner.map { partner throws(CorpusSummary.Failure) in try whole(partner.bytes, of: partner.path) }
        let isServer = SessionForm.half(of: path) == .server
        return Rawlog.turns(client: isServer ? other ?? ByteBuffer() : own, server: isServer ? own : other ?? ByteBuffer())
    }

    private func whole(_ pieces: FilePieces, of path: String) throws(CorpusSummary.Failure) -> ByteBuffer {
        var all = ByteBuffer()
        while let piece = try pieces.next() {
            guard all.readableBytes + piece.readableBytes <= Rawlog.maximumSize else {
                let side = SessionForm.half(of: path) ?? .client
                throw CorpusSummary.Failure(
                    file: path, problem: "is larger than the 64 MiB that may be half of a rawlog",
                    advice: "to read it alone give --side \(side.rawValue)")
            }
            all.writeImmutableBuffer(piece)
        }
        return all
    }
}
