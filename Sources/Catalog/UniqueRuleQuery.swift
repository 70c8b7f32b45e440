/// A `unique:` rule as a query on the source.
package struct UniqueRuleQuery: Codable, Sendable, Equatable {
    /// The target columns that must be unique together.
    package var columns: [String]
    /// A SELECT of one `int8` column: the keys of the rows that lose.
    package var losers: String

    package init(columns: [String], losers: String) {
        self.columns = columns
        self.losers = losers
    }
}
