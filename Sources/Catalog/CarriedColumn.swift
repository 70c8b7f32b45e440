import MigrationPlan

/// A source expression on its way into a target column by the cast table.
struct CarriedColumn {
    /// The target column's name.
    var name: String
    var expression: String
    var type: ColumnType
    /// Whether texts that are too long are cut.
    var truncates: Bool
    var position: Position
}
