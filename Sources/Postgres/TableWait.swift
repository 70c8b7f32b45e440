/// A statement that wants a table for itself and waits for a snapshot's holder; who reads the table anew waits behind it.
package struct TableWait: Sendable, Codable, Equatable {
    /// The session's process on the server.
    package var pid: Int
    /// What the session calls itself.
    package var application: String
    /// Qualified and quoted.
    package var table: String
    /// The beginning of a statement that changes or locks tables; nil for any other, and where the role may not see it.
    package var statement: String?

    package init(pid: Int, application: String, table: String, statement: String?) {
        self.pid = pid
        self.application = application
        self.table = table
        self.statement = statement
    }
}

extension TableWait {
    /// Characters of a statement that are shown: what it does to which table, and rarely a value.
    private static let shown = 80

    /// Who waits for the session that asks.
    ///
    /// Only the words of statements that change tables are read: others may carry rows. Sees through whatever the
    /// transaction has seen before only after `pg_stat_clear_snapshot()`. See
    /// https://www.postgresql.org/docs/15/view-pg-locks.html.
    static let query = """
        SELECT waiting.pid::int8, coalesce(activity.application_name, ''), waiting.relation::regclass::text,
               CASE WHEN activity.query ~* '^\\s*(alter|create|drop|truncate|lock|vacuum|cluster|reindex|refresh)\\M'
                    THEN left(regexp_replace(split_part(activity.query, ';', 1), '\\s+', ' ', 'g'), \(Self.shown)) END
          FROM pg_locks AS waiting LEFT JOIN pg_stat_activity AS activity ON activity.pid = waiting.pid
         WHERE waiting.locktype = 'relation' AND NOT waiting.granted AND waiting.mode = 'AccessExclusiveLock'
           AND waiting.database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND pg_backend_pid() = ANY (pg_blocking_pids(waiting.pid))
         ORDER BY 1, 3
        """

    init(_ row: Row) {
        self.init(
            pid: Int(row.integer(0) ?? 0),
            application: row.text(1) ?? "",
            table: row.text(2) ?? "",
            statement: row.text(3)
        )
    }
}
