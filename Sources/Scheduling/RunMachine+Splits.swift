extension RunMachine {
    /// How often a planned shard and its parts may be halved.
    ///
    /// Finding one poisoned key takes log2 of the shard's rows, 17 for 100,000, so this is enough for about ten keys far
    /// apart; a fault of all rows ends after so many attempts and leaves larger ranges failed. Below 20 the one key may
    /// not be found; above some hundreds a fault that is not about rows costs as many attempts.
    package static let maximumSplits = 128

    /// Whether halves may take the place of a shard whose attempts are used up.
    ///
    /// The interpreter still has to find a key to cut at; where the source has only one left, the shard fails.
    package func isDivisible(_ shard: ShardID) -> Bool {
        guard let entry = self.shards[shard], !entry.kind.isTask, !entry.range.isSingleKey else { return false }
        return self.splits[entry.origin ?? entry.id, default: 0] < Self.maximumSplits
    }
}
