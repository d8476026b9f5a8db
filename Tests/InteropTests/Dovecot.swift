// Strategy: one private Dovecot serves the whole test run from a temporary directory, with a configuration
// that is complete in itself: own users, own certificate, own ports chosen by the system. It starts with the
// first test that needs it and is stopped by process id when the test process ends. Accounts are made in
// advance and handed out one by one, so no two visits ever share a mailbox.

import Foundation
import Synchronization

final class Dovecot: Sendable {
    let door: Door
    let daemon: Daemon
    let largeLetter: LargeLetter
    /// The user of README's examples.
    let anna: Account
    private let unused: Mutex<[Account]>

    private static let started = Task { try await Dovecot.start(accounts: 240) }
    private static let dotted = Task { try await Dovecot.start(accounts: 60, names: dottedNames) }

    static func shared() async throws -> Dovecot {
        try await started.value
    }

    /// Another one, that names mailboxes as those did on which the sequences of `Fixtures/Smuggling` were measured, and keeps
    /// access rights and annotations.
    static func namedWithDots() async throws -> Dovecot {
        try await dotted.value
    }

    private static let plainNames = """
        namespace inbox {
          inbox = yes
          separator = /
        }
        protocol imap {
          mail_plugins = zlib imap_zlib
          mail_max_userip_connections = 0
        }
        """

    private static let dottedNames = """
        mail_plugins = acl
        mail_attribute_dict = file:%h/attributes
        plugin {
          acl = vfile
        }
        service anvil {
          unix_listener anvil-auth-penalty {
            mode = 0
          }
        }
        namespace inbox {
          inbox = yes
          separator = .
          prefix = INBOX.
        }
        protocol imap {
          mail_plugins = acl imap_acl zlib imap_zlib
          imap_metadata = yes
          mail_max_userip_connections = 0
        }
        """

    /// An account nobody has used; an awkward one has a password that needs quoting in IMAP and JSON.
    func account(awkward: Bool) throws -> Account {
        try unused.withLock { unused in
            guard let index = unused.firstIndex(where: { $0.isAwkward == awkward }) else {
                throw InteropFailure("all accounts are in use")
            }
            return unused.remove(at: index)
        }
    }

    private init(door: Door, daemon: Daemon, largeLetter: LargeLetter, anna: Account, accounts: [Account]) {
        self.door = door
        self.daemon = daemon
        self.largeLetter = largeLetter
        self.anna = anna
        unused = Mutex(accounts)
    }

    private static func start(accounts count: Int, names: String = plainNames) async throws -> Dovecot {
        Daemon.stopAllAtExit()
        let room = try Room("dovecot")
        let certificate = try await Certificate.make(in: room)
        let reader = MailReader()
        let owner = reader.owner
        let mail = try room.directory("mail")
        guard chown(mail, owner.user, owner.group) == 0 else { throw InteropFailure("cannot give away \(mail)") }
        let accounts = (1...count).map { number in
            Account(name: "reader\(number)", isAwkward: number > count * 5 / 6, home: "\(mail)/reader\(number)", owner: owner)
        }
        let anna = Account(name: "anna", password: "sesame-open", home: "\(mail)/anna", owner: owner)
        let users = try room.write(
            (accounts + [anna]).map { "\($0.name):{PLAIN}\($0.password)\n" }.joined(), to: "users")
        chmod(users, 0o644)
        for _ in 1...4 {
            if let (door, daemon) = try await open(in: room, users: users, reader: reader, certificate: certificate, names: names)
            {
                return Dovecot(
                    door: door, daemon: daemon, largeLetter: try LargeLetter.write(in: room), anna: anna, accounts: accounts)
            }
        }
        throw InteropFailure("Dovecot found its ports taken, again and again")
    }

    /// Starts Dovecot on free ports; nil if another process took one of them meanwhile.
    private static func open(
        in room: Room, users: String, reader: MailReader, certificate: Certificate, names: String
    ) async throws -> (Door, Daemon)? {
        let ports = try Port.free(4)
        let door = Door(
            host: "localhost", imap: ports[0], imaps: ports[1], pop3: ports[2], pop3s: ports[3],
            authority: certificate.authority)
        let log = room.path("dovecot-\(ports[0]).log")
        let configuration = try room.write(
            configuration(in: room, log: log, users: users, door: door, reader: reader, certificate: certificate, names: names),
            to: "dovecot.conf")
        let daemon = try Daemon(["dovecot", "-F", "-c", configuration], environment: room.environment, log: log)
        do {
            try await daemon.ready(within: .seconds(30)) {
                let isListening = daemon.logText.contains("starting up for")
                return try isListening && ports.allSatisfy { try Port.accepts($0) } ? () : nil
            }
            return (door, daemon)
        } catch  where daemon.logText.contains("Address already in use") {
            _ = await daemon.stop()
            return nil
        }
    }

    private static func configuration(
        in room: Room, log: String, users: String, door: Door, reader: MailReader, certificate: Certificate,
        names: String
    ) -> String {
        """
        base_dir = \(room.path("run"))
        state_dir = \(room.path("state"))
        log_path = \(log)
        instance_name = interpost-interop
        \(reader.processUsers)
        protocols = imap pop3
        listen = 127.0.0.1
        ssl = yes
        ssl_cert = <\(certificate.chain)
        ssl_key = <\(certificate.key)
        disable_plaintext_auth = no
        auth_mechanisms = plain login cram-md5
        auth_failure_delay = 0
        passdb {
          driver = passwd-file
          args = username_format=%u \(users)
        }
        userdb {
          driver = static
          args = uid=\(reader.owner.user) gid=\(reader.owner.group) home=\(room.path("mail"))/%u
        }
        first_valid_uid = 1
        mail_location = maildir:~/Maildir
        mail_fsync = never
        default_vsz_limit = 0
        \(names)
        protocol pop3 {
          mail_max_userip_connections = 0
        }
        service auth {
          client_limit = 4000
        }
        service anvil {
          client_limit = 4000
        }
        service imap {
          process_limit = 1000
        }
        service pop3 {
          process_limit = 1000
        }
        service imap-login {
          \(reader.loginRoot)
          service_count = 0
          process_limit = 2
          client_limit = 1000
          inet_listener imap {
            port = \(door.imap)
          }
          inet_listener imaps {
            port = \(door.imaps)
            ssl = yes
          }
        }
        service pop3-login {
          \(reader.loginRoot)
          service_count = 0
          process_limit = 2
          client_limit = 1000
          inet_listener pop3 {
            port = \(door.pop3)
          }
          inet_listener pop3s {
            port = \(door.pop3s)
            ssl = yes
          }
        }

        """
    }
}

/// The system account Dovecot reads and writes mail as: nobody when the suite runs as root, else its own.
private struct MailReader {
    let owner: Owner
    /// Without root everything runs as the one account there is, and nothing can change its root directory.
    let processUsers: String
    let loginRoot: String

    init() {
        if getuid() == 0, let nobody = getpwnam("nobody")?.pointee {
            owner = Owner(user: nobody.pw_uid, group: nobody.pw_gid)
            processUsers = ""
            loginRoot = ""
        } else {
            owner = .current
            let userName = getpwuid(owner.user).map { String(cString: $0.pointee.pw_name) } ?? "\(owner.user)"
            let groupName = getgrgid(owner.group).map { String(cString: $0.pointee.gr_name) } ?? "\(owner.group)"
            processUsers = """
                default_internal_user = \(userName)
                default_internal_group = \(groupName)
                default_login_user = \(userName)
                service anvil {
                  chroot =
                }
                """
            loginRoot = "chroot ="
        }
    }
}
