import MigrationPlan
import RowPipeline

/// Which indexes and foreign keys of an entity's target table are dropped for the load, and which stay, and why.
///
/// Only what comes back exactly as it was, and whose violation can be told from the rows as today, is dropped: nothing has
/// to be checked afterwards.
struct Rebuilding: Equatable {
    var deferred: [DeferredObject] = []
    var kept: [KeptObject] = []

    /// From so many rows on, or bytes, it pays by itself: below, an index is built in less time than the extra steps take.
    static let leastRows: Int64 = 200_000
    static let leastBytes: Int64 = 256 << 20

    /// What the judgement takes.
    struct Entity {
        var plan: EntityPlan
        var policy: RunSettings.Rebuild
        var identity: EntityIdentity
        var statistics: SourceStatistics
        /// Qualified and quoted.
        var table: String
        /// Whether shards read their rows again by the legacy column.
        var readsByLegacyColumn: Bool
        /// For each column whose values are those of rows that are there: the id column of which table that is.
        var references: [String: Reference]
        /// Why no object of the table may be off; nil where nothing speaks against it.
        var obstacle: String?

        /// Whether anything is to be said of it.
        var isWanted: Bool {
            switch self.policy {
            case .never: false
            case .always: true
            case .auto:
                self.plan.into == .empty
                    && (self.statistics.rows >= Rebuilding.leastRows || self.statistics.bytes >= Rebuilding.leastBytes)
            }
        }
    }

    /// A column of a table in which a value is found.
    struct Reference: Equatable {
        var table: TableName
        var column: String
    }

    init(_ entity: Entity, _ structure: TableStructure) {
        guard entity.isWanted else { return }
        let obstacle = entity.obstacle ?? structure.obstacle
        for key in structure.foreignKeys {
            if let reason = obstacle ?? Self.reason(toKeep: key, entity) {
                self.kept.append(KeptObject(key.name, reason))
            } else {
                self.deferred.append(Self.deferred(key, of: entity.table))
            }
        }
        for index in structure.indexes {
            if let reason = obstacle ?? Self.reason(toKeep: index, entity, structure) {
                self.kept.append(KeptObject(index.name, reason))
            } else if let constraint = index.constraint {
                self.deferred.append(Self.deferred(index, constraint, of: entity.table))
            } else {
                self.deferred.append(
                    DeferredObject(
                        kind: .index,
                        name: index.name,
                        isUnchanged: index.isUnchanged,
                        drop: "DROP INDEX \(index.sql)",
                        steps: [DeferredObject.Step(.index, index.definition)]
                    )
                )
            }
        }
    }

    private static func reason(toKeep key: TableStructure.ForeignKey, _ entity: Entity) -> String? {
        if !key.obstacles.isEmpty { return key.obstacles }
        guard let column = key.column, let reference = entity.references[column], reference.table == key.parent,
            reference.column == key.parentColumn
        else { return "no `ref:` of the plan proves it" }
        return key.mayReference ? nil : "a role has no REFERENCES on \(key.parent.description)"
    }

    private static func reason(
        toKeep index: TableStructure.Index,
        _ entity: Entity,
        _ structure: TableStructure
    ) -> String? {
        if !index.obstacles.isEmpty { return index.obstacles }
        if index.isUnique {
            // Its duplicates would be committed, and deleted later: subscribers and the table's own DELETE would meet them.
            if structure.isPublished { return "the table is published" }
            if structure.deletion.hasRules { return "the table has a rule for DELETE" }
            if structure.deletion.hasTriggers, entity.plan.triggers != .suspend {
                return "the table has a trigger for DELETE"
            }
        }
        if index.mayFailOnRows { return "it could refuse a row that is no duplicate" }
        guard let legacy = entity.plan.legacy else {
            return index.isUnique ? "without a legacy column nothing names duplicates" : nil
        }
        guard !index.isPartial, index.leadingColumn == legacy else { return nil }
        if entity.readsByLegacyColumn { return "`audit: table` and `change_log: rows` read each shard's rows by it" }
        switch entity.identity.strategy {
        case .ordered, .v5: return nil
        case .v4, .v7, .stored: return "UUIDs are looked up by it"
        }
    }

    /// Whether a constraint of the table has a definition.
    private static func isDefined(_ name: String, of table: String, as definition: String) -> String {
        """
        (SELECT pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint
          WHERE conname = \(SQLText.literal(name)) AND conrelid = pg_catalog.to_regclass(\(SQLText.literal(table))))
         = \(SQLText.literal(definition))
        """
    }

    private static func deferred(_ key: TableStructure.ForeignKey, of table: String) -> DeferredObject {
        let name = SQLText.identifier(key.name)
        let add = "ALTER TABLE \(table) ADD CONSTRAINT \(name) \(key.definition)"
        return DeferredObject(
            kind: .foreignKey,
            name: key.name,
            isUnchanged: Self.isDefined(key.name, of: table, as: key.definition),
            drop: "ALTER TABLE \(table) DROP CONSTRAINT \(name)",
            steps: key.isValidated
                ? [
                    DeferredObject.Step(.constraint, "\(add) NOT VALID"),
                    DeferredObject.Step(.validate, "ALTER TABLE \(table) VALIDATE CONSTRAINT \(name)"),
                ] : [DeferredObject.Step(.constraint, add)]
        )
    }

    private static func deferred(
        _ index: TableStructure.Index,
        _ constraint: TableStructure.Constraint,
        of table: String
    ) -> DeferredObject {
        let name = SQLText.identifier(constraint.name)
        let kind = constraint.type == "p" ? "PRIMARY KEY" : "UNIQUE"
        return DeferredObject(
            kind: constraint.type == "p" ? .primaryKey : .unique,
            name: constraint.name,
            isUnchanged:
                "\(Self.isDefined(constraint.name, of: table, as: constraint.definition)) AND \(index.isUnchanged)",
            drop: "ALTER TABLE \(table) DROP CONSTRAINT \(name)",
            steps: [
                DeferredObject.Step(.index, index.definition),
                DeferredObject.Step(
                    .constraint,
                    "ALTER TABLE \(table) ADD CONSTRAINT \(name) \(kind) USING INDEX \(SQLText.identifier(index.name))"
                ),
            ]
        )
    }
}

extension TableStructure.Index {
    /// Whether there is still an index of this name and definition.
    fileprivate var isUnchanged: String {
        "pg_catalog.pg_get_indexdef(pg_catalog.to_regclass(\(SQLText.literal(self.sql)))) = \(SQLText.literal(self.definition))"
    }
}
