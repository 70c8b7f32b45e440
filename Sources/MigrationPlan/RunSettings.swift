/// The `run:` section: how the pool works through the plan.
package struct RunSettings: Sendable, Equatable {
    /// Rows per shard, nil for a size derived from bytes.
    package var shardRows: Int?
    /// Rows per batch, nil for a size derived from bytes.
    package var batchRows: Int?
    /// Bytes a worker process may use before it takes smaller batches.
    package var memoryThreshold: Int
    /// The most shards in flight at once over all workers, nil for no bound.
    package var parallelism: Int?
    package var phaseBarrier: Bool
    package var errorStrategy: ErrorStrategy
    /// Attempts of a shard that fails on its own rows, at least 1.
    package var retryAttempts: Int
    package var retryDelay: Duration
    package var circuitBreaker: CircuitBreaker?
    package var validation: Validation
    /// The most rejects, as a share of the rows, with which a run still counts as done; nil tolerates any.
    package var maximumRejects: RejectLimit?
    package var keepsRejectedRows: Bool
    /// Connections the pool may open to each database.
    package var connections: ConnectionBudget
    /// Shards are granted only within this window of local time.
    package var window: TimeWindow?
    package var maximumSnapshotAge: Duration?
    /// Nil bounds nothing.
    package var throttle: Throttle?
    package var changeLog: ChangeLog
    package var audit: Audit
    /// What happens to indexes and foreign keys of target tables during the load, where an entity does not say.
    package var rebuild: Rebuild
    /// `maintenance_work_mem` of the sessions that build indexes, in bytes.
    package var maintenanceWorkMemory: Int
    package var position: Position
}

extension RunSettings {
    /// What a failed shard means for the others.
    package enum ErrorStrategy: String, Sendable, Equatable, Codable {
        case `continue`
        case pause
        case rollback
    }

    /// From which share of refused rows on a run pauses itself.
    package struct CircuitBreaker: Sendable, Equatable, Codable {
        /// Share of refused rows, 0...1.
        package var errorRate: Double
        package var minimumRows: Int
    }

    /// Which checks are made, and when.
    package struct Validation: Sendable, Equatable {
        package var pre: Bool
        package var post: Bool
        package var businessRules: Bool
    }

    /// The most rejects with which a run still counts as done.
    package enum RejectLimit: Sendable, Equatable, Codable {
        case rows(Int)
        /// 0...1.
        case share(Double)
    }

    /// The connections that the pool may open; nil for no bound of its own.
    package struct ConnectionBudget: Sendable, Equatable, Codable {
        package var source: Int?
        package var target: Int?
    }

    /// What one entry of the change log is about.
    package enum ChangeLog: String, Sendable, Equatable, Codable {
        case shards
        case rows
    }

    /// Whether indexes and foreign keys of a target table are off while it is loaded.
    package enum Rebuild: String, Sendable, Equatable, Codable {
        /// Where the table is empty and there are enough rows for it to pay.
        case auto
        /// Wherever it is permitted.
        case always
        /// They stay in place.
        case never
    }

    /// Where the mapping of ids to UUIDs can be read afterwards.
    package enum Audit: String, Sendable, Equatable, Codable {
        case view
        case table
    }
}
