import Postgres
package import Scheduling

extension ControlStore {
    /// The shard of a run that has been disturbed the most often in a row; nil where none has been several times, or twice at
    /// a loss of much work.
    package func worstDisturbance(of run: RunID) throws(ControlStoreError) -> Disturbance? {
        try self.query(
            "read what disturbs run \(run)",
            """
            SELECT shard.id, shard.entity, shard.kind, shard.sql_state, shard.message, streak.count,
                   count(*) OVER () AS shards
              FROM godwit.shards AS shard
              CROSS JOIN LATERAL (
                  SELECT count(*) AS count,
                         coalesce(extract(epoch FROM sum(attempt.ended_at - attempt.started_at)), 0)::double precision
                             AS seconds
                    FROM godwit.attempts AS attempt
                   WHERE attempt.shard_id = shard.id AND attempt.outcome = 'disturbed'
                     AND attempt.number > coalesce((
                             SELECT max(other.number) FROM godwit.attempts AS other
                              WHERE other.shard_id = shard.id AND other.outcome <> 'disturbed'), 0)) AS streak
             WHERE shard.run_id = $1::uuid AND shard.state IN ('pending', 'leased') AND shard.error_class = 'surroundings'
               AND (streak.count >= $2::bigint OR streak.count > 1 AND streak.seconds >= $3::double precision)
             ORDER BY streak.count DESC, shard.id LIMIT 1
            """,
            [.run(run), .integer(Disturbance.least), .double(Disturbance.loss / .seconds(1))]
        )
        .rows.first
        .map { row in
            Disturbance(
                shard: row.shard("id"),
                entity: row.entity("entity"),
                kind: row.value("kind") { ShardKind(rawValue: $0) },
                count: row.count("count"),
                sqlState: row.text("sql_state"),
                message: row.text("message"),
                shards: row.count("shards")
            )
        }
    }
}
