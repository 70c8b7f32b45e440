import Postgres
package import Scheduling

/// What stands behind a reject, for whoever asks about a single one.
extension ControlStore {
    /// A value of a column, by its bare name; the type is SQL.
    package struct ColumnValue: Sendable {
        package var column: String
        package var type: String
        package var value: String

        package init(column: String, type: String, value: String) {
            self.column = column
            self.type = type
            self.value = value
        }
    }

    /// The source key of another row of the target with these values; nil where there is none, or this role may not look.
    ///
    /// Table and legacy column are quoted.
    package func keyOfRow(
        in table: String,
        legacyColumn: String,
        where values: [ColumnValue],
        otherThan key: Int64
    ) throws(ControlStoreError) -> Int64? {
        let conditions = values.enumerated()
            .map { place, value in "\(quoteIdentifier(value.column)) = $\(place + 2)::text::\(value.type)" }
        do {
            return try self
                .query(
                    "look for the row that keeps a value",
                    """
                    SELECT \(legacyColumn)::bigint AS key FROM \(table)
                     WHERE \(legacyColumn) <> $1::bigint AND \(conditions.joined(separator: " AND ")) LIMIT 1
                    """,
                    [.integer(key)] + values.map { .text($0.value) }
                )
                .first?
                .integer("key")
        } catch {
            // An operator's role need not read the data, and a stored value need not be one that the column compares with.
            guard let state = error.sqlState?.rawValue, state.hasPrefix("42") || state.hasPrefix("22") else {
                throw error
            }
            return nil
        }
    }

    /// The shard that has copied a key's row.
    package func copyShard(of entity: EntityName, key: Int64, in run: RunID) throws(ControlStoreError) -> ShardID? {
        try self
            .query(
                "look for the shard of \(entity) \(key)",
                """
                SELECT id FROM godwit.shards
                 WHERE run_id = $1::uuid AND entity = $2 AND kind = 'copy' AND state <> 'split'
                   AND (lower_key IS NULL OR lower_key <= $3::bigint) AND (upper_key IS NULL OR upper_key > $3::bigint)
                """,
                [.run(run), .entity(entity), .integer(key)]
            )
            .first?
            .shard("id")
    }

    /// The shard that has still to bring a key's row, or has failed to; nil where none has.
    package func awaitedShard(
        of entity: EntityName,
        key: Int64,
        in run: RunID
    ) throws(ControlStoreError) -> (shard: ShardID, state: ShardState)? {
        try self.query(
            "look for the shard that brings \(entity) \(key)",
            """
            SELECT id, state FROM godwit.shards
             WHERE run_id = $1::uuid AND entity = $2 AND kind IN ('copy', 'replay')
               AND state IN ('pending', 'leased', 'failed')
               AND CASE WHEN keys IS NULL
                        THEN (lower_key IS NULL OR lower_key <= $3::bigint)
                             AND (upper_key IS NULL OR upper_key > $3::bigint)
                        ELSE $3::bigint = ANY (keys) END
             ORDER BY state = 'failed', id LIMIT 1
            """,
            [.run(run), .entity(entity), .integer(key)]
        )
        .first
        .map { ($0.shard("id"), $0.value("state") { ShardState(rawValue: $0) }) }
    }
}
