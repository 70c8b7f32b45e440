/// What may be off during a load, as the target's catalog describes it.
struct TableStructure: Equatable {
    /// Why the table as a whole must be left as it is; nil where nothing speaks against it.
    var obstacle: String?
    /// Whether a publication has it: without a primary key its rows could not be updated, and a subscriber with a unique
    /// index would stop at the first duplicate.
    var isPublished = false
    var deletion = Deletion()
    var indexes: [Index] = []
    var foreignKeys: [ForeignKey] = []
}

extension TableStructure {
    /// What a DELETE would set off, which the rows of a duplicate never met where the index is in place.
    struct Deletion: Equatable {
        var hasTriggers = false
        var hasRules = false
    }

    /// An index, with the constraint it belongs to.
    struct Index: Equatable {
        var name: String
        /// Qualified and quoted.
        var sql: String
        var definition: String
        var method: String
        var constraint: Constraint?
        /// The first key column, nil for an expression.
        var leadingColumn: String?
        var isUnique: Bool
        var isPartial: Bool
        /// Reasons to leave it as it is that its catalog entry alone tells; empty for none.
        var obstacles: String
        /// Whether building it could meet an error that is about one row and no duplicate, such as a failing expression or
        /// a value that is too long for an index.
        var mayFailOnRows: Bool
    }

    struct Constraint: Equatable {
        var name: String
        /// `pg_constraint.contype`.
        var type: String
        var definition: String
    }

    /// A foreign key of the table.
    struct ForeignKey: Equatable {
        var name: String
        var definition: String
        var isValidated: Bool
        /// Its column where it has just one.
        var column: String?
        var parent: TableName
        var parentColumn: String?
        var mayReference: Bool
        /// Reasons to leave it as it is that its catalog entry alone tells; empty for none.
        var obstacles: String
    }
}
