package import MigrationPlan

/// The `run:` settings that the pool works by.
package struct RunPolicy: Codable, Sendable, Equatable {
    /// Rows per shard, nil for a size derived from bytes.
    package var shardRows: Int?
    /// Rows per batch, nil for a size derived from bytes.
    package var batchRows: Int?
    /// Bytes a worker process may use before it takes smaller batches.
    package var memoryThreshold: Int
    /// The most shards in flight at once over all workers, nil for no bound.
    package var parallelism: Int?
    package var phaseBarrier: Bool
    package var errorStrategy: RunSettings.ErrorStrategy
    /// Attempts of a shard that fails on its own rows, at least 1.
    package var retryAttempts: Int
    package var retryDelaySeconds: Double
    package var circuitBreaker: RunSettings.CircuitBreaker?
    /// The most rejects with which a run still counts as done; nil tolerates any.
    package var maximumRejects: RunSettings.RejectLimit?
    package var keepsRejectedRows: Bool
    package var connections: RunSettings.ConnectionBudget
    package var window: TimeWindow?
    package var maximumSnapshotAgeSeconds: Double?
    /// Nil bounds nothing.
    package var throttle: RunSettings.Throttle?
    package var changeLog: RunSettings.ChangeLog
    package var audit: RunSettings.Audit
    /// `maintenance_work_mem` of the sessions that build indexes, in bytes; nil in a run begun before they were.
    package var maintenanceWorkMemory: Int?

    /// The part of the plan's settings that outlives its resolution.
    package init(_ settings: RunSettings) {
        self.shardRows = settings.shardRows
        self.batchRows = settings.batchRows
        self.memoryThreshold = settings.memoryThreshold
        self.parallelism = settings.parallelism
        self.phaseBarrier = settings.phaseBarrier
        self.errorStrategy = settings.errorStrategy
        self.retryAttempts = settings.retryAttempts
        self.retryDelaySeconds = settings.retryDelay / .seconds(1)
        self.circuitBreaker = settings.circuitBreaker
        self.maximumRejects = settings.maximumRejects
        self.keepsRejectedRows = settings.keepsRejectedRows
        self.connections = settings.connections
        self.window = settings.window
        self.maximumSnapshotAgeSeconds = settings.maximumSnapshotAge.map { $0 / .seconds(1) }
        self.throttle = settings.throttle
        self.changeLog = settings.changeLog
        self.audit = settings.audit
        self.maintenanceWorkMemory = settings.maintenanceWorkMemory
    }
}
