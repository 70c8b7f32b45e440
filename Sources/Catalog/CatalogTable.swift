/// A table of either database, as its catalog describes it.
struct CatalogTable: Equatable {
    var oid: UInt32
    var schema: String
    var name: String
    /// `pg_class.relkind`.
    var kind: String
    /// Whether the role owns it or belongs to its owner.
    var isOwned: Bool
    /// Whether row-level security hides rows from the role.
    var isRowSecured: Bool
    /// Of SELECT, INSERT, UPDATE, DELETE on the table and USAGE on its schema, those the role lacks.
    var missingPrivileges: [String]
    /// Who lacks them: the session's role.
    var role: String
    /// `reltuples` summed over partitions; negative where it was never analyzed.
    var estimatedRows: Double
    /// Heap and TOAST, summed over partitions.
    var bytes: Int64
    var columns: [Column] = []
    var uniqueIndexes: [UniqueIndex] = []
    /// User triggers that fire in an ordinary session.
    var triggers: [Trigger] = []
    /// Tables that inherit from it without being its partitions: SELECT reads their rows with its own.
    var heirs: [String] = []
    /// Rules that rewrite an INSERT or UPDATE in an ordinary session; COPY passes them by.
    var writeRules: [String] = []

    /// Quoted and schema-qualified.
    var sql: String { SQLText.qualified(self.schema, self.name) }

    func column(named name: String) -> Column? {
        self.columns.first { $0.name == name }
    }

    /// Whether a unique index over all rows has just this column.
    func isUnique(_ column: String) -> Bool {
        self.uniqueIndexes.contains { $0.columns == [column] && !$0.isPartial && !$0.hasExpressions }
    }
}

extension CatalogTable {
    struct Column: Equatable {
        var name: String
        var type: UInt32
        var modifier: Int32
        /// As `format_type` writes it, with modifier.
        var typeSQL: String
        var isNotNull: Bool
        var hasDefault: Bool
        var isGenerated: Bool
        var identity: Identity?
    }

    enum Identity: String, Equatable {
        case always = "a"
        case byDefault = "d"
    }

    struct UniqueIndex: Equatable {
        var name: String
        /// Plain key columns in order; expressions are left out.
        var columns: [String]
        var isPartial: Bool
        var hasExpressions: Bool
    }

    struct Trigger: Equatable {
        var name: String
        var firesOnInsert: Bool
    }
}
