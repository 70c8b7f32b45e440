/// One entity of a plan: one source query that becomes one target table.
package struct EntityPlan: Sendable, Equatable {
    package var name: String
    /// The phase it is pinned to, nil where the phase follows from the references.
    package var phase: String?
    /// The base table in the source, whose rows are accounted for: `table` or `schema.table`.
    package var from: String
    /// A SELECT that replaces the base table as row source; it must yield the key column once per base row.
    package var query: String?
    /// Rows of the base table outside this SQL condition are filtered on purpose and counted apart.
    package var filter: String?
    /// The target table: `table` or `schema.table`.
    package var to: String
    /// The integer key column of the source.
    package var key: String
    /// The target's UUID column, nil for a table without one.
    package var id: String?
    /// The target's column that keeps the source key, nil where there is none.
    package var legacy: String?
    /// The 12-bit tag of the `ordered` strategy, 0...4095; nil for other strategies.
    package var tag: UInt16?
    package var identity: IdentityStrategy
    /// The target columns in the order in which the file names them.
    package var columns: [ColumnPlan]
    /// Row conditions; a row that fails one is rejected with the check's name.
    package var checks: [RowCheck]
    package var unique: [UniqueRule]
    package var into: ExistingRows
    package var triggers: TriggerPolicy
    /// Whether indexes and foreign keys of the table are off during the load; nil as `run.rebuild` says.
    package var rebuild: RunSettings.Rebuild?
    /// Higher goes first among released entities.
    package var priority: Int
    /// The most shards of this entity in flight at once, nil for no bound of its own.
    package var parallelism: Int?
    package var differential: DifferentialSettings?
    /// Whether the source rows of its rejects are stored; nil as `run.rejects` says.
    package var keepsRejectedRows: Bool?
    /// Where the entity stands in the file.
    package var position: Position
}

extension EntityPlan {
    /// What to do with rows the target table already has.
    package enum ExistingRows: String, Sendable, Equatable, Codable {
        /// Refuse to start unless the table is empty.
        case empty
        /// Load beside them.
        case append
    }

    /// What happens to the target table's user triggers during the load.
    package enum TriggerPolicy: String, Sendable, Equatable, Codable {
        /// Disabled from the first shard to the entity's completion, then enabled again.
        case suspend
        /// They fire for every row.
        case keep
    }
}
