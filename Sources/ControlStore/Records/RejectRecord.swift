package import FoundationEssentials
package import Scheduling

/// A source row that was not migrated, as it was recorded.
package struct RejectRecord: Sendable, Codable, Equatable {
    package var id: Int64
    package var entity: EntityName
    package var shard: ShardID
    package var key: Int64
    package var reason: String
    package var column: String?
    package var detail: String?
    /// JSON, nil where the plan keeps none.
    package var sourceRow: String?
    package var createdAt: Date
    /// When a replay took the row up again.
    package var resolvedAt: Date?
}

/// Unresolved rejects of one entity and reason.
package struct RejectCount: Sendable, Codable, Equatable {
    package var entity: EntityName
    package var reason: String
    package var count: Int
}

/// Which rejects are asked for; nil asks for all.
package struct RejectFilter: Sendable, Equatable {
    package var entity: EntityName?
    package var reason: String?
    package var includesResolved: Bool
    /// Only those with a higher id.
    package var after: Int64

    package init(entity: EntityName? = nil, reason: String? = nil, includesResolved: Bool = false, after: Int64 = 0) {
        self.entity = entity
        self.reason = reason
        self.includesResolved = includesResolved
        self.after = after
    }
}

/// What `TransformEnvironment` must know about a referenced entity.
package struct PresenceReport: Sendable, Equatable {
    /// A stored `PresenceSet` per shard; together they are the keys in the target.
    package var bitmaps: [[UInt8]]
    /// Keys rejected as `parent_pending` that no replay has taken up yet.
    package var pendingKeys: [Int64]
    /// Ranges of failed shards: their rows may still come.
    package var failedRanges: [KeyRange]
}
