/// What the source said about one entity.
struct SourceFacts {
    var table: CatalogTable
    /// The FROM item, aliased `source`.
    var from: String
    /// Columns of the row source in order: the base table's, or those of the plan's query.
    var columns: [(name: String, type: ColumnType)] = []
    /// Expressions of the plan that the source accepted.
    var expressions: [String: ColumnType] = [:]
    /// Expressions that it refused, with its message.
    var refusals: [String: String] = [:]
    /// From the lowest key to the highest, nil for an empty table.
    var keys: ClosedRange<Int64>?
    /// Whether some row of the base table has no key.
    var hasNullKeys = false

    func column(named name: String) -> ColumnType? {
        self.columns.first { $0.name == name }?.type
    }
}
