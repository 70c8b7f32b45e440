package import Postgres
package import Scheduling

/// What a merging shard does to the earlier rejects of its range, in its own transaction and before it writes new ones.
package enum MergeStatement {
    /// What replays have counted of a range's rows, each of them also as one reject less.
    ///
    /// The shard leaves them out of its own figures: over all shards source rows = migrated + rejected + filtered stays
    /// true, and so does each of them.
    package struct Replayed: Sendable, Equatable {
        package var migrated = 0
        package var filtered = 0
        /// Rows that the source has no more, which the replay took off the source rows.
        package var gone = 0

        package init() {}

        package var total: Int { self.migrated + self.filtered + self.gone }
    }

    /// Locks the rejects of a range, and so waits for replays that are at work on them.
    ///
    /// To be run before ``open(_:of:in:)``: a statement sees what was committed before it began (READ
    /// COMMITTED), and what a replay commits while it waits is too late for it.
    package static func lock(_ range: KeyRange, of entity: EntityName, in run: RunID) -> Statement {
        Statement(
            """
            SELECT count(*) FROM (SELECT id FROM godwit.rejects WHERE \(self.isInRange) ORDER BY id FOR UPDATE) AS locked
            """,
            self.range(range, of: entity, in: run)
        )
    }

    /// Looks for the open rejects of a range, for ``keys(_:)``.
    package static func open(_ range: KeyRange, of entity: EntityName, in run: RunID) -> Statement {
        Statement(
            "SELECT DISTINCT source_key FROM godwit.rejects WHERE \(self.isInRange) AND resolved_at IS NULL",
            self.range(range, of: entity, in: run)
        )
    }

    /// The keys that the statement answered.
    package static func keys(_ result: QueryResult) -> [Int64] {
        result.rows.compactMap { $0.integer("source_key") }
    }

    /// Resolves the open rejects of a range, and answers what replays have counted of it, for ``replayed(_:)``.
    ///
    /// - Parameters:
    ///   - range: The shard's keys.
    ///   - entity: The shard's entity.
    ///   - run: The run.
    ///   - shard: The shard that merges.
    ///   - keys: Of the rows it has rejected itself.
    ///   - gone: Of rows that the source has no more.
    ///   - filtered: Of rows that the plan leaves out on purpose.
    /// - Returns: The statement, for the shard's own transaction.
    package static func resolve(
        _ range: KeyRange,
        of entity: EntityName,
        in run: RunID,
        by shard: ShardID,
        rejectedAgain keys: [Int64],
        gone: [Int64] = [],
        filtered: [Int64] = []
    ) -> Statement {
        Statement(
            """
            WITH mine AS (
                SELECT id, resolved_at, resolved_by, resolution FROM godwit.rejects WHERE \(self.isInRange)
            ), resolved AS (
                UPDATE godwit.rejects AS reject
                   SET resolved_at = clock_timestamp(), resolved_by = $5::bigint,
                       resolution = CASE WHEN source_key = ANY ($6::bigint[]) THEN 'superseded'
                                         WHEN source_key = ANY ($7::bigint[]) THEN 'gone'
                                         WHEN source_key = ANY ($8::bigint[]) THEN 'filtered'
                                         ELSE 'migrated' END
                  FROM mine WHERE reject.id = mine.id AND mine.resolved_at IS NULL AND reject.resolved_at IS NULL
            )
            SELECT count(*) FILTER (WHERE mine.resolution = 'migrated') AS migrated,
                   count(*) FILTER (WHERE mine.resolution = 'filtered') AS filtered,
                   count(*) FILTER (WHERE mine.resolution = 'gone') AS gone
              FROM mine JOIN godwit.shards AS shard ON shard.id = mine.resolved_by AND shard.kind = 'replay'
            """,
            self.range(range, of: entity, in: run)
                + [.shard(shard), .integers(keys), .integers(gone), .integers(filtered)]
        )
    }

    private static let isInRange = """
        run_id = $1::uuid AND entity = $2
                   AND ($3::bigint IS NULL OR source_key >= $3::bigint)
                   AND ($4::bigint IS NULL OR source_key < $4::bigint)
        """

    private static func range(_ range: KeyRange, of entity: EntityName, in run: RunID) -> [QueryParameter] {
        [.run(run), .entity(entity), .integer(range.lower), .integer(range.upper)]
    }

    /// What the statement answered.
    package static func replayed(_ result: QueryResult) -> Replayed {
        var replayed = Replayed()
        replayed.migrated = result.first?.count("migrated") ?? 0
        replayed.filtered = result.first?.count("filtered") ?? 0
        replayed.gone = result.first?.count("gone") ?? 0
        return replayed
    }
}
