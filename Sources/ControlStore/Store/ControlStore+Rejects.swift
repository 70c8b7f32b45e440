import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// So many bitmaps come in one answer (some megabytes).
    private static let bitmapsPerAnswer = 500

    /// Which keys of a settled entity are in the target, and which may still come.
    package func presence(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> PresenceReport {
        let purpose = "read the presence of \(entity)"
        return try self.transaction(purpose, isolation: "REPEATABLE READ, READ ONLY") { () throws(ControlStoreError) in
            PresenceReport(
                bitmaps: try self.bitmaps(purpose, entity, run),
                pendingKeys: try self.awaitedRejects(of: entity, in: run),
                awaitedRanges:
                    try self.query(
                        purpose,
                        """
                        SELECT lower_key, upper_key FROM godwit.shards
                         WHERE run_id = $1::uuid AND entity = $2 AND kind = 'copy' AND state NOT IN ('done', 'split')
                         ORDER BY lower_key NULLS FIRST
                        """,
                        [.run(run), .entity(entity)]
                    )
                    .rows.map { $0.range() }
            )
        }
    }

    /// The keys of rejects that will be tried again by themselves: as `parent_pending`, or because an operator has asked.
    ///
    /// Rows that refer to the latter wait for them, and follow them: rejected as orphans, nobody would try them again.
    private func awaitedRejects(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> [Int64] {
        // Two statements in one: an OR over both kinds could use no index.
        try self.query(
            "read the rejects of \(entity) that are awaited",
            """
            SELECT source_key FROM godwit.rejects
             WHERE run_id = $1::uuid AND entity = $2 AND reason = 'parent_pending' AND resolved_at IS NULL
            UNION
            SELECT reject.source_key
              FROM (SELECT DISTINCT unnest(keys) AS key FROM godwit.shards
                     WHERE run_id = $1::uuid AND entity = $2 AND kind = 'replay'
                       AND state NOT IN ('done', 'split')) AS replayed
              JOIN godwit.rejects AS reject
                ON reject.run_id = $1::uuid AND reject.entity = $2 AND reject.source_key = replayed.key
               AND reject.resolved_at IS NULL
             ORDER BY source_key
            """,
            [.run(run), .entity(entity)]
        )
        .rows.compactMap { $0.integer("source_key") }
    }

    /// The keys rejected as `parent_pending` that no replay has taken up, ascending.
    package func parentPendingRejects(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> [Int64] {
        try self.query(
            "read the pending rejects of \(entity)",
            """
            SELECT DISTINCT source_key FROM godwit.rejects
             WHERE run_id = $1::uuid AND entity = $2 AND reason = 'parent_pending' AND resolved_at IS NULL
             ORDER BY source_key
            """,
            [.run(run), .entity(entity)]
        )
        .rows.compactMap { $0.integer("source_key") }
    }

    /// Rejects by entity and reason; unresolved ones, unless the filter asks for all.
    package func rejectCounts(
        of run: RunID,
        _ filter: RejectFilter = RejectFilter()
    ) throws(ControlStoreError) -> [RejectCount] {
        try self.query(
            "count the rejects of run \(run)",
            """
            SELECT entity, reason, count(*) AS count FROM godwit.rejects AS reject
             WHERE \(RejectFilter.condition) GROUP BY entity, reason ORDER BY entity, reason
            """,
            filter.parameters(run)
        )
        .rows.map { RejectCount(entity: $0.entity("entity"), reason: $0.string("reason"), count: $0.count("count")) }
    }

    /// Rejects of a run in the order in which they were recorded.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - filter: Which of them; its `after` continues where an earlier call ended.
    ///   - readsRows: Whether the stored source rows come along.
    ///   - limit: The most of one answer.
    /// - Returns: The rejects, by id.
    /// - Throws: The server's error.
    package func rejects(
        of run: RunID,
        _ filter: RejectFilter = RejectFilter(),
        readsRows: Bool = true,
        limit: Int = 1000
    ) throws(ControlStoreError) -> [RejectRecord] {
        try self.query(
            "read the rejects of run \(run)",
            """
            SELECT id, entity, shard_id, source_key, reason, column_name, detail,
                   \(readsRows ? "source_row" : "NULL AS source_row"), parent_entity, parent_key, tries,
                   extract(epoch FROM created_at) AS created_at, extract(epoch FROM resolved_at) AS resolved_at,
                   resolved_by, resolution, extract(epoch FROM purged_at) AS purged_at
              FROM godwit.rejects AS reject
             WHERE \(RejectFilter.condition)
             ORDER BY id
             LIMIT \(limit)
            """,
            filter.parameters(run)
        )
        .rows.map { RejectRecord($0) }
    }

    /// Whether the target has a row of an entity's key; nil where nothing in it says so, or this role may not look.
    ///
    /// Table and columns are quoted.
    package func hasRow(
        of entity: EntityName,
        key: Int64,
        in table: String,
        idColumn: String?,
        legacyColumn: String?
    ) throws(ControlStoreError) -> Bool? {
        let condition: String
        if let legacyColumn {
            condition = "\(legacyColumn) = $2::bigint AND $1::text IS NOT NULL"
        } else if let idColumn {
            condition = "\(idColumn) = godwit.uuid($1::text, $2::bigint)"
        } else {
            return nil
        }
        do {
            return try self
                .query(
                    "look for \(entity) \(key) in \(table)",
                    "SELECT EXISTS (SELECT FROM \(table) WHERE \(condition)) AS found",
                    [.entity(entity), .integer(key)]
                )
                .first?
                .bool("found")
        } catch {
            // An operator's role need not read the data.
            guard error.isMissingRight else { throw error }
            return nil
        }
    }

    /// Counts a change of the presence of any entity of a run.
    ///
    /// - Returns: The new epoch, which LEASE carries.
    package func advancePresenceEpoch(of run: RunID) throws(ControlStoreError) -> Int {
        let result = try self.lead(
            "advance the presence epoch of run \(run)",
            """
            UPDATE godwit.migration_runs SET presence_epoch = presence_epoch + 1
             WHERE id = $2::uuid AND \(Self.reigns) RETURNING presence_epoch
            """,
            [.run(run)]
        )
        guard let row = result.first else { throw ControlStoreError(.notFound, "there is no run \(run)") }
        return row.count("presence_epoch")
    }

    private func bitmaps(
        _ purpose: String,
        _ entity: EntityName,
        _ run: RunID
    ) throws(ControlStoreError) -> [[UInt8]] {
        var bitmaps: [[UInt8]] = []
        var last: Int64 = 0
        while true {
            let page = try self.query(
                purpose,
                """
                SELECT shard_id, presence FROM godwit.shard_presence
                 WHERE run_id = $1::uuid AND entity = $2 AND shard_id > $3::bigint
                 ORDER BY shard_id LIMIT \(Self.bitmapsPerAnswer)
                """,
                [.run(run), .entity(entity), .integer(last)]
            )
            bitmaps += page.rows.compactMap { $0.bytes("presence") }
            guard page.count == Self.bitmapsPerAnswer, let next = page.rows.last?.integer("shard_id") else {
                return bitmaps
            }
            last = next
        }
    }
}

extension RejectRecord {
    init(_ row: Row) {
        self.id = row.value("id") { Int64($0) }
        self.entity = row.entity("entity")
        self.shard = row.shard("shard_id")
        self.key = row.value("source_key") { Int64($0) }
        self.reason = row.string("reason")
        self.column = row.text("column_name")
        self.detail = row.text("detail")
        self.sourceRow = row.text("source_row")
        self.parentEntity = row.text("parent_entity").map { EntityName(rawValue: $0) }
        self.parentKey = row.integer("parent_key")
        self.tries = row.count("tries")
        self.createdAt = row.date("created_at") ?? .distantPast
        self.resolvedAt = row.date("resolved_at")
        self.resolvedBy = row.optional("resolved_by") { ShardID($0) }
        self.resolution = row.optional("resolution") { RejectResolution(rawValue: $0) }
        self.purgedAt = row.date("purged_at")
    }
}
