package import Postgres
package import Scheduling

/// What a `replay` shard does to the rejects it takes up, in its own transaction.
///
/// Only keys that still have an open reject are migrated, and their rows in `godwit.rejects` stay locked until the
/// shard commits: two shards over the same key can't both bring its row, whoever asked for them.
package struct ReplayStatement: Sendable {
    package var run: RunID
    package var entity: EntityName
    package var shard: ShardID

    package init(run: RunID, entity: EntityName, shard: ShardID) {
        self.run = run
        self.entity = entity
        self.shard = shard
    }

    /// Resolves the open rejects of these keys, and answers which they were, for ``taken(_:)``.
    ///
    /// Their number is taken off the shard's `rejected`, which makes it negative where rows were migrated: over all
    /// shards source rows = migrated + rejected + filtered stays true.
    package func take(_ keys: [Int64]) -> Statement {
        Statement(
            """
            UPDATE godwit.rejects
               SET resolved_at = clock_timestamp(), resolved_by = $4::bigint, resolution = 'migrated'
             WHERE run_id = $1::uuid AND entity = $2 AND source_key = ANY ($3::bigint[]) AND resolved_at IS NULL
               AND shard_id <> $4::bigint
            RETURNING source_key, reason, column_name
            """,
            self.parameters(keys)
        )
    }

    /// The rejects that `take` resolved.
    package static func taken(_ result: QueryResult) -> [TakenReject] {
        result.rows.map { row in
            TakenReject(
                key: row.value("source_key") { Int64($0) },
                reason: row.string("reason"),
                column: row.text("column_name")
            )
        }
    }

    /// Says what became of rows that were taken up and not migrated.
    package func settle(_ keys: [Int64], as resolution: RejectResolution) -> Statement {
        Statement(
            """
            UPDATE godwit.rejects SET resolution = $5
             WHERE run_id = $1::uuid AND entity = $2 AND source_key = ANY ($3::bigint[]) AND resolved_by = $4::bigint
            """,
            self.parameters(keys) + [.text(resolution.rawValue)]
        )
    }

    /// Opens rejects again whose rows failed for the same reason at the same column, instead of a second one.
    package func reopen(_ rejects: [ReopenedReject]) -> Statement {
        Statement(
            """
            UPDATE godwit.rejects AS reject
               SET resolved_at = NULL, resolved_by = NULL, resolution = NULL, tries = tries + 1,
                   tried_at = clock_timestamp(), detail = again.detail, source_row = again.source_row::json,
                   parent_entity = again.parent_entity, parent_key = again.parent_key::bigint, purged_at = NULL
              FROM unnest($3::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
                   AS again(key, detail, source_row, parent_entity, parent_key)
             WHERE run_id = $1::uuid AND entity = $2 AND source_key = again.key AND resolved_by = $4::bigint
            """,
            self.parameters(rejects.map(\.key)) + [
                .texts(rejects.map(\.detail)), .texts(rejects.map(\.sourceRow)), .texts(rejects.map(\.parentEntity)),
                .texts(rejects.map { $0.parentKey.map(String.init) }),
            ]
        )
    }

    private func parameters(_ keys: [Int64]) -> [QueryParameter] {
        [.run(self.run), .entity(self.entity), .integers(keys), .shard(self.shard)]
    }
}
