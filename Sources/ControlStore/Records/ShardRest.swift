/// The keys of a shard that its worker leaves to others, as the shards that are made of them.
package struct ShardRest: Sendable, Equatable {
    /// Where each begins, ascending; the last one ends where the shard ended.
    package var lowerKeys: [Int64]
    /// Rows of each, of the base table.
    package var rows: [Int]

    package init(lowerKeys: [Int64], rows: [Int]) {
        self.lowerKeys = lowerKeys
        self.rows = rows
    }
}
