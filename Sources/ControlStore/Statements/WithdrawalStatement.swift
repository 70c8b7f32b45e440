package import Postgres
package import Scheduling

/// Takes rows back that shards of an entity have committed, in the transaction of a task that deletes them.
package struct WithdrawalStatement: Sendable {
    package var run: RunID
    package var entity: EntityName

    package init(run: RunID, entity: EntityName) {
        self.run = run
        self.entity = entity
    }

    /// Keeps shards that would look at the entity's rows from being granted until the transaction ends.
    ///
    /// A grant skips what somebody has locked; every other change of them goes on.
    ///
    /// - Parameters:
    ///   - dependents: Entities whose copies and replays refer to it.
    ///   - fillers: Entities whose fills do.
    /// - Returns: The statement; waits for grants that are under way.
    package func keepUngranted(_ dependents: [String], fillers: [String]) -> Statement {
        Statement(
            """
            SELECT count(*) FROM (SELECT FROM godwit.shards WHERE \(Self.refers) AND attempt = 0 FOR KEY SHARE) AS kept
            """,
            [.run(self.run), .texts(dependents), .texts(fillers)]
        )
    }

    /// Whether somebody may have looked at the entity's rows already, so that none may go any more.
    ///
    /// After ``keepUngranted(_:fillers:)``, with the same parameters, nobody does any more.
    package func isReferred(to dependents: [String], fillers: [String]) -> Statement {
        Statement(
            "SELECT EXISTS (SELECT FROM godwit.shards WHERE \(Self.refers) AND attempt > 0) AS is_referred",
            [.run(self.run), .texts(dependents), .texts(fillers)]
        )
    }

    private static let refers = """
        run_id = $1::uuid AND (entity = ANY ($2::text[]) AND kind IN ('copy', 'replay')
                               OR entity = ANY ($3::text[]) AND kind = 'fill')
        """

    /// The statement's answer.
    package static func isReferred(_ result: QueryResult) -> Bool {
        result.first?.bool("is_referred") ?? true
    }

    /// Of these keys those that are rejected and not in the target by this run.
    package func rejected(_ keys: [Int64]) -> Statement {
        Statement(
            """
            SELECT DISTINCT source_key FROM godwit.rejects
             WHERE run_id = $1::uuid AND entity = $2 AND source_key = ANY ($3::bigint[]) AND resolved_at IS NULL
               AND NOT is_kept
            """,
            [.run(self.run), .entity(self.entity), .integers(keys)]
        )
    }

    /// The statement's answer.
    package static func keys(_ result: QueryResult) -> Set<Int64> {
        Set(result.rows.compactMap { $0.integer("source_key") })
    }

    /// The finished shards that may have brought rows of the entity, without their presence.
    package var writers: Statement {
        Statement(
            """
            SELECT id, lower_key, upper_key, keys FROM godwit.shards
             WHERE run_id = $1::uuid AND entity = $2 AND kind IN ('copy', 'replay') AND state = 'done' ORDER BY id
            """,
            [.run(self.run), .entity(self.entity)]
        )
    }

    /// The statement's answer.
    package static func writers(_ result: QueryResult) -> [Writer] {
        result.rows.map { Writer(shard: $0.shard("id"), range: $0.range(), keys: $0.keys("keys").map { Set($0) }) }
    }

    /// The presence bitmaps of some shards; where nothing refers to the entity there are none.
    package func presence(of shards: [ShardID]) -> Statement {
        Statement(
            "SELECT shard_id, presence FROM godwit.shard_presence WHERE shard_id = ANY ($1::bigint[])",
            [.shards(shards)]
        )
    }

    /// The statement's answer.
    package static func presence(_ result: QueryResult) -> [ShardID: [UInt8]] {
        Dictionary(result.rows.map { ($0.shard("shard_id"), $0.bytes("presence") ?? []) }) { first, _ in first }
    }

    /// Counts so many rows of a shard as rejected, no longer as migrated.
    package static func move(_ count: Int, of shard: ShardID) -> Statement {
        Statement(
            """
            UPDATE godwit.shards SET migrated = migrated - $2::bigint, rejected = rejected + $2::bigint
             WHERE id = $1::bigint
            """,
            [.shard(shard), .integer(count)]
        )
    }

    /// Replaces the presence bitmap of a shard.
    package static func setPresence(_ presence: [UInt8], of shard: ShardID) -> Statement {
        Statement(
            "UPDATE godwit.shard_presence SET presence = $2::bytea WHERE shard_id = $1::bigint",
            [.shard(shard), .bytes(presence)]
        )
    }

    /// `audit: table`: their mappings go with the rows.
    package func forgetMappings(of keys: [Int64]) -> Statement {
        Statement(
            """
            DELETE FROM godwit.uuid_mapping_ledger
             WHERE migration_run_id = $1::uuid AND entity_type = $2 AND legacy_id = ANY ($3::bigint[])
            """,
            [.run(self.run), .entity(self.entity), .integers(keys)]
        )
    }

    /// `change_log: rows`: the end of what began with an insert.
    package func logDeletions(of keys: [Int64], by shard: ShardID, attempt: Int) -> Statement {
        Statement(
            """
            INSERT INTO godwit.migration_change_log
                   (migration_run_id, entity_type, entity_id, change_type, change_data, shard_id, attempt)
            SELECT $1::uuid, $2, key, 'delete', '{"reason": "duplicate"}', $4::bigint, $5::integer
              FROM unnest($3::bigint[]) AS key
            """,
            [.run(self.run), .entity(self.entity), .integers(keys), .shard(shard), .integer(attempt)]
        )
    }
}

extension WithdrawalStatement {
    /// A finished shard that has written rows of the entity.
    package struct Writer: Sendable {
        package var shard: ShardID
        package var range: KeyRange
        /// Of a `replay` shard, which has no range.
        package var keys: Set<Int64>?

        package init(shard: ShardID, range: KeyRange, keys: Set<Int64>?) {
            self.shard = shard
            self.range = range
            self.keys = keys
        }

        /// Whether it may have brought a row.
        package func covers(_ key: Int64) -> Bool {
            self.keys?.contains(key) ?? self.range.contains(key)
        }
    }
}
