/// A session that keeps one snapshot of a database alive and hands it on.
///
/// An exported snapshot lives as long as a transaction that holds it, and a transaction that imported it may export it
/// again; so a pool keeps its snapshot while any one holder lives. Every holder also keeps ACCESS SHARE on the tables
/// that are read: TRUNCATE and rewriting ALTERs wait, instead of leaving the snapshot an empty file to read. See
/// https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION.
package struct SnapshotHolder: ~Copyable {
    private let connection: Connection
    /// The identifier under which this session exports the snapshot, for `SET TRANSACTION SNAPSHOT`.
    package let identifier: String
    /// The write-ahead log's position when the snapshot was taken or imported, as PostgreSQL prints a `pg_lsn`.
    package let position: String
    /// The snapshot's xmin: nothing older than it is cleaned up in the source meanwhile.
    package let horizon: String
    /// Per table, the number of its file when the session locked it; nil for a partitioned table.
    package let fileNodes: [String: Int64?]

    /// Takes a new snapshot, or imports one, and exports it.
    ///
    /// - Parameters:
    ///   - parameters: The source database.
    ///   - imported: The identifier another session exported; nil takes a new snapshot.
    ///   - tables: Quoted, qualified names of every table that will be read.
    ///   - applicationName: The session's name in `pg_stat_activity`.
    /// - Throws: `PostgresError`; code `serverRefused` with SQLSTATE 22023 or 55000 where the imported snapshot is gone.
    package init(
        _ parameters: ConnectionParameters,
        importing imported: String?,
        locking tables: [String],
        applicationName: String
    ) throws(PostgresError) {
        let connection = try Connection(parameters, role: .source, applicationName: applicationName)
        _ = try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if let imported {
            _ = try connection.execute("SET TRANSACTION SNAPSHOT \(quoteLiteral(imported))")
        }
        if !tables.isEmpty {
            _ = try connection.execute("SET LOCAL lock_timeout = '60s'")
            _ = try connection.execute("LOCK TABLE \(tables.joined(separator: ", ")) IN ACCESS SHARE MODE")
        }
        var fileNodes: [String: Int64?] = [:]
        for table in tables {
            let node = try connection.query("SELECT pg_relation_filenode($1::regclass)::int8", [.text(table)])
            fileNodes[table] = .some(node.first?.integer(0))
        }
        let exported = try connection.query(
            """
            SELECT pg_export_snapshot(), pg_snapshot_xmin(pg_current_snapshot())::text,
                   (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text
            """
        )
        guard let row = exported.first, let identifier = row.text(0) else {
            throw PostgresError(code: .protocolViolation, message: "exporting a snapshot yielded no identifier")
        }
        self.identifier = identifier
        self.horizon = row.text(1) ?? ""
        self.position = row.text(2) ?? ""
        self.fileNodes = fileNodes
        self.connection = connection
    }

    /// Asks the server whether the session, and with it the snapshot, is still there.
    ///
    /// - Throws: `PostgresError` when it is not.
    package func checkAlive() throws(PostgresError) {
        _ = try self.connection.query("SELECT 1")
    }

    /// Statements that wait for this session, which holds the tables until the snapshot's end.
    package func waits() throws(PostgresError) -> [TableWait] {
        _ = try self.connection.query("SELECT pg_stat_clear_snapshot()")
        return try self.connection.query(TableWait.query).rows.map { TableWait($0) }
    }
}
