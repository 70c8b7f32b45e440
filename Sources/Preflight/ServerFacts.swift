package import Postgres

/// What a check has to know about a server and the session's place on it.
package struct ServerFacts: Sendable, Equatable, Codable {
    /// Such as 150004.
    package var version: Int
    /// Whether libpq and the server disagree about who serves the session: a transaction pooler is in between.
    package var isPooled: Bool
    package var encoding: String
    package var isStandby: Bool
    package var hasStandbyFeedback: Bool
    /// Connections for ordinary roles.
    package var connectionLimit: Int
    /// The lower of the role's and the database's own limits, nil for none.
    package var ownConnectionLimit: Int?
    /// Sessions there are now.
    package var connectionsInUse: Int

    /// Asks the server.
    package init(_ connection: borrowing Connection) throws(PostgresError) {
        let result = try connection.query(
            """
            SELECT pg_backend_pid() AS pid, current_setting('server_encoding') AS encoding,
                pg_is_in_recovery() AS is_standby, current_setting('hot_standby_feedback')::boolean AS has_feedback,
                current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                    - coalesce(current_setting('reserved_connections', true)::int, 0) AS connection_limit,
                (SELECT min(own) FROM (
                    SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user AND NOT rolsuper
                    UNION ALL SELECT datconnlimit FROM pg_database WHERE datname = current_database()
                ) AS limits (own) WHERE own >= 0) AS own_limit,
                (SELECT sum(numbackends) FROM pg_stat_database) AS in_use
            """
        )
        let row = result.first
        self.version = connection.serverVersion
        self.isPooled = row?.integer("pid") != Int64(connection.backendPID)
        self.encoding = row?.text("encoding") ?? ""
        self.isStandby = row?.bool("is_standby") ?? false
        self.hasStandbyFeedback = row?.bool("has_feedback") ?? false
        self.connectionLimit = Int(row?.integer("connection_limit") ?? 0)
        self.ownConnectionLimit = row?.integer("own_limit").map(Int.init)
        self.connectionsInUse = Int(row?.integer("in_use") ?? 0)
    }

    init(
        version: Int,
        isPooled: Bool = false,
        encoding: String = "UTF8",
        isStandby: Bool = false,
        hasStandbyFeedback: Bool = false,
        connectionLimit: Int = 97,
        ownConnectionLimit: Int? = nil,
        connectionsInUse: Int = 1
    ) {
        self.version = version
        self.isPooled = isPooled
        self.encoding = encoding
        self.isStandby = isStandby
        self.hasStandbyFeedback = hasStandbyFeedback
        self.connectionLimit = connectionLimit
        self.ownConnectionLimit = ownConnectionLimit
        self.connectionsInUse = connectionsInUse
    }
}
