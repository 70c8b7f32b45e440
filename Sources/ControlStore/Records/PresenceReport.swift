package import Scheduling

/// What `TransformEnvironment` must know about a referenced entity.
package struct PresenceReport: Sendable, Equatable {
    /// A stored `PresenceSet` per shard; together they are the keys in the target.
    package var bitmaps: [[UInt8]]
    /// Keys rejected as `parent_pending` that no replay has taken up yet.
    package var pendingKeys: [Int64]
    /// Ranges of failed shards: their rows may still come.
    package var failedRanges: [KeyRange]
}
