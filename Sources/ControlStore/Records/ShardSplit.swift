/// Where a shard is cut in two.
package enum ShardCut: Sendable, Equatable {
    /// The second half begins with this key.
    case key(Int64)
    /// So many of a `replay` shard's keys go into the first half.
    case keys(Int)
}

/// How a shard is cut in two, and what is known of the halves.
package struct ShardSplit: Sendable, Equatable {
    package var cut: ShardCut
    /// Rows of each half.
    package var firstRows: Int
    package var secondRows: Int

    package init(cut: ShardCut, firstRows: Int, secondRows: Int) {
        self.cut = cut
        self.firstRows = firstRows
        self.secondRows = secondRows
    }
}
