import Glibc
import Synchronization

/// A shell that runs the server for as long as a socket from this process stays open.
///
/// The kernel closes the socket however the process ends, also by SIGKILL; the shell then stops the server and deletes
/// its directory. It has a session of its own, so that an interrupt from the terminal doesn't kill it first.
final class Supervisor: Sendable {
    /// Where the cluster and its socket are.
    let directory: String
    /// Our end: commands out, answers in.
    private let socket: Mutex<Int32>

    /// Starts the shell and waits until the server takes connections.
    init(configuration: String) throws {
        let socket = try Self.spawn(arguments: ["sh", "-c", Self.script, "sh", Self.clusterScript, configuration])
        self.socket = Mutex(socket)
        self.directory = try Self.awaitReady(socket)
    }

    deinit {
        _ = self.socket.withLock { close($0) }
    }

    /// Has the script obey a command, and waits until it has.
    func obey(_ command: Command) throws {
        let line = command.rawValue + "\n"
        try self.socket.withLock { socket in
            guard send(socket, line, line.utf8.count, Int32(MSG_NOSIGNAL)) == line.utf8.count else {
                throw FixtureError(description: "the server's supervisor has gone")
            }
            _ = try Self.awaitReady(socket)
        }
    }

    private static func spawn(arguments: [String]) throws -> Int32 {
        // CLOEXEC: a child of the tests that kept our end open would keep the server running.
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw FixtureError(description: "no sockets to be had (errno \(errno))")
        }
        defer { close(ends[1]) }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for stream: Int32 in 0...2 { posix_spawn_file_actions_adddup2(&files, ends[1], stream) }
        // Whatever else is open belongs to tests, some of which wait for the last holder of a pipe to close it. Closing
        // what is not open is no error here.
        for other: Int32 in 3..<256 { posix_spawn_file_actions_addclose(&files, other) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // POSIX_SPAWN_SETSID, which Swift does not import.
        posix_spawnattr_setflags(&attributes, 0x80)
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/bin/sh", &files, &attributes, &pointers, environ) == 0 else {
            close(ends[0])
            throw FixtureError(description: "/bin/sh can't be started")
        }
        return ends[0]
    }

    /// Reads up to a line `ready DIRECTORY`; anything else is the reason why there is no server.
    private static func awaitReady(_ socket: Int32) throws -> String {
        var text = ""
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(socket, &byte, 1) == 1 {
            line.append(byte)
            guard byte == UInt8(ascii: "\n") else { continue }
            let words = String(decoding: line, as: UTF8.self)
            if words.hasPrefix("ready ") { return String(words.dropFirst(6).dropLast()) }
            text += words
            line = []
        }
        throw FixtureError(description: "no private PostgreSQL: \(text)")
    }
}

extension Supervisor {
    /// What the script obeys.
    enum Command: String {
        /// Without a clean shutdown.
        case restart
        /// Likewise, until it is started.
        case stop
        case start
    }
}
