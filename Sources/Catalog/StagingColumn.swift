/// A column of a table into which rows go on their way to the target table.
package struct StagingColumn: Codable, Sendable, Equatable {
    /// Bare name of the target column.
    package var name: String
    /// The column's base type as SQL: no length, no scale, no domain.
    package var type: String

    package init(name: String, type: String) {
        self.name = name
        self.type = type
    }
}
