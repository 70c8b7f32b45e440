extension RunSettings {
    /// The settings of a plan without a `run:` section.
    package static let standard = Self(
        shardRows: nil,
        batchRows: nil,
        memoryThreshold: 256 << 20,
        parallelism: nil,
        phaseBarrier: false,
        errorStrategy: .continue,
        retryAttempts: 3,
        retryDelay: .seconds(2),
        circuitBreaker: nil,
        validation: Validation(pre: true, post: true, businessRules: true),
        maximumRejects: nil,
        keepsRejectedRows: true,
        connections: ConnectionBudget(source: nil, target: nil),
        window: nil,
        maximumSnapshotAge: nil,
        throttle: nil,
        changeLog: .shards,
        audit: .view,
        rebuild: .auto,
        maintenanceWorkMemory: 256 << 20,
        position: .none
    )
}
