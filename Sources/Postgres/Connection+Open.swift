import CLibPQ
import Glibc

extension Connection {
    /// How long the first try may take, over all addresses together (safe from 1 s on).
    ///
    /// Most servers answer within this; where one address of several leads nowhere, the second try gives each address
    /// `connect_timeout`.
    private static let firstTry = Duration.seconds(5)

    /// After so many milliseconds a server that does not acknowledge what it was sent is lost (safe from 5 s up to a
    /// lease's time).
    private static let userTimeout = "15000"

    /// How long a server may take to answer, in seconds, unless the parameters say otherwise (safe from 2 on).
    private static let timeout = 10

    /// Opens a session, or says why not.
    ///
    /// libpq tells the SQLSTATE of a refused connection only in its verbose messages, and prints notices until a
    /// processor is set; both can be changed only once the connection has been started, hence the start in pieces.
    static func open(
        _ parameters: ConnectionParameters,
        role: ConnectionRole,
        applicationName: String
    ) throws(PostgresError) -> OpaquePointer {
        guard let handle = Self.start(parameters, role: role, applicationName: applicationName) else {
            throw PostgresError(code: .connectionFailed, message: "libpq could not allocate a connection")
        }
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        let timeout = parameters.resolvedValue("connect_timeout").flatMap { Int($0) } ?? Self.timeout
        let firstTry = timeout > 0 ? min(.seconds(timeout), Self.firstTry) : Self.firstTry
        if !Self.complete(handle, within: firstTry) { PQreset(handle) }
        guard PQstatus(handle) == CONNECTION_OK else {
            defer { PQfinish(handle) }
            throw Self.refusal(of: handle, role, attempt: "connecting to the \(role.database) (\(parameters))")
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
    }

    /// Starts connecting with our defaults below, and our demands above, what the parameters say.
    private static func start(
        _ parameters: ConnectionParameters,
        role: ConnectionRole,
        applicationName: String
    ) -> OpaquePointer? {
        // A lost peer is noticed after 10 + 3 × 5 s of silence.
        var options = [
            "connect_timeout": parameters.resolvedValue("connect_timeout") ?? String(Self.timeout),
            "keepalives": "1", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
        ]
        // Keepalives don't help while a request is under way: TCP repeats it for a quarter of an hour. Only here: it also
        // ends a COPY whose server takes no bytes for that long, because it waits for a lock.
        if role == .control { options["tcp_user_timeout"] = Self.userTimeout }
        options.merge(parameters.options) { _, given in given }
        options["application_name"] = applicationName
        options["client_encoding"] = "UTF8"
        let pairs = options.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (keyword, value) in pairs {
                free(keyword)
                free(value)
            }
        }
        let keywords = pairs.map { UnsafePointer($0.0) } + [nil]
        let values = pairs.map { UnsafePointer($0.1) } + [nil]
        return PQconnectStartParams(keywords, values, 0)
    }

    /// Drives the connection to its end.
    ///
    /// - Returns: Whether it ended, well or badly, before the time was up.
    private static func complete(_ handle: OpaquePointer, within time: Duration) -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + time
        // https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PQCONNECTSTARTPARAMS
        var next = PGRES_POLLING_WRITING
        while next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING {
            guard PQstatus(handle) != CONNECTION_BAD else { return true }
            let remaining = (deadline - clock.now) / .milliseconds(1)
            guard remaining > 0 else { return false }
            let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var socket = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            if poll(&socket, 1, Int32(remaining) + 1) > 0 {
                next = PQconnectPoll(handle)
            }
        }
        return true
    }

    /// Describes why no session came about.
    private static func refusal(of handle: OpaquePointer, _ role: ConnectionRole, attempt: String) -> PostgresError {
        let lines = String(cString: PQerrorMessage(handle)).split(separator: "\n")
            .filter { !$0.hasPrefix("LOCATION:") }
        // Verbose messages read `FATAL:  28P01: text`; the words before may be translated, the code never is.
        let words = lines.joined(separator: "; ").split { $0 == " " || $0 == "\t" }
        let isState = { (word: Substring) in
            word.utf8.count == 6 && word.hasSuffix(":")
                && word.utf8.dropLast().allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
                && word.utf8.contains { (48...57).contains($0) }
        }
        // No password at all never reaches the server; it has the meaning of a wrong one.
        let missing: SQLState? = PQconnectionNeedsPassword(handle) == 1 ? "28P01" : nil
        let states = zip(words, words.dropFirst()).filter { $0.hasSuffix(":") && isState($1) }.map { $1.dropLast() }
        let state = states.last.map { SQLState(rawValue: String($0)) } ?? missing
        let said = words.filter { !isState($0) }.joined(separator: " ")
        var error = PostgresError(code: .connectionFailed, message: "\(attempt) failed: \(said)", sqlState: state)
        error.role = role
        return error
    }
}
