import Postgres
package import Scheduling

/// Per-row audit, written inside the shard's transaction after its rows and before the fence.
package struct AuditStatement: Sendable {
    package var run: RunID
    package var entity: EntityName
    package var shard: ShardID
    package var attempt: Int
    /// Qualified and quoted.
    package var targetTable: String
    /// Quoted, as is the legacy column.
    package var idColumn: String
    package var legacyColumn: String
    package var rows: Rows

    package init(
        run: RunID,
        entity: EntityName,
        shard: ShardID,
        attempt: Int,
        targetTable: String,
        idColumn: String,
        legacyColumn: String,
        rows: Rows
    ) {
        self.run = run
        self.entity = entity
        self.shard = shard
        self.attempt = attempt
        self.targetTable = targetTable
        self.idColumn = idColumn
        self.legacyColumn = legacyColumn
        self.rows = rows
    }

    /// `audit: table`: one mapping per migrated row.
    package var mappings: Statement {
        Statement(
            """
            INSERT INTO godwit.uuid_mapping_ledger (entity_type, legacy_id, uuid_value, migration_run_id)
            SELECT $2, \(self.legacy), \(self.id), $1::uuid FROM \(self.targetTable) WHERE \(self.condition)
            ON CONFLICT (migration_run_id, entity_type, legacy_id) DO UPDATE SET uuid_value = excluded.uuid_value
            """,
            [.run(self.run), .entity(self.entity)] + self.bounds
        )
    }

    /// `change_log: rows`: one change per migrated row.
    package var changes: Statement {
        let next = self.bounds.count + 3
        return Statement(
            """
            INSERT INTO godwit.migration_change_log
                   (migration_run_id, entity_type, entity_id, change_type, change_data, shard_id, attempt)
            SELECT $1::uuid, $2, \(self.legacy), 'insert', jsonb_build_object('id', \(self.id)), $\(next)::bigint,
                   $\(next + 1)::integer
              FROM \(self.targetTable) WHERE \(self.condition)
            """,
            [.run(self.run), .entity(self.entity)] + self.bounds + [.shard(self.shard), .integer(self.attempt)]
        )
    }

    private var id: String { self.idColumn }
    private var legacy: String { self.legacyColumn }

    private var condition: String {
        switch self.rows {
        case .range(let range):
            // An open bound makes no condition: one with OR could use no index.
            (["\(self.legacy) IS NOT NULL"]
                + (range.lower == nil ? [] : ["\(self.legacy) >= $3::bigint"])
                + (range.upper == nil ? [] : ["\(self.legacy) < $\(range.lower == nil ? 3 : 4)::bigint"]))
                .joined(separator: " AND ")
        case .keys:
            "\(self.legacy) = ANY ($3::bigint[])"
        }
    }

    private var bounds: [QueryParameter] {
        switch self.rows {
        case .range(let range): [range.lower, range.upper].compactMap { $0 }.map { .integer($0) }
        case .keys(let keys): [.integers(keys)]
        }
    }
}

extension AuditStatement {
    /// The rows of the target the shard has written.
    package enum Rows: Sendable, Equatable {
        case range(KeyRange)
        case keys([Int64])
    }
}
