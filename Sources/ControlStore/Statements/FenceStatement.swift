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
    /// What the worker leaves to others; the shard ends before it then.
    package var rest: ShardRest?

    package init(
        shard: ShardID,
        lease: LeaseID,
        counters: ShardCounters,
        timings: [String: Double],
        presence: [UInt8]?,
        highestKey: Int64?,
        logsChange: Bool,
        planRevision: Int = 1,
        rest: ShardRest? = nil
    ) {
        self.shard = shard
        self.lease = lease
        self.counters = counters
        self.timings = timings
        self.presence = presence
        self.highestKey = highestKey
        self.logsChange = logsChange
        self.planRevision = planRevision
        self.rest = rest
    }

    /// Whether the fence held; if not, the transaction must be rolled back.
    package static func held(_ result: QueryResult) -> Bool {
        result.first?.integer("fenced") == 1
    }

    package var statement: Statement {
        Statement(
            Self.sql(leavesRest: self.rest != nil),
            [
                .shard(self.shard), .lease(self.lease), .integer(self.counters.sourceRows),
                .integer(self.counters.migrated), .integer(self.counters.rejected), .integer(self.counters.filtered),
                .json(self.counters.adjusted), .integer(self.counters.bytesRead), .integer(self.counters.bytesWritten),
                .json(self.timings), .integer(self.highestKey), self.presence.map { .bytes($0) } ?? .null,
                .bool(self.logsChange), .integer(self.planRevision),
            ] + (self.rest.map { [.integers($0.lowerKeys), .integers($0.rows.map(Int64.init))] } ?? [])
        )
    }

    /// The range ends where the rest begins, and the rest becomes shards: all of it holds with the fence, or nothing does.
    private static let yielded = """
        ), yielded AS (
            INSERT INTO godwit.shards
                   (run_id, entity, kind, lower_key, upper_key, estimated_rows, estimated_bytes, parent, origin)
            SELECT fenced.run_id, fenced.entity, fenced.kind, part.lower_key,
                   coalesce(lead(part.lower_key) OVER (ORDER BY part.lower_key), before.upper_key), part.rows,
                   (before.estimated_bytes * (part.rows / before.all_rows))::bigint, fenced.id,
                   coalesce(before.origin, fenced.id)
              FROM fenced, before, unnest($15::bigint[], $16::bigint[]) AS part(lower_key, rows)
        """

    private static let narrowed = """
        , upper_key = ($15::bigint[])[1], estimated_rows = $3::bigint,
                   estimated_bytes = (estimated_bytes * ($3::bigint / (SELECT all_rows FROM before)))::bigint
        """

    private static let isInside = """
        AND kind = 'copy' AND NOT merges AND ($15::bigint[])[1] > coalesce(lower_key, -9223372036854775808)
               AND (upper_key IS NULL OR upper_key > ALL ($15::bigint[]))
        """

    private static func sql(leavesRest: Bool) -> String {
        """
        WITH before AS (
            SELECT merges, upper_key, origin, estimated_bytes,
                   greatest(1, $3::bigint\(leavesRest ? " + (SELECT sum(rows) FROM unnest($16::bigint[]) AS rows)" : ""))
                       ::double precision AS all_rows
              FROM godwit.shards WHERE id = $1::bigint
        ), fenced AS (
            UPDATE godwit.shards
               SET state = 'done', finished_at = clock_timestamp(), lease_until = NULL, merges = false,
                   source_rows = $3::bigint, migrated = $4::bigint, rejected = $5::bigint, filtered = $6::bigint,
                   adjusted = $7::jsonb, bytes_read = $8::bigint, bytes_written = $9::bigint, timings = $10::jsonb,
                   highest_key = $11::bigint, plan_revision = $14::integer, error_class = NULL, sql_state = NULL, message = NULL
                   \(leavesRest ? Self.narrowed : "")
             WHERE id = $1::bigint AND lease = $2::uuid AND state = 'leased' \(leavesRest ? Self.isInside : "")
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
        \(leavesRest ? Self.yielded : "")
        )
        SELECT count(*) AS fenced FROM fenced
        """
    }
}
