import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Shards of a run in the order of their numbers.
    package func shards(
        of run: RunID,
        _ filter: ShardFilter = ShardFilter(),
        limit: Int = 1000
    ) throws(ControlStoreError) -> [ShardRecord] {
        try self.shardRecords(
            """
            shard.run_id = $1::uuid AND shard.id > $2::bigint
               AND ($3::text IS NULL OR shard.state = $3::text)
               AND ($4::text IS NULL OR shard.entity = $4::text)
               AND ($5::text IS NULL OR shard.error_class = $5::text OR shard.sql_state = $5::text
                    OR shard.id IN (SELECT shard_id FROM godwit.rejects
                                     WHERE run_id = $1::uuid AND reason = $5::text AND resolved_at IS NULL))
            """,
            [
                .run(run), .integer(filter.after?.rawValue ?? 0), .text(filter.state?.rawValue),
                .text(filter.entity?.rawValue), .text(filter.reason),
            ],
            limit: limit
        )
    }

    /// One shard with its attempts, the first one first.
    package func shard(_ id: ShardID) throws(ControlStoreError) -> (shard: ShardRecord, attempts: [AttemptRecord]) {
        guard let shard = try self.shardRecords("shard.id = $1::bigint", [.shard(id)], limit: 1).first else {
            throw ControlStoreError(.notFound, "there is no shard \(id)")
        }
        let attempts =
            try self.query(
                "read the attempts at shard \(id)",
                """
                SELECT number, lease, worker, incarnation, extract(epoch FROM started_at) AS started_at,
                       extract(epoch FROM ended_at) AS ended_at, outcome, error_class, sql_state, message
                  FROM godwit.attempts WHERE shard_id = $1::bigint ORDER BY number
                """,
                [.shard(id)]
            )
            .rows.map { AttemptRecord($0) }
        return (shard, attempts)
    }

    /// Unresolved rejects of one shard, by reason.
    package func rejectCounts(of shard: ShardID) throws(ControlStoreError) -> [RejectCount] {
        try self.query(
            "count the rejects of shard \(shard)",
            """
            SELECT reject.entity, reject.reason, count(*) AS count
              FROM godwit.rejects AS reject JOIN godwit.shards AS shard
                ON shard.run_id = reject.run_id AND shard.id = reject.shard_id
             WHERE shard.id = $1::bigint AND reject.resolved_at IS NULL
             GROUP BY reject.entity, reject.reason ORDER BY count(*) DESC, reject.reason
            """,
            [.shard(shard)]
        )
        .rows.map { RejectCount(entity: $0.entity("entity"), reason: $0.string("reason"), count: $0.count("count")) }
    }

    func shardRecords(
        _ condition: String,
        _ parameters: [QueryParameter],
        limit: Int?
    ) throws(ControlStoreError) -> [ShardRecord] {
        try self.query(
            "read shards",
            """
            SELECT shard.id, shard.entity, shard.kind, shard.lower_key, shard.upper_key,
                   coalesce(cardinality(shard.keys), 0) AS key_count, shard.estimated_rows, shard.estimated_bytes,
                   shard.state, shard.attempt, shard.failed_attempts, extract(epoch FROM shard.not_before) AS not_before,
                   shard.lease, extract(epoch FROM shard.lease_until) AS lease_until, shard.worker, shard.incarnation,
                   shard.snapshot, extract(epoch FROM shard.leased_at) AS leased_at,
                   extract(epoch FROM shard.finished_at) AS finished_at, shard.source_rows, shard.migrated,
                   shard.rejected, shard.filtered, shard.adjusted, shard.bytes_read, shard.bytes_written,
                   shard.error_class, shard.sql_state, shard.message, shard.merges, shard.timings, shard.parent, shard.object_id,
                   ARRAY(SELECT id FROM godwit.shards AS half WHERE half.parent = shard.id ORDER BY id) AS children
              FROM godwit.shards AS shard
             WHERE \(condition)
             ORDER BY shard.id
             \(limit.map { "LIMIT \($0)" } ?? "")
            """,
            parameters
        )
        .rows.map { ShardRecord($0) }
    }
}

extension ShardRecord {
    init(_ row: Row) {
        self.id = row.shard("id")
        self.entity = row.entity("entity")
        self.kind = row.value("kind") { ShardKind(rawValue: $0) }
        self.range = row.range()
        self.keyCount = row.count("key_count")
        self.estimatedRows = row.count("estimated_rows")
        self.estimatedBytes = row.count("estimated_bytes")
        self.state = row.value("state") { ShardState(rawValue: $0) }
        self.attempt = row.count("attempt")
        self.failedAttempts = row.count("failed_attempts")
        self.notBefore = row.date("not_before")
        self.lease = row.optional("lease") { LeaseID($0) }
        self.leaseUntil = row.date("lease_until")
        self.worker = row.text("worker").map { WorkerName(rawValue: $0) }
        self.incarnation = row.optional("incarnation") { Incarnation($0) }
        self.snapshot = row.optional("snapshot") { Int($0) }
        self.leasedAt = row.date("leased_at")
        self.finishedAt = row.date("finished_at")
        self.counters = ShardCounters(row, adjusted: row.figures("adjusted"))
        self.errorClass = row.text("error_class")
        self.sqlState = row.text("sql_state")
        self.message = row.text("message")
        self.parent = row.optional("parent") { ShardID($0) }
        self.children = (row.keys("children") ?? []).map { ShardID(rawValue: $0) }
        self.merges = row.flag("merges")
        self.object = row.integer("object_id")
        self.timings = row.seconds("timings")
    }
}

extension AttemptRecord {
    init(_ row: Row) {
        self.number = row.count("number")
        self.lease = row.value("lease") { LeaseID($0) }
        self.worker = WorkerName(rawValue: row.string("worker"))
        self.incarnation = row.value("incarnation") { Incarnation($0) }
        self.startedAt = row.date("started_at") ?? .distantPast
        self.endedAt = row.date("ended_at")
        self.outcome = row.text("outcome")
        self.errorClass = row.text("error_class")
        self.sqlState = row.text("sql_state")
        self.message = row.text("message")
    }
}
