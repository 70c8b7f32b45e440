package import Scheduling

/// DONE: a shard is committed; sent again until it is acknowledged.
///
/// The shard row decides whether it is so; this says when to look.
package struct Done: MessageBody {
    package var lease: LeaseID
    package var shard: ShardID
    package var counts: ShardCounts
    /// From the lease to the commit.
    package var seconds: Double

    package init(lease: LeaseID, shard: ShardID, counts: ShardCounts, seconds: Double) {
        self.lease = lease
        self.shard = shard
        self.counts = counts
        self.seconds = seconds
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(
            amounts: self.counts.source,
            self.counts.migrated,
            self.counts.rejected,
            self.counts.filtered,
            field: "counts"
        )
        try Limits.check(seconds: self.seconds, field: "seconds")
    }
}

/// The rows of a shard; source = migrated + rejected + filtered.
package struct ShardCounts: Codable, Equatable, Sendable {
    /// Counted in the base table, independently of the copy.
    package var source: Int
    package var migrated: Int
    package var rejected: Int
    /// Left out on purpose, by the plan's `where`.
    package var filtered: Int

    package init(source: Int, migrated: Int, rejected: Int, filtered: Int) {
        self.source = source
        self.migrated = migrated
        self.rejected = rejected
        self.filtered = filtered
    }
}
