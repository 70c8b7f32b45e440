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
    package internal(set) var shards = ShardTable()
    package internal(set) var workers: [Incarnation: WorkerEntry] = [:]
    /// Shards whose attempts are used up.
    package private(set) var failedShards: Set<ShardID> = []
    /// Nothing is granted while it is set; the reason as the operator reads it.
    package var pauseReason: String?

    let index: [EntityName: Int]
    var tallies: [Tally]
    /// What may be granted now, per entity.
    var queues: [Queues]
    /// Pending shards that must wait for their time.
    var delayed = PriorityQueue<Delayed>()
    /// Chosen by the last `grants`; those that the schema has not recorded are pending still.
    var proposed: [ShardID] = []
    /// Who holds what, as the control schema has it.
    var leases: [Incarnation: [LeaseID: ShardID]] = [:]
    /// Workers that could take shards, with how many.
    var vacancies: [Incarnation: Int] = [:]
    var leasedCount = 0
    /// How far running shards are.
    var progress: [LeaseID: Progress] = [:]
    /// Those whose workers are asked to leave the rest to others.
    var wanted: [LeaseID: Wanted] = [:]
    /// How often a planned shard and its parts have been halved.
    var splits: [ShardID: Int] = [:]
    var hasBegun = false
    /// Nothing is left to do; more shards take it back.
    package internal(set) var hasEnded = false

    package init(entities: [EntityNode], limits: GrantLimits) {
        self.entities = entities
        self.limits = limits
        self.index = Dictionary(uniqueKeysWithValues: entities.enumerated().map { ($1.name, $0) })
        self.tallies = Array(repeating: Tally(), count: entities.count)
        self.queues = Array(repeating: Queues(), count: entities.count)
    }

    /// Adds a shard of the control schema, at the start of a reign or when one was made.
    package mutating func add(_ shard: ShardEntry) {
        precondition(self.shards[shard.id] == nil, "shard \(shard.id) was added twice")
        guard let entity = self.index[shard.entity] else {
            preconditionFailure("shard \(shard.id) belongs to \(shard.entity), which the run does not have")
        }
        self.shards.update(shard)
        self.count(shard, at: entity, by: 1)
        self.enqueue(shard, at: entity)
        self.hasEnded = false
    }

    /// Takes over with how many sessions the databases are being looked at, which the budget of connections includes.
    package mutating func count(sourceProbes: Int, targetProbes: Int) {
        self.limits.sourceProbes = sourceProbes
        self.limits.targetProbes = targetProbes
    }

    /// Takes over what the control schema says of a shard now.
    package mutating func shardChanged(_ id: ShardID, to state: ShardEntry.State) {
        guard var shard = self.shards[id], let entity = self.index[shard.entity], shard.state != state else { return }
        self.count(shard, at: entity, by: -1)
        if shard.state == .failed, case .pending = state, let round = TaskRound.following(shard.kind) {
            // What follows a task is planned where it succeeds only.
            self.entities[entity].dueRounds.insert(round)
        }
        shard.isInterrupted = shard.isInterrupted(by: state)
        shard.state = state
        self.shards.update(shard)
        self.count(shard, at: entity, by: 1)
        self.enqueue(shard, at: entity)
    }

    /// Takes over shards as they were read together, each with those that its worker has made of its rest.
    ///
    /// What is new comes first: an entity must not seem done while it is only one of its shards.
    package mutating func learn(_ entries: [ShardEntry]) {
        for entry in entries where self.shards[entry.id] == nil { self.add(entry) }
        for entry in entries { self.shardChanged(entry.id, to: entry.state) }
    }

    /// Shards that somebody is, or may be, at work on.
    package var leasedShards: [ShardID] {
        self.leases.values.flatMap(\.values)
    }

    /// Puts a pending shard where `grants` finds it.
    private mutating func enqueue(_ shard: ShardEntry, at entity: Int) {
        guard case .pending(let notBefore) = shard.state else { return }
        self.hasEnded = false
        if let notBefore {
            self.delayed.insert(Delayed(until: notBefore, shard: shard.id))
        } else {
            self.makeReady(shard, at: entity)
        }
    }

    mutating func makeReady(_ shard: ShardEntry, at entity: Int) {
        switch shard.kind {
        case .copy, .replay: self.queues[entity].copies.insert(shard)
        case .fill: self.queues[entity].fills.insert(shard)
        case .index: self.queues[entity].indexes.insert(shard)
        case .constraint: self.queues[entity].constraints.insert(shard)
        case .validate: self.queues[entity].validations.insert(shard)
        }
    }

    private mutating func count(_ shard: ShardEntry, at entity: Int, by change: Int) {
        self.tallies[entity].count(shard, by: change)
        switch shard.state {
        case .leased(let lease, let incarnation):
            self.leasedCount += change
            if change > 0 {
                self.leases[incarnation, default: [:]][lease] = shard.id
                self.workers[incarnation]?.unseen[lease] = 0
            } else {
                self.leases[incarnation]?[lease] = nil
                if self.leases[incarnation]?.isEmpty == true { self.leases[incarnation] = nil }
                self.progress[lease] = nil
                self.wanted[lease] = nil
                self.workers[incarnation]?.unseen[lease] = nil
            }
            self.countVacancies(of: incarnation)
        case .failed:
            if change > 0 { self.failedShards.insert(shard.id) } else { self.failedShards.remove(shard.id) }
        case .split:
            self.splits[shard.origin ?? shard.id, default: 0] += change
        case .pending, .done:
            break
        }
    }
}

extension RunMachine {
    /// Shards of one entity that may be granted now.
    struct Queues: Sendable {
        /// Copies and replays.
        var copies = ShardQueue()
        var fills = ShardQueue()
        var indexes = ShardQueue()
        var constraints = ShardQueue()
        var validations = ShardQueue()

        var hasTasks: Bool { !self.indexes.isEmpty || !self.constraints.isEmpty || !self.validations.isEmpty }
    }

    /// A pending shard that must wait.
    struct Delayed: Comparable, Sendable {
        var until: ContinuousClock.Instant
        var shard: ShardID

        static func < (left: Self, right: Self) -> Bool {
            left.until == right.until ? left.shard < right.shard : left.until < right.until
        }
    }
}
