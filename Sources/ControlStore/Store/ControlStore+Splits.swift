import Postgres
package import Scheduling

extension ControlStore {
    /// Records a failed attempt and puts two halves in the place of its shard, in one statement.
    ///
    /// Each half has one attempt left, and together they cover the shard's keys exactly: their outer bounds are the
    /// shard's own and the inner one is the same. The shard is `split` and counts nowhere any more; the halves of one that
    /// merges merge as well.
    ///
    /// - Returns: The halves, the lower one first; none where the lease is no longer held or the cut is not inside the
    ///   shard, and nothing is changed then.
    package func split(_ failure: FailedAttempt, _ split: ShardSplit) throws(ControlStoreError) -> [ShardID] {
        let key: Int64?
        let count: Int64?
        switch split.cut {
        case .key(let cut): (key, count) = (cut, nil)
        case .keys(let first): (key, count) = (nil, Int64(first))
        }
        return
            try self.lead(
                "halve shard \(failure.shard)",
                Self.splitStatement,
                [
                    .shard(failure.shard), .lease(failure.lease), .text(failure.errorClass), .text(failure.sqlState),
                    .text(failure.message), .integer(key), .integer(count), .integer(split.firstRows),
                    .integer(split.secondRows),
                ]
            )
            .rows.map { $0.shard("id") }
    }

    /// Remembers at which rate of failing rows the circuit breaker tripped.
    func acceptErrorRate(_ rate: Double, of entity: EntityName, in run: RunID) throws(ControlStoreError) {
        try self.lead(
            "remember the error rate of \(entity)",
            """
            UPDATE godwit.entities SET accepted_error_rate = $4::double precision
             WHERE run_id = $2::uuid AND name = $3 AND \(Self.reigns)
            """,
            [.run(run), .entity(entity), .double(rate)]
        )
    }

    /// Rates of failing rows at which the circuit breaker tripped, by entity.
    package func acceptedErrorRates(of run: RunID) throws(ControlStoreError) -> [EntityName: Double] {
        let rows =
            try self.query(
                "read the accepted error rates of run \(run)",
                "SELECT name, accepted_error_rate FROM godwit.entities WHERE run_id = $1::uuid AND accepted_error_rate > 0",
                [.run(run)]
            )
            .rows
        return Dictionary(
            uniqueKeysWithValues: rows.map { ($0.entity("name"), $0.double("accepted_error_rate") ?? 0) }
        )
    }

    private static let splitStatement = """
        WITH parent AS (
            UPDATE godwit.shards
               SET state = 'split', lease = NULL, lease_until = NULL, not_before = NULL,
                   finished_at = clock_timestamp(), failed_attempts = failed_attempts + 1,
                   error_class = $4, sql_state = $5, message = $6,
                   source_rows = 0, migrated = 0, rejected = 0, filtered = 0, adjusted = '{}'
             WHERE id = $2::bigint AND lease = $3::uuid AND state = 'leased' AND object_id IS NULL AND \(ControlStore.reigns)
               AND CASE WHEN kind = 'replay' THEN $8::integer BETWEEN 1 AND cardinality(keys) - 1
                        ELSE (lower_key IS NULL OR $7::bigint > lower_key)
                             AND (upper_key IS NULL OR $7::bigint < upper_key) END
            RETURNING *
        ), closed AS (
            UPDATE godwit.attempts
               SET ended_at = clock_timestamp(), error_class = $4, sql_state = $5, message = $6, outcome = 'failed'
             WHERE lease = $3::uuid AND EXISTS (SELECT FROM parent)
        )
        INSERT INTO godwit.shards
               (run_id, entity, kind, lower_key, upper_key, keys, estimated_rows, estimated_bytes, failed_attempts,
                parent, origin, merges)
        SELECT run_id, entity, kind,
               CASE WHEN half = 1 THEN lower_key ELSE $7::bigint END,
               CASE WHEN half = 1 THEN $7::bigint ELSE upper_key END,
               CASE WHEN half = 1 THEN keys[1:$8::integer] ELSE keys[$8::integer + 1:] END,
               CASE WHEN half = 1 THEN $9::bigint ELSE $10::bigint END,
               estimated_bytes / 2, failed_attempts - 1, id, coalesce(origin, id), merges
          FROM parent, generate_series(1, 2) AS half
         ORDER BY half
        RETURNING id
        """
}
