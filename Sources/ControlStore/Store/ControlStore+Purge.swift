import Postgres
package import Scheduling

/// Removing what rejects keep of the source's rows; counts, reasons and keys stay.
extension ControlStore {
    /// Rejects per statement: short transactions, which hold up no shard.
    private static let rejectsPerPurge = 5000

    /// How many stored rows a purge would remove, by run.
    ///
    /// - Parameters:
    ///   - run: Only of this run, nil for all.
    ///   - age: Only of rejects recorded longer ago.
    /// - Returns: Only runs that have some.
    /// - Throws: The server's error.
    package func purgeable(run: RunID?, olderThan age: Duration?) throws(ControlStoreError) -> [PurgeCount] {
        try self.query(
            "count stored source rows",
            """
            SELECT reject.run_id, run.number, count(*) AS rows, sum(pg_column_size(reject.source_row))::bigint AS bytes
              FROM godwit.rejects AS reject LEFT JOIN godwit.migration_runs AS run ON run.id = reject.run_id
             WHERE \(Self.isPurgeable) GROUP BY reject.run_id, run.number ORDER BY run.number
            """,
            Self.parameters(run, age)
        )
        .rows
        .map { row in
            PurgeCount(
                run: row.value("run_id") { RunID($0) },
                number: row.integer("number").map { Int($0) },
                rows: row.count("rows"),
                bytes: row.count("bytes")
            )
        }
    }

    /// Removes one batch of stored source rows.
    ///
    /// - Returns: How many; fewer than asked for, and in the end none, when nothing is left.
    package func purgeBatch(run: RunID?, olderThan age: Duration?) throws(ControlStoreError) -> Int {
        try self.query(
            "purge stored source rows",
            """
            UPDATE godwit.rejects SET source_row = NULL, purged_at = clock_timestamp()
             WHERE id IN (SELECT reject.id FROM godwit.rejects AS reject WHERE \(Self.isPurgeable)
                           ORDER BY reject.id LIMIT \(Self.rejectsPerPurge) FOR UPDATE SKIP LOCKED)
            """,
            Self.parameters(run, age)
        )
        .affectedRows
    }

    /// Records in a run's events who has removed how much.
    package func notePurge(of run: RunID, rows: Int) throws(ControlStoreError) {
        let role = try self.query("ask who this is", "SELECT session_user AS role").first?.text("role") ?? ""
        try self.record(
            [NewEvent(.info, "stored source rows purged by an operator", data: ["rows": String(rows), "role": role])],
            of: run
        )
    }

    /// Has the server give the room of what was removed to new rows; the bytes of the old ones are not overwritten
    /// before.
    package func vacuumRejects() throws(ControlStoreError) {
        try self.query("vacuum the rejects", "VACUUM godwit.rejects")
    }

    private static let isPurgeable = """
        reject.source_row IS NOT NULL AND ($1::uuid IS NULL OR reject.run_id = $1::uuid)
               AND ($2::double precision IS NULL
                    OR reject.created_at < clock_timestamp() - make_interval(secs => $2::double precision))
        """

    private static func parameters(_ run: RunID?, _ age: Duration?) -> [QueryParameter] {
        [run.map { .run($0) } ?? .null, age.map { .seconds($0) } ?? .null]
    }
}
