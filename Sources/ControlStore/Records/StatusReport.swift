package import FoundationEssentials
package import Scheduling

/// Everything `godwit status` shows, read in one snapshot, so that the sums agree.
package struct StatusReport: Sendable, Codable, Equatable {
    package var run: RunRecord
    /// In dependency order.
    package var entities: [EntityStatus]
    package var workers: [WorkerRecord]
    /// How long finished shards took, nil before the first.
    package var durations: ShardDurations?
    /// What the run has left switched off; nothing before its end.
    package var leftOff: [SuspendedRecord] = []
    /// The shard that is disturbed again and again; nil where none is.
    package var disturbance: Disturbance?

    /// The sums over all entities.
    package var totals: ShardCounters {
        self.entities.reduce(into: ShardCounters()) { total, entity in
            total.sourceRows += entity.counters.sourceRows
            total.migrated += entity.counters.migrated
            total.rejected += entity.counters.rejected
            total.filtered += entity.counters.filtered
            total.adjusted.merge(entity.counters.adjusted, uniquingKeysWith: +)
            total.bytesRead += entity.counters.bytesRead
            total.bytesWritten += entity.counters.bytesWritten
        }
    }

    /// Shards of all entities by state.
    package var shards: ShardTally {
        self.entities.reduce(into: ShardTally()) { total, entity in
            total.pending += entity.shards.pending
            total.leased += entity.shards.leased
            total.done += entity.shards.done
            total.failed += entity.shards.failed
        }
    }

    /// Shards and tasks whose attempts are used up.
    package var failedShards: Int { self.shards.failed + self.tasks.failed }

    /// Tasks of all entities by state.
    package var tasks: ShardTally {
        self.entities.reduce(into: ShardTally()) { total, entity in
            total.pending += entity.tasks.pending
            total.leased += entity.tasks.leased
            total.done += entity.tasks.done
            total.failed += entity.tasks.failed
        }
    }
}

/// How an entity stands.
package struct EntityStatus: Sendable, Codable, Equatable {
    package var name: EntityName
    package var position: Int
    package var phase: String?
    package var stage: EntityNode.Stage
    package var sourceTable: String
    package var targetTable: String
    package var startedAt: Date?
    package var settledAt: Date?
    package var completedAt: Date?
    package var shards: ShardTally
    /// Steps of rebuilding what was dropped for the load.
    package var tasks = ShardTally()
    package var estimatedRows: Int
    package var estimatedBytes: Int
    package var counters: ShardCounters
    /// Unresolved rejects by reason.
    package var rejects: [String: Int]
    /// Rows of its failed shards, by their estimates.
    package var failedRows = 0

    /// Shards and tasks whose attempts are used up.
    package var failedShards: Int { self.shards.failed + self.tasks.failed }
}

/// Numbers of shards by state.
package struct ShardTally: Sendable, Codable, Equatable {
    package var pending = 0
    package var leased = 0
    package var done = 0
    package var failed = 0

    package init() {}

    /// All of them.
    package var total: Int { self.pending + self.leased + self.done + self.failed }
}

/// Seconds from grant to fence, over the finished shards.
package struct ShardDurations: Sendable, Codable, Equatable {
    package var median: Double
    package var percentile95: Double
    package var longest: Double
}

/// Seconds that finished shards spent in one stage.
package struct StageTiming: Sendable, Codable, Equatable {
    /// Over all of them.
    package var total: Double
    package var median: Double
    package var percentile95: Double
}

/// Which shards are asked for; nil asks for all.
package struct ShardFilter: Sendable, Equatable {
    package var state: ShardState?
    package var entity: EntityName?
    /// Error class or SQLSTATE of the last failure, or the reason of one of its rejects.
    package var reason: String?
    /// Only those with a higher number.
    package var after: ShardID?

    package init(state: ShardState? = nil, entity: EntityName? = nil, reason: String? = nil, after: ShardID? = nil) {
        self.state = state
        self.entity = entity
        self.reason = reason
        self.after = after
    }
}
