package import Scheduling

/// Which shards `godwit retry` means.
package enum RetrySelection: Sendable, Equatable {
    /// Those named; each must be there, and in a state that can be retried.
    case listed([ShardSpan])
    /// Every failed one of the run.
    case failed
    /// Every failed one that a filter lets through.
    case matching(RetryFilter)

    /// Single shards.
    package static func shards(_ shards: [ShardID]) -> Self {
        .listed(shards.map { ShardSpan(first: $0, last: $0) })
    }

    /// Every failed one of an entity.
    package static func entity(_ entity: EntityName) -> Self {
        .matching(RetryFilter(entity: entity))
    }
}

/// A shard, or those between two that have failed; both ends must be there.
package struct ShardSpan: Sendable, Equatable, CustomStringConvertible {
    package var first: ShardID
    package var last: ShardID

    package init(first: ShardID, last: ShardID) {
        self.first = first
        self.last = last
    }

    /// Whether it names one shard.
    package var isSingle: Bool { self.first == self.last }

    package var description: String { self.isSingle ? "\(self.first)" : "\(self.first)-\(self.last)" }
}

/// Which failed shards are meant; nil means any.
package struct RetryFilter: Sendable, Equatable {
    package var entity: EntityName?
    /// Error class or SQLSTATE of the last failure, or the reason of one of its rejects.
    package var reason: String?
    /// Shards that touch these source keys.
    package var keys: ClosedRange<Int64>?

    package init(entity: EntityName? = nil, reason: String? = nil, keys: ClosedRange<Int64>? = nil) {
        self.entity = entity
        self.reason = reason
        self.keys = keys
    }
}
