import Postgres
import Scheduling

/// Looks at what a database is busy with, for the throttle, over a session of its own.
actor LoadProbe {
    private nonisolated let executor = BlockingExecutor(label: "godwit.load")
    private let parameters: ConnectionParameters
    private let role: ConnectionRole
    private var connection: Connection?

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(_ parameters: ConnectionParameters, role: ConnectionRole) {
        self.parameters = parameters
        self.role = role
    }

    /// A server that takes longer to answer is as good as unknown.
    private static let patience = "4s"

    /// Sessions of others that do something now.
    ///
    /// What they do is visible to members of `pg_read_all_stats` only; seeing nothing must not pass for there being nothing.
    /// https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
    private static let sessions = """
        SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS may_see,
               count(*) FILTER (WHERE state = 'active' AND backend_type = 'client backend'
                                  AND application_name NOT LIKE 'gdw%' AND application_name NOT LIKE 'godwit%') AS sessions
          FROM pg_stat_activity
        """

    /// The standby that is farthest behind.
    ///
    /// https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
    private static let standbys = """
        SELECT coalesce(nullif(application_name, ''), client_addr::text, 'a standby') AS name,
               greatest(0, pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, '0/0')))::int8 AS bytes,
               coalesce(extract(epoch FROM replay_lag), 0)::float8 AS seconds
          FROM pg_stat_replication WHERE application_name NOT LIKE 'pg\\_basebackup%'
         ORDER BY bytes DESC LIMIT 1
        """

    func lookAtSource() throws(PostgresError) -> SourceSignals {
        try self.look { (connection) throws(PostgresError) in
            SourceSignals(sessions: try Self.sessions(connection))
        }
    }

    func lookAtTarget() throws(PostgresError) -> TargetSignals {
        try self.look { (connection) throws(PostgresError) in
            let sessions = try Self.sessions(connection)
            let standby = try connection.query(Self.standbys).first
                .map { row in
                    TargetSignals.Standby(
                        name: row.text("name") ?? "",
                        bytes: Int(row.integer("bytes") ?? 0),
                        seconds: row.double("seconds") ?? 0
                    )
                }
            let position = try connection.query("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8 AS position")
            return TargetSignals(
                sessions: sessions,
                standby: standby,
                walPosition: Int(position.first?.integer("position") ?? 0)
            )
        }
    }

    /// Gives the session back, where nothing is looked at any more.
    func close() {
        self.connection = nil
    }

    private func look<Signals>(
        _ body: (borrowing Connection) throws(PostgresError) -> Signals
    ) throws(PostgresError) -> Signals {
        if self.connection?.isBroken ?? true {
            self.connection = nil
            let connection = try Connection(self.parameters, role: self.role, applicationName: "godwit load")
            try connection.execute("SET statement_timeout = '\(Self.patience)'")
            self.connection = consume connection
        }
        return try body(self.connection!)
    }

    private static func sessions(_ connection: borrowing Connection) throws(PostgresError) -> Int {
        let row = try connection.query(Self.sessions).first
        guard row?.text("may_see") == "t" else {
            throw PostgresError(
                code: .serverRefused,
                message: "this role may not see what sessions do: GRANT pg_read_all_stats TO it",
                sqlState: SQLState(rawValue: "42501")
            )
        }
        return Int(row?.integer("sessions") ?? 0)
    }
}
