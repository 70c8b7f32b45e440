/// What the planner of shards has to know about an entity's base table.
package struct SourceStatistics: Codable, Sendable, Equatable {
    /// Rows of the base table, estimated where the table is large.
    package var rows: Int64
    /// Bytes of heap and TOAST.
    package var bytes: Int64
    /// The lowest key, nil for an empty table.
    package var minKey: Int64?
    package var maxKey: Int64?
    /// Ascending keys that cut the rows into steps, the lowest and the highest key included; empty for an empty table.
    package var bounds: [Int64]
    /// What lies from each bound to the next, the last one's highest key included; nil where only the bounds are known,
    /// with about the same number of rows between each two.
    package var steps: [Step]?
    /// −1...1: how far the heap's order is the key's order; 1 where unknown.
    package var correlation: Double

    package init(
        rows: Int64,
        bytes: Int64,
        minKey: Int64?,
        maxKey: Int64?,
        bounds: [Int64],
        steps: [Step]? = nil,
        correlation: Double
    ) {
        self.rows = rows
        self.bytes = bytes
        self.minKey = minKey
        self.maxKey = maxKey
        self.bounds = bounds
        self.steps = steps
        self.correlation = correlation
    }

    /// Whether a key range is scattered over the heap, so that it should be read in fewer, larger, sorted pieces.
    ///
    /// 0.9: below it an index range scan touched most pages more than once and cost twice the CPU.
    package var isScattered: Bool { self.correlation.magnitude < 0.9 }
}

extension SourceStatistics {
    /// Estimates of a range of keys.
    package struct Step: Codable, Sendable, Equatable {
        package var rows: Int64
        /// Of the columns that the entity reads, as they are stored.
        package var bytes: Int64

        package init(rows: Int64, bytes: Int64) {
            self.rows = rows
            self.bytes = bytes
        }
    }
}
