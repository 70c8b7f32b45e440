/// Bounds on what may be in flight at once.
package struct GrantLimits: Sendable, Equatable {
    /// Shards over the whole pool, nil for no bound.
    package var parallelism: Int?
    package var phaseBarrier: Bool
    /// Connections the pool may open to the source and to the target, nil for no bound of its own.
    package var sourceConnections: Int?
    package var targetConnections: Int?
    /// Sessions with which the coordinator looks at what the databases are busy with.
    package var sourceProbes: Int
    package var targetProbes: Int

    package init(
        parallelism: Int? = nil,
        phaseBarrier: Bool = false,
        sourceConnections: Int? = nil,
        targetConnections: Int? = nil,
        sourceProbes: Int = 0,
        targetProbes: Int = 0
    ) {
        self.parallelism = parallelism
        self.phaseBarrier = phaseBarrier
        self.sourceConnections = sourceConnections
        self.targetConnections = targetConnections
        self.sourceProbes = sourceProbes
        self.targetProbes = targetProbes
    }

    /// Sessions of the coordinator: one on the source (snapshot), two on the target (control, leadership).
    static let coordinatorSource = 1
    static let coordinatorTarget = 2
    /// Sessions of a worker besides its slots: one on the source (snapshot), one on the target (renewals).
    static let workerSource = 1
    static let workerTarget = 1

    /// The connections to the source and to the target with which one worker works on one shard.
    package static let leastSource = Self.coordinatorSource + Self.workerSource + 1
    package static let leastTarget = Self.coordinatorTarget + Self.workerTarget + 1

    /// The most shards in flight with so many workers connected.
    ///
    /// At least one: workers beyond the budget hold their own sessions whatever is granted, and a run that stood still
    /// because of them would keep those sessions for ever.
    package func slots(workers: Int) -> Int {
        max(1, min(self.parallelism ?? .max, self.slotsWithinBudget(workers: workers)))
    }

    /// Whether the workers' own sessions use the budget up, so that only the one slot that is always granted is left.
    package func isUsedUp(byWorkers workers: Int) -> Bool {
        workers > 0 && self.slotsWithinBudget(workers: workers) < 1
    }

    /// What the budget leaves besides the sessions that are there anyway; below 1 where they use it up.
    private func slotsWithinBudget(workers: Int) -> Int {
        var bound = Int.max
        if let source = self.sourceConnections {
            bound = min(bound, source - Self.coordinatorSource - self.sourceProbes - workers * Self.workerSource)
        }
        if let target = self.targetConnections {
            bound = min(bound, target - Self.coordinatorTarget - self.targetProbes - workers * Self.workerTarget)
        }
        return bound
    }
}
