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
    /// The entity of the row it refers to in vain.
    package var parentEntity: EntityName?
    /// The key of that row; nil where the reference is a personal column.
    package var parentKey: Int64?
    /// Replays that ended with the same verdict.
    package var tries: Int
    package var createdAt: Date
    /// When a replay took the row up again.
    package var resolvedAt: Date?
    /// The replay shard that did.
    package var resolvedBy: ShardID?
    /// What became of the row then; nil while the reject is open.
    package var resolution: RejectResolution?
    /// When the stored source row was removed.
    package var purgedAt: Date?
}

/// What became of a rejected row.
package enum RejectResolution: String, Sendable, Codable {
    /// It is in the target.
    case migrated
    /// It was rejected again, for another reason: a newer reject says which.
    case superseded
    /// The source has no such row any more.
    case gone
    /// The plan leaves it out on purpose.
    case filtered
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
    /// The target column at fault.
    package var column: String?
    package var shard: ShardID?
    /// Source keys, both ends included.
    package var keys: ClosedRange<Int64>?
    package var includesResolved: Bool
    /// Only these.
    package var identifiers: [Int64]?
    /// Only those with a higher id.
    package var after: Int64

    /// Rows that wait for their parent; an index has them.
    package static let parentPending = RejectFilter(reason: "parent_pending")

    package init(
        entity: EntityName? = nil,
        reason: String? = nil,
        column: String? = nil,
        shard: ShardID? = nil,
        keys: ClosedRange<Int64>? = nil,
        includesResolved: Bool = false,
        identifiers: [Int64]? = nil,
        after: Int64 = 0
    ) {
        self.entity = entity
        self.reason = reason
        self.column = column
        self.shard = shard
        self.keys = keys
        self.includesResolved = includesResolved
        self.identifiers = identifiers
        self.after = after
    }
}
