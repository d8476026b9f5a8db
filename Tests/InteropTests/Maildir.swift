// Strategy: a message is completed in tmp/ and renamed into new/, as every delivery agent does, with a name and
// time made from its number, so the order, and with it every UID, is the same in each folder filled alike.

import Foundation

/// The system account that is to own a Maildir.
struct Owner: Sendable {
    let user: uid_t
    let group: gid_t

    func makeDirectory(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { return }
        guard mkdir(path, 0o755) == 0, chown(path, user, group) == 0 else {
            throw InteropFailure("\(path): \(String(cString: strerror(errno)))")
        }
    }

    static var current: Owner { Owner(user: getuid(), group: getgid()) }
}

struct Maildir: Sendable {
    let path: String
    let owner: Owner

    func create() throws {
        for directory in [path, "\(path)/tmp", "\(path)/new", "\(path)/cur"] { try owner.makeDirectory(directory) }
    }

    func deliver(_ letter: Letter, number: Int) throws {
        let file = "\(path)/tmp/\(Self.fileName(number))"
        try letter.bytes.write(to: URL(fileURLWithPath: file))
        try accept(file, number)
    }

    func deliver(_ letter: LargeLetter) throws {
        let file = "\(path)/tmp/\(Self.fileName(0))"
        guard link(letter.file, file) == 0 else { throw InteropFailure("link \(file): \(String(cString: strerror(errno)))") }
        try accept(file, 0)
    }

    func letters() throws -> [Letter] {
        try Letter.stored(in: "\(path)/new", "\(path)/cur")
    }

    private static func fileName(_ number: Int) -> String {
        "\(1_700_000_000 + number).M\(number)P1.interop"
    }

    private func accept(_ file: String, _ number: Int) throws {
        let time = timeval(tv_sec: 1_700_000_000 + number, tv_usec: 0)
        guard chmod(file, 0o644) == 0, utimes(file, [time, time]) == 0,
            rename(file, "\(path)/new/\(Self.fileName(number))") == 0
        else {
            throw InteropFailure("deliver \(file): \(String(cString: strerror(errno)))")
        }
    }
}
