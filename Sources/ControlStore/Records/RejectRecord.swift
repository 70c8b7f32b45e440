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
