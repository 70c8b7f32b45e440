package import Scheduling

/// What `TransformEnvironment` must know about a referenced entity.
package struct PresenceReport: Sendable, Equatable {
    /// A stored `PresenceSet` per shard; together they are the keys in the target.
    package var bitmaps: [[UInt8]]
    /// Keys rejected as `parent_pending` that no replay has taken up yet, and rejected ones whose replay is to come.
    package var pendingKeys: [Int64]
    /// Ranges of shards that failed, and of those that an operator's retry has set to work again: their rows may still
    /// come.
    package var awaitedRanges: [KeyRange]
}
