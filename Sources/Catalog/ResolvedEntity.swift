package import MigrationPlan
package import RowPipeline

/// One entity, resolved: what is read, how each column crosses, and what is written.
///
/// Tables and the columns `key`, `idColumn` and `legacyColumn` are quoted, ready to be put into SQL; names inside the
/// row programs and `stagingColumns` are bare, as they appear in rejects.
package struct ResolvedEntity: Codable, Sendable, Equatable {
    package var name: String
    package var phase: String
    /// 0-based place in dependency order.
    package var position: Int
    /// Entities that must be complete before this one starts.
    package var dependencies: [String]
    /// Whether another entity (or this one) refers to its rows, so that shards must record which keys arrived.
    package var recordsPresence: Bool
    /// The base table and every table its query reads, for ACCESS SHARE locks and filenode checks.
    package var sourceTables: [String]
    package var baseTable: String
    package var targetTable: String
    /// The key column of the base table and of the row source.
    package var key: String
    package var legacyColumn: String?
    package var idColumn: String?
    package var identity: EntityIdentity
    package var program: RowProgram
    package var select: SourceSelect
    /// The plan's `where:`; rows of the base table outside are filtered on purpose.
    package var filter: String?
    /// The base table's row as one `text` expression over the alias `source`: a JSON object that `jsonb` accepts.
    package var rowExpression: String
    package var fill: FillPass?
    package var uniqueRules: [UniqueRuleQuery]
    package var stagingColumns: [StagingColumn]
    /// Enabled user triggers of the target table to switch off during the load, bare names.
    package var triggersToSuspend: [String]
    /// Whether a `GENERATED ALWAYS AS IDENTITY` column is written; INSERT then needs OVERRIDING SYSTEM VALUE.
    package var overridesIdentity: Bool
    package var priority: Int
    package var parallelism: Int?
    package var into: EntityPlan.ExistingRows
    package var statistics: SourceStatistics
    /// Whether the source rows of its rejects are stored; nil as the run's policy says.
    package var keepsRejectedRows: Bool?
    /// The types that the rest was made for; nil in a run that was begun before they were recorded.
    package var shape: EntityShape?
    /// Whether an index yields its rows in the order of their keys, so that a worker may stop in the middle of a range; nil
    /// in a run that was begun before there was such a thing.
    package var readsInKeyOrder: Bool?
    /// Indexes and constraints of the target table to drop before the load, in this order, and to rebuild after it.
    ///
    /// Nil in a run that was begun before they were.
    package var deferredObjects: [DeferredObject]?
    /// Those that stay in place although some are dropped, or could have been.
    package var keptObjects: [KeptObject]?

    package init(
        name: String,
        phase: String,
        position: Int,
        dependencies: [String],
        recordsPresence: Bool,
        sourceTables: [String],
        baseTable: String,
        targetTable: String,
        key: String,
        legacyColumn: String?,
        idColumn: String?,
        identity: EntityIdentity,
        program: RowProgram,
        select: SourceSelect,
        filter: String?,
        rowExpression: String,
        fill: FillPass?,
        uniqueRules: [UniqueRuleQuery],
        stagingColumns: [StagingColumn],
        triggersToSuspend: [String],
        overridesIdentity: Bool,
        priority: Int,
        parallelism: Int?,
        into: EntityPlan.ExistingRows,
        statistics: SourceStatistics,
        keepsRejectedRows: Bool? = nil,
        shape: EntityShape? = nil,
        readsInKeyOrder: Bool? = nil
    ) {
        self.name = name
        self.phase = phase
        self.position = position
        self.dependencies = dependencies
        self.recordsPresence = recordsPresence
        self.sourceTables = sourceTables
        self.baseTable = baseTable
        self.targetTable = targetTable
        self.key = key
        self.legacyColumn = legacyColumn
        self.idColumn = idColumn
        self.identity = identity
        self.program = program
        self.select = select
        self.filter = filter
        self.rowExpression = rowExpression
        self.fill = fill
        self.uniqueRules = uniqueRules
        self.stagingColumns = stagingColumns
        self.triggersToSuspend = triggersToSuspend
        self.overridesIdentity = overridesIdentity
        self.priority = priority
        self.parallelism = parallelism
        self.into = into
        self.statistics = statistics
        self.keepsRejectedRows = keepsRejectedRows
        self.shape = shape
        self.readsInKeyOrder = readsInKeyOrder
    }
}
