// Strategy: captures are made as the relay makes them, and then damaged, compressed anew, and read from the middle.

import CZlib
import Foundation
import InterpostCore
import NIOCore
import TestSupport
import Testing

@testable import InterpostFiles

@Suite struct `Capture files` {
    static let header = CaptureHeader(
        started: WireTime(nanoseconds: 1_795_575_600_000_000_000), keepsSecrets: false, redaction: .none)

    private static func session(_ number: Int) -> [CaptureRecord] {
        [
            CaptureRecord(.server, session: number, nanoseconds: 1, bytes: ByteBuffer(string: "* OK ready for \(number)\r\n")),
            CaptureRecord(.client, session: number, nanoseconds: 2, bytes: ByteBuffer(string: "a LOGOUT\r\n")),
            CaptureRecord(.server, session: number, nanoseconds: 3, bytes: ByteBuffer(string: "* BYE\r\na OK\r\n")),
        ]
    }

    private static func write(_ records: [CaptureRecord], to path: String) throws {
        let file = try CaptureFile(path, header: header)
        for record in records { try file.append(record) }
        try file.flush()
    }

    private static func read(_ place: CapturePlace) throws -> [CaptureRecord] {
        let reader = try CaptureReader(place)
        var records: [CaptureRecord] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    @Test func `one session of ten thousand is read without the others`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("many.interpost")
        let file = try CaptureFile(path, header: Self.header)
        for number in 1...10_000 { for record in Self.session(number) { try file.append(record) } }
        try file.flush()
        for number in [1, 5_000, 10_000] {
            let reader = try CaptureReader(CapturePlace(path: path, session: number))
            var records: [CaptureRecord] = []
            while let record = try reader.next() { records.append(record) }
            #expect(records == [Self.header.record] + Self.session(number))
        }
        // The members before it are passed over: inflated is less than a tenth of the text.
        let index = try CaptureIndex(open(path, O_RDONLY), size: try Data(contentsOf: URL(filePath: path)).count)
        let parts = index.parts(of: 10_000)
        #expect(parts.reduce(0) { $0 + $1.count } * 4 < index.wholeSize)
        #expect(try Self.read(CapturePlace(path: path, session: 10_001)) == [Self.header.record])
    }

    @Test func `a session that was appended has the header before it`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("appended.interpost")
        try Self.write(Self.session(1), to: path)
        var second = Self.header
        second.started = WireTime(nanoseconds: 1_795_662_000_000_000_000)
        let file = try CaptureFile(path, header: second)
        for record in Self.session(2) { try file.append(record) }
        try file.flush()
        #expect(try Self.read(CapturePlace(path: path, session: 2)) == [Self.header.record, second.record] + Self.session(2))
        #expect(try Self.read(CapturePlace(path: path, session: 1)) == [Self.header.record] + Self.session(1))
    }

    @Test func `a file that was removed is complained of, and begins anew where it was`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("gone/mail.interpost")
        let place = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let file = try CaptureFile(path, header: Self.header)
        for record in Self.session(1) { try file.append(record) }
        try file.flush()
        try FileManager.default.removeItem(at: place)
        for record in Self.session(2) { try file.append(record) }
        for complaint in ["was removed while it was written", "cannot be opened: No such file or directory"] {
            let error = #expect(throws: CaptureFile.Failure.self) { try file.flush() }
            #expect(error?.description.contains(complaint) == true, "\(error?.description ?? "")")
        }
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try file.flush()
        for record in Self.session(3) { try file.append(record) }
        try file.flush()
        #expect(try Self.read(CapturePlace(path: path)) == [Self.header.record] + Self.session(2) + Self.session(3))
    }

    @Test func `a file that is being written is written by nobody else`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("one.interpost")
        var file: CaptureFile? = try CaptureFile(path, header: Self.header)
        for record in Self.session(1) { try file?.append(record) }
        let failure = #expect(throws: CaptureFile.Failure.self) { _ = try CaptureFile(path, header: Self.header) }
        #expect(failure?.description == "the capture \(path) is being written by another program; choose another file")
        try file?.flush()
        file = nil
        try Self.write(Self.session(2), to: path)
        #expect(try Self.read(CapturePlace(path: path)).filter { $0.kind != .header } == Self.session(1) + Self.session(2))
    }

    @Test func `what another program compressed anew is read from the beginning`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("foreign.interpost")
        var text = ByteBuffer(string: CaptureFormat.firstLine)
        for record in [Self.header.record] + (1...3).flatMap(Self.session) { record.write(to: &text) }
        try Gzip.write(text, to: path)
        #expect(try Self.read(CapturePlace(path: path, session: 3)) == [Self.header.record] + Self.session(3))
        #expect(throws: CaptureFile.Failure.self) { _ = try CaptureFile(path, header: Self.header) }
    }

    @Test func `a file that was cut off anywhere is read up to there, without complaint`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("whole.interpost")
        let records = (1...40).flatMap(Self.session)
        let file = try CaptureFile(path, header: Self.header)
        for record in records {
            try file.append(record)
            if record.session % 10 == 0 { try file.flush() }
        }
        try file.flush()
        let whole = try Data(contentsOf: URL(filePath: path))
        for length in stride(from: 60, to: whole.count, by: 7) {
            let cut = folder.file("cut.interpost")
            try whole.prefix(length).write(to: URL(filePath: cut))
            let reader = try CaptureReader(cut)
            var read: [CaptureRecord] = []
            while let record = try reader.next() { read.append(record) }
            let all = [Self.header.record] + records
            #expect(read == Array(all.prefix(read.count)))
            #expect(reader.isCutOff || read.count < all.count)
        }
    }

    // MARK: - What lies

    /// A member whose header says something else than it has.
    private static func member(_ text: ByteBuffer, change: (inout CaptureMember) -> Void) throws -> Data {
        var bytes = try GzipMember.deflate(
            text, describing: CaptureMember(size: 0, textSize: 0, sessions: 1...1, beginningSessions: 1, nanoseconds: 0))
        guard var said = try CaptureMember(header: bytes, at: 0) else { throw CaptureError.notACapture }
        change(&said)
        bytes.setBuffer(said.header, at: bytes.readerIndex)
        return Data(bytes.readableBytesView)
    }

    private static let text: ByteBuffer = {
        var text = ByteBuffer(string: CaptureFormat.firstLine)
        for record in [header.record] + session(1) { record.write(to: &text) }
        return text
    }()

    @Test(arguments: [-1, 1, 4_000]) func `a member that lies about its text is refused`(difference: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("lies.interpost")
        try Self.member(Self.text) { $0.textSize += difference }.write(to: URL(filePath: path))
        let error = #expect(throws: CaptureError.self) { _ = try Self.read(CapturePlace(path: path)) }
        #expect("\(error ?? .notACapture)".contains("octets of text, and has"))
    }

    @Test(arguments: [-1, 1]) func `a member that lies about its size is refused`(difference: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("lies.interpost")
        let member = try Self.member(Self.text) { $0.size += difference }
        try (member + Self.member(Self.text) { _ in }).write(to: URL(filePath: path))
        #expect(throws: CaptureError.self) { _ = try Self.read(CapturePlace(path: path)) }
    }

    @Test func `a member with another checksum is refused`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("damaged.interpost")
        var member = try Self.member(Self.text) { _ in }
        member[member.count - 6] ^= 1
        try member.write(to: URL(filePath: path))
        #expect(throws: CaptureError.self) { _ = try Self.read(CapturePlace(path: path)) }
    }

    /// Half a megabyte that swells to half a gigabyte of one record after another.
    @Test func `a file that swells without end is refused early`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("bomb.interpost")
        var text = ByteBuffer(string: CaptureFormat.firstLine)
        let record = CaptureRecord(
            .server, session: 1, nanoseconds: 0, bytes: ByteBuffer(repeating: 120, count: CaptureFormat.maximumRecord))
        for _ in 0..<96 { record.write(to: &text) }
        try Gzip.write(text, to: path)
        let reader = try CaptureReader(path)
        var count = 0
        let error = #expect(throws: CaptureError.self) { while try reader.next() != nil { count += 1 } }
        #expect("\(error ?? .notACapture)".contains("swells"))
        // Up to the free octets, and no further than the ratio lets it.
        #expect((60...90).contains(count))
    }

    @Test func `a record that promises too much is refused before it comes`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("promise.interpost")
        try Gzip.write(ByteBuffer(string: CaptureFormat.firstLine + "C 1 0 999999999999\nx"), to: path)
        #expect(throws: CaptureError.self) { _ = try Self.read(CapturePlace(path: path)) }
    }

    @Test func `what is no capture is refused, also where one session is asked for`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("mail.txt")
        try Data("this is no capture, and long enough to be looked at".utf8).write(to: URL(filePath: path))
        for session in [nil, 1] {
            #expect(throws: CaptureError.self) { _ = try Self.read(CapturePlace(path: path, session: session)) }
        }
        #expect(throws: CaptureReader.Failure.self) { _ = try CaptureReader(folder.file("none")) }
        #expect(throws: CaptureFile.Failure.self) { _ = try CaptureFile(path, header: Self.header) }
    }

    // MARK: - Names

    @Test func `a number behind a mark is a session, unless a file has that name`() throws {
        #expect(CapturePlace("mail.interpost#3") == CapturePlace(path: "mail.interpost", session: 3))
        for name in ["mail.interpost", "mail#x", "mail#", "mail#0", "#3", "mail#-1", "mail#99999999999999999999"] {
            #expect(CapturePlace(name) == CapturePlace(path: name))
        }
        let folder = try TemporaryFolder()
        let path = folder.file("odd#3")
        try Data().write(to: URL(filePath: path))
        #expect(CapturePlace(path) == CapturePlace(path: path))
    }
}

/// gzip as other programs write it, in one member.
enum Gzip {
    static func write(_ text: ByteBuffer, to path: String) throws {
        let file = gzopen(path, "wb9")
        defer { gzclose(file) }
        _ = text.withUnsafeReadableBytes { gzwrite(file, $0.baseAddress, UInt32($0.count)) }
    }
}
