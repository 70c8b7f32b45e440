/// The coordinator's decisions for one run, as a value: which entity may start, who gets which shard, what a worker's
/// message means.
///
/// It holds nothing that cannot be rebuilt from the control schema and the workers' pings, reads no clock and does no
/// I/O. What it believes of a shard only ever follows what the control schema said (`shardChanged`); a grant is real
/// only when the schema has recorded it.
package struct RunMachine: Sendable {
    package private(set) var limits: GrantLimits
    /// In dependency order.
    package internal(set) var entities: [EntityNode]
    package internal(set) var shards: [ShardID: ShardEntry] = [:]
    package internal(set) var workers: [Incarnation: WorkerEntry] = [:]
    /// Nothing is granted while it is set; the reason as the operator reads it.
    package var pauseReason: String?

    var index: [EntityName: Int]
    var tallies: [Tally]
    /// Pending shards per entity, heaviest last.
    var queues: [ShardQueue]
    /// Who holds what, as the control schema has it.
    var leases: [Incarnation: [LeaseID: ShardID]] = [:]
    var leasedCount = 0
    var hasEnded = false

    package init(entities: [EntityNode], limits: GrantLimits) {
        self.entities = entities
        self.limits = limits
        self.index = Dictionary(uniqueKeysWithValues: entities.enumerated().map { ($1.name, $0) })
        self.tallies = Array(repeating: Tally(), count: entities.count)
        self.queues = Array(repeating: ShardQueue(), count: entities.count)
    }

    /// Adds a shard of the control schema, at the start of a reign or when one was made.
    package mutating func add(_ shard: ShardEntry) {
        precondition(self.shards[shard.id] == nil, "shard \(shard.id) was added twice")
        guard let entity = self.index[shard.entity] else {
            preconditionFailure("shard \(shard.id) belongs to \(shard.entity), which the run does not have")
        }
        self.shards[shard.id] = shard
        self.count(shard, at: entity, by: 1)
        if case .pending = shard.state {
            self.queues[entity].insert(shard)
        }
        self.hasEnded = false
    }

    /// Takes over what the control schema says of a shard now.
    package mutating func shardChanged(_ id: ShardID, to state: ShardEntry.State) {
        guard var shard = self.shards[id], let entity = self.index[shard.entity], shard.state != state else { return }
        self.count(shard, at: entity, by: -1)
        let wasHealed = shard.state == .failed || shard.kind == .replay
        shard.state = state
        self.shards[id] = shard
        self.count(shard, at: entity, by: 1)
        switch state {
        case .pending:
            self.queues[entity].insert(shard)
            self.hasEnded = false
            if wasHealed { self.tallies[entity].isHealing = true }
        case .done:
            if shard.kind == .replay { self.tallies[entity].isHealing = true }
        case .failed, .leased:
            break
        }
    }

    /// Shards that somebody is, or may be, at work on.
    package var leasedShards: [ShardID] {
        self.leases.values.flatMap(\.values)
    }

    /// Shards whose attempts are used up.
    package var failedShards: [ShardID] {
        self.shards.values.lazy.filter { $0.state == .failed }.map(\.id)
    }

    private mutating func count(_ shard: ShardEntry, at entity: Int, by change: Int) {
        self.tallies[entity].count(shard, by: change)
        guard case .leased(let lease, let incarnation) = shard.state else { return }
        self.leasedCount += change
        if change > 0 {
            self.leases[incarnation, default: [:]][lease] = shard.id
            self.workers[incarnation]?.unseen[lease] = 0
        } else {
            self.leases[incarnation]?[lease] = nil
            self.workers[incarnation]?.unseen[lease] = nil
        }
    }
}

extension RunMachine {
    /// Shards of one entity by kind and state.
    struct Tally: Sendable {
        /// Pending and leased shards that copy or replay.
        var openCopies = 0
        /// Pending and leased shards that fill.
        var openFills = 0
        var doneFills = 0
        var failed = 0
        var leased = 0
        /// A failed shard was retried, or rejects were replayed: rows that children wait for may have come.
        var isHealing = false

        mutating func count(_ shard: ShardEntry, by change: Int) {
            switch shard.state {
            case .pending, .leased:
                if shard.kind == .fill { self.openFills += change } else { self.openCopies += change }
                if case .leased = shard.state { self.leased += change }
            case .done:
                if shard.kind == .fill { self.doneFills += change }
            case .failed:
                self.failed += change
            }
        }
    }
}
