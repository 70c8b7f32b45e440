package import FoundationEssentials
package import Scheduling

/// A shard to be added to a run.
package struct NewShard: Sendable, Equatable {
    package var entity: EntityName
    package var kind: ShardKind
    package var range: KeyRange
    /// The source keys of a `replay` shard, nil for the others.
    package var keys: [Int64]?
    package var estimatedRows: Int
    package var estimatedBytes: Int
    /// Whether earlier versions of its rows are in the target: a replay of what a merge rejected.
    package var merges: Bool

    package init(
        entity: EntityName,
        kind: ShardKind,
        range: KeyRange,
        keys: [Int64]? = nil,
        estimatedRows: Int = 0,
        estimatedBytes: Int = 0,
        merges: Bool = false
    ) {
        self.entity = entity
        self.kind = kind
        self.range = range
        self.keys = keys
        self.estimatedRows = estimatedRows
        self.estimatedBytes = estimatedBytes
        self.merges = merges
    }
}

/// How a shard stands.
package enum ShardState: String, Sendable, Codable, CaseIterable {
    /// Nobody has it. Can transition to: leased.
    case pending
    /// A worker may be at it until `leaseUntil`. Can transition to: done, pending, failed, split.
    case leased
    /// Its rows are committed. Can transition to: pending (a `fill` that must be done again, `godwit retry --force`).
    case done
    /// Its attempts are used up. Can transition to: pending (`godwit retry`).
    case failed
    /// Its attempts were used up and two shards over its keys took its place; it counts nowhere. Can transition to: nothing.
    case split
}

/// A shard as the control schema knows it.
package struct ShardRecord: Sendable, Codable, Equatable {
    package var id: ShardID
    package var entity: EntityName
    package var kind: ShardKind
    package var range: KeyRange
    /// Number of keys of a `replay` shard, 0 for the others.
    package var keyCount: Int
    package var estimatedRows: Int
    package var estimatedBytes: Int
    package var state: ShardState
    /// Grants so far.
    package var attempt: Int
    /// Attempts that failed on their own rows.
    package var failedAttempts: Int
    /// When it may be granted again; nil or past for now.
    package var notBefore: Date?
    package var lease: LeaseID?
    package var leaseUntil: Date?
    package var worker: WorkerName?
    package var incarnation: Incarnation?
    /// Number of the snapshot it was last granted under.
    package var snapshot: Int?
    package var leasedAt: Date?
    package var finishedAt: Date?
    package var counters: ShardCounters
    package var errorClass: String?
    package var sqlState: String?
    package var message: String?
    /// The shard whose half it is.
    package var parent: ShardID?
    /// The halves that took its place.
    package var children: [ShardID]
    /// Whether its next attempt merges with the rows it has in the target.
    package var merges = false
    /// The suspended object that a task is about.
    package var object: Int64?
    /// Seconds of the last good attempt by stage (`read`, `transform`, `write`, `commit`).
    package var timings: [String: Double] = [:]
}

/// One attempt at a shard.
package struct AttemptRecord: Sendable, Codable, Equatable {
    package var number: Int
    package var lease: LeaseID
    package var worker: WorkerName
    package var incarnation: Incarnation
    package var startedAt: Date
    package var endedAt: Date?
    /// `done`, `failed`, `disturbed`, `released`, `expired`, `cancelled`; nil while it runs.
    package var outcome: String?
    package var errorClass: String?
    package var sqlState: String?
    package var message: String?
}

/// What happened to the rows of a shard.
///
/// A `replay` shard counts no source rows, and as rejected the new rejects less the resolved ones, so that over all
/// shards of an entity source rows = migrated + rejected + filtered.
package struct ShardCounters: Sendable, Codable, Equatable {
    package var sourceRows: Int
    package var migrated: Int
    package var rejected: Int
    package var filtered: Int
    /// Rows migrated with a changed value, by what was done (`orphan_null`, `json_repaired` …).
    package var adjusted: [String: Int]
    package var bytesRead: Int
    package var bytesWritten: Int

    package init(
        sourceRows: Int = 0,
        migrated: Int = 0,
        rejected: Int = 0,
        filtered: Int = 0,
        adjusted: [String: Int] = [:],
        bytesRead: Int = 0,
        bytesWritten: Int = 0
    ) {
        self.sourceRows = sourceRows
        self.migrated = migrated
        self.rejected = rejected
        self.filtered = filtered
        self.adjusted = adjusted
        self.bytesRead = bytesRead
        self.bytesWritten = bytesWritten
    }
}
