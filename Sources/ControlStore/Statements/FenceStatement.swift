package import Postgres
package import Scheduling

/// The last statement of a shard's transaction: it makes the shard done if, and only if, the lease still holds.
///
/// One statement closes the attempt, stores the presence bitmap and writes the change log's row as well. Runs at READ
/// COMMITTED: under REPEATABLE READ the worker's own renewal would make it fail.
package struct FenceStatement: Sendable {
    package var shard: ShardID
    package var lease: LeaseID
    package var counters: ShardCounters
    /// Seconds by part of the work (`read`, `transform`, `write`, `commit` …).
    package var timings: [String: Double]
    /// Bitmap of the source keys that this shard brought into the target; nil where nothing refers to the entity.
    package var presence: [UInt8]?
    /// Highest source key seen, migrated or not.
    package var highestKey: Int64?
    /// Whether the change log gets one row for the shard.
    package var logsChange: Bool
    /// The version of the plan that the shard was done with.
    package var planRevision: Int

    package init(
        shard: ShardID,
        lease: LeaseID,
        counters: ShardCounters,
        timings: [String: Double],
        presence: [UInt8]?,
        highestKey: Int64?,
        logsChange: Bool,
        planRevision: Int = 1
    ) {
        self.shard = shard
        self.lease = lease
        self.counters = counters
        self.timings = timings
        self.presence = presence
        self.highestKey = highestKey
        self.logsChange = logsChange
        self.planRevision = planRevision
    }

    /// Whether the fence held; if not, the transaction must be rolled back.
    package static func held(_ result: QueryResult) -> Bool {
        result.first?.integer("fenced") == 1
    }

    package var statement: Statement {
        Statement(
            Self.sql,
            [
                .shard(self.shard), .lease(self.lease), .integer(self.counters.sourceRows),
                .integer(self.counters.migrated), .integer(self.counters.rejected), .integer(self.counters.filtered),
                .json(self.counters.adjusted), .integer(self.counters.bytesRead), .integer(self.counters.bytesWritten),
                .json(self.timings), .integer(self.highestKey), self.presence.map { .bytes($0) } ?? .null,
                .bool(self.logsChange), .integer(self.planRevision),
            ]
        )
    }

    private static let sql = """
        WITH before AS (
            SELECT merges FROM godwit.shards WHERE id = $1::bigint
        ), fenced AS (
            UPDATE godwit.shards
               SET state = 'done', finished_at = clock_timestamp(), lease_until = NULL, merges = false,
                   source_rows = $3::bigint, migrated = $4::bigint, rejected = $5::bigint, filtered = $6::bigint,
                   adjusted = $7::jsonb, bytes_read = $8::bigint, bytes_written = $9::bigint, timings = $10::jsonb,
                   highest_key = $11::bigint, plan_revision = $14::integer, error_class = NULL, sql_state = NULL, message = NULL
             WHERE id = $1::bigint AND lease = $2::uuid AND state = 'leased'
               AND EXISTS (SELECT FROM godwit.migration_runs AS run
                            WHERE run.id = shards.run_id AND run.status <> 'cancelled')
            RETURNING id, run_id, entity, kind, attempt, lower_key, upper_key
        ), closed AS (
            UPDATE godwit.attempts SET ended_at = clock_timestamp(), outcome = 'done'
             WHERE lease = $2::uuid AND EXISTS (SELECT FROM fenced)
        ), present AS (
            INSERT INTO godwit.shard_presence (shard_id, run_id, entity, presence)
            SELECT id, run_id, entity, $12::bytea FROM fenced WHERE $12::bytea IS NOT NULL
            ON CONFLICT (shard_id) DO UPDATE SET presence = excluded.presence
        ), logged AS (
            INSERT INTO godwit.migration_change_log
                   (migration_run_id, entity_type, entity_id, change_type, change_data, shard_id, attempt)
            SELECT run_id, entity, 's' || id, CASE WHEN kind = 'fill' OR (SELECT merges FROM before) THEN 'update' ELSE 'insert' END,
                   jsonb_build_object('lower_key', lower_key, 'upper_key', upper_key, 'source_rows', $3::bigint,
                       'migrated', $4::bigint, 'rejected', $5::bigint, 'filtered', $6::bigint, 'adjusted', $7::jsonb),
                   id, attempt
              FROM fenced WHERE $13::boolean
        )
        SELECT count(*) AS fenced FROM fenced
        """
}
