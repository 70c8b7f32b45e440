extension ConnectionParameters: CustomStringConvertible, CustomReflectable {
    /// The host, or the directory of the Unix socket; nil where libpq's default socket is used.
    package var host: String? { self.resolvedValue("host") ?? self.resolvedValue("hostaddr") }

    /// The port, or the list of ports.
    package var port: String { self.resolvedValue("port") ?? "5432" }

    /// The database's name; libpq's default is the user's name.
    package var database: String { self.resolvedValue("dbname") ?? self.user }

    /// The user's name.
    package var user: String { self.resolvedValue("user") ?? "" }

    /// Whether the connection stays on this host: a Unix socket or a loopback address.
    package var isLocal: Bool {
        guard let hosts = self.resolvedValue("hostaddr") ?? self.resolvedValue("host") else {
            return self.resolvedValue("service") == nil
        }
        return hosts.split(separator: ",", omittingEmptySubsequences: false)
            .allSatisfy { host in
                host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1"
                    || host.hasPrefix("127.")
            }
    }

    /// Whether the parameters insist on TLS; `prefer`, libpq's default, accepts a connection without.
    package var usesTLS: Bool {
        ["require", "verify-ca", "verify-full"].contains(self.resolvedValue("sslmode") ?? "")
    }

    /// Whether the server has to prove that it is the host the parameters name; any other mode talks to whoever answers.
    package var verifiesServer: Bool { self.resolvedValue("sslmode") == "verify-full" }

    /// Host, port, database and user, without secrets.
    package var description: String {
        if self.host == nil, let service = self.resolvedValue("service") { return "service \(service)" }
        let place = self.host.map { "\($0):\(self.port)" } ?? "the local socket:\(self.port)"
        return "\(place)/\(self.database) as \(self.user)"
    }

    /// Keeps reflection (`dump`, test failures) from showing the password.
    package var customMirror: Mirror { Mirror(self, children: ["description": self.description]) }

    /// The same server and login, another database.
    package func with(database: String) throws(PostgresError) -> ConnectionParameters {
        var options = self.options
        options["dbname"] = database
        return try ConnectionParameters(Self.connectionString(options))
    }

    /// A `keyword=value` string that opens the same connection.
    ///
    /// Holds the password: only for a child's environment.
    package var connectionString: String { Self.connectionString(self.options) }

    private static func connectionString(_ options: [String: String]) -> String {
        options.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.quoted($0.value))" }.joined(separator: " ")
    }

    private static func quoted(_ value: String) -> String {
        "'" + value.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
