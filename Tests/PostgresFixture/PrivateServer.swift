package import Postgres

/// A PostgreSQL server of the test process's own: made in a temporary directory, gone with the process.
package final class PrivateServer: Sendable {
    private let supervisor: Supervisor
    private let databases = Counter()

    /// Makes a cluster and starts it.
    ///
    /// - Parameter settings: Lines for postgresql.conf, such as `["wal_level": "logical"]`.
    /// - Throws: What keeps it from starting.
    package init(settings: [String: String] = [:]) throws {
        self.supervisor = try Supervisor(configuration: Self.configuration(settings))
    }

    /// The server that all tests of the process share; each takes a database of its own.
    package static var shared: PrivateServer {
        get throws { try Self.started.get() }
    }

    private static let started = Result { try PrivateServer() }

    /// The login of the superuser, for the maintenance database.
    package var administration: ConnectionParameters {
        get throws { try self.parameters(database: "postgres") }
    }

    /// Makes an empty database with a name of its own.
    package func createDatabase(encoding: String = "UTF8") throws -> ConnectionParameters {
        let name = "test_\(self.databases.next())"
        let connection = try Connection(self.administration, role: .control, applicationName: "fixture")
        try connection.execute("CREATE DATABASE \(name) TEMPLATE template0 ENCODING \(quoteLiteral(encoding))")
        return try self.parameters(database: name)
    }

    /// Kills the server as a crash would and starts it again; every session is lost.
    package func restart() throws {
        try self.supervisor.obey(.restart)
    }

    /// Kills the server as a crash would; nobody is served until it is started.
    package func stop() throws {
        try self.supervisor.obey(.stop)
    }

    /// Starts the server that was stopped.
    package func start() throws {
        try self.supervisor.obey(.start)
    }

    /// A login to one of the server's databases.
    ///
    /// The role `needs_password`, which tests may create, is the only one that is asked for its password.
    package func parameters(database: String, user: String = "postgres") throws -> ConnectionParameters {
        try ConnectionParameters("host='\(self.supervisor.directory)' port=5432 user=\(user) dbname=\(database)")
    }

    /// What makes a throwaway server quick, overridden by what the test asks for.
    private static func configuration(_ settings: [String: String]) -> String {
        let quick = [
            "fsync": "off", "full_page_writes": "off", "max_connections": "200", "listen_addresses": "",
            "autovacuum_naptime": "1h", "log_min_messages": "error",
        ]
        return quick.merging(settings) { _, asked in asked }
            .map { "\($0.key) = \(quoteLiteral($0.value))\n" }
            .sorted()
            .joined()
    }
}
