/// A column of a table into which rows go on their way to the target table.
package struct StagingColumn: Codable, Sendable, Equatable {
    /// Bare name of the target column.
    package var name: String
    /// The column's base type as SQL: no length, no scale, no domain.
    package var type: String
    /// The type to cast to on the way into the table, where assignment alone does not; nil for none.
    package var cast: String?

    package init(name: String, type: String, cast: String? = nil) {
        self.name = name
        self.type = type
        self.cast = cast
    }
}
