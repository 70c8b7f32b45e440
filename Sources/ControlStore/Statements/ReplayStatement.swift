package import Postgres
package import Scheduling

/// What a `replay` shard does to the rejects it takes up, in its own transaction and before it writes new ones.
package enum ReplayStatement {
    /// Resolves the open rejects of these keys.
    ///
    /// The number of them, ``resolved(_:)``, is taken off the shard's `rejected`, which makes it negative where rows
    /// were migrated: over all shards source rows = migrated + rejected + filtered stays true.
    package static func resolve(_ keys: [Int64], of entity: EntityName, in run: RunID, by shard: ShardID) -> Statement {
        Statement(
            """
            WITH resolved AS (
                UPDATE godwit.rejects SET resolved_at = clock_timestamp(), resolved_by = $4::bigint
                 WHERE run_id = $1::uuid AND entity = $2 AND source_key = ANY ($3::bigint[]) AND resolved_at IS NULL
                   AND shard_id <> $4::bigint
                RETURNING 1
            )
            SELECT count(*) AS resolved FROM resolved
            """,
            [.run(run), .entity(entity), .integers(keys), .shard(shard)]
        )
    }

    /// How many rejects the statement resolved.
    package static func resolved(_ result: QueryResult) -> Int {
        result.first?.count("resolved") ?? 0
    }
}
