extension RunMachine {
    /// A shard and the worker that shall have it; real once the control schema has recorded it.
    package struct Grant: Sendable, Equatable {
        package var shard: ShardID
        package var worker: Incarnation
    }

    /// Silence after which a worker gets nothing more, three pings; it loses nothing by it.
    ///
    /// Below two pings a busy worker starves, above ten a dead one collects shards that wait for their lease to expire.
    package static let suspicion = Duration.seconds(6)

    /// Chooses shards for the free slots of live workers.
    ///
    /// Those that the control schema then does not record are offered again by the next call.
    ///
    /// - Parameters:
    ///   - now: The coordinator's monotonic clock.
    ///   - isWindowOpen: Whether the plan allows grants at this time of day.
    ///   - limit: The most grants of one transaction; safe from 1 to some thousands.
    /// - Returns: The grants to record, in the order in which they matter.
    package mutating func grants(
        now: ContinuousClock.Instant,
        isWindowOpen: Bool = true,
        limit: Int = 200
    ) -> [Grant] {
        self.takeBackProposals()
        self.wakeDelayed(now: now)
        guard self.pauseReason == nil, isWindowOpen else { return [] }
        var room = min(limit, self.limits.slots(workers: self.workers.count) - self.leasedCount)
        guard room > 0, !self.vacancies.isEmpty else { return [] }
        let order = self.grantOrder()
        guard !order.isEmpty else { return [] }
        var seats = self.freeSeats(now: now)
        var grants: [Grant] = []
        var bounds = self.taskBounds()
        // What a dead worker had begun waits for no priority: it is the oldest work, and was next in order once.
        for onlyInterrupted in [true, false] {
            for position in order {
                var share = min(room, self.share(position, granted: grants))
                while share > 0, !seats.isEmpty,
                    let shard = self.nextReady(position, &bounds, onlyInterrupted: onlyInterrupted)
                {
                    let isHeavy = self.shards[shard]?.kind == .index
                    grants.append(Grant(shard: shard, worker: isHeavy ? seats.takeLightest() : seats.take()))
                    share -= 1
                    room -= 1
                }
            }
        }
        self.proposed = grants.map(\.shard)
        return grants
    }

    /// Whether there are more workers than the connections of the plan allow for, so that one slot works for all.
    package var isBudgetUsedUp: Bool { self.limits.isUsedUp(byWorkers: self.workers.count) }

    private mutating func takeBackProposals() {
        for id in self.proposed {
            guard let shard = self.shards[id], case .pending(nil) = shard.state, let entity = self.index[shard.entity]
            else { continue }
            self.makeReady(shard, at: entity)
        }
        self.proposed.removeAll()
    }

    private mutating func wakeDelayed(now: ContinuousClock.Instant) {
        while let next = self.delayed.first, next.until <= now {
            _ = self.delayed.removeFirst()
            guard var shard = self.shards[next.shard], shard.state == .pending(notBefore: next.until),
                let entity = self.index[shard.entity]
            else { continue }
            shard.state = .pending(notBefore: nil)
            self.shards.update(shard)
            self.makeReady(shard, at: entity)
        }
    }

    /// How many more shards an entity may have at work, besides those just chosen.
    private func share(_ position: Int, granted: [Grant]) -> Int {
        guard let parallelism = self.entities[position].parallelism else { return .max }
        let name = self.entities[position].name
        return parallelism - self.tallies[position].leased - granted.count { self.shards[$0.shard]?.entity == name }
    }

    private mutating func nextReady(
        _ position: Int,
        _ bounds: inout TaskBounds,
        onlyInterrupted: Bool
    ) -> ShardID? {
        guard let queue = self.queue(position, bounds) else { return nil }
        while let next = self.queues[position][keyPath: queue].removeFirst(onlyInterrupted: onlyInterrupted) {
            guard case .pending(nil) = self.shards[next]?.state else { continue }
            if queue == \.constraints { bounds.isConstraining = true }
            if queue == \.validations { bounds.validating.insert(position) }
            return next
        }
        return nil
    }

    /// From where an entity's next shard comes; nil where its next task has to wait for another.
    private func queue(_ position: Int, _ bounds: TaskBounds) -> WritableKeyPath<Queues, ShardQueue>? {
        switch self.entities[position].stage {
        case .copying: return \.copies
        case .filling: return \.fills
        case .indexing, .constraining:
            let tally = self.tallies[position]
            if tally.indexes.open > 0 { return \.indexes }
            if tally.constraints.open > 0 { return bounds.isConstraining ? nil : \.constraints }
            return bounds.validating.contains(position) ? nil : \.validations
        case .waiting, .preparing, .settled, .complete: return nil
        }
    }

    private func taskBounds() -> TaskBounds {
        TaskBounds(
            isConstraining: self.tallies.contains { $0.constraints.leased > 0 },
            validating: Set(self.tallies.indices.filter { self.tallies[$0].validations.leased > 0 })
        )
    }

    /// Entities with shards that may be granted: highest priority first, then dependency order.
    func grantOrder() -> [Int] {
        self.entities.indices
            .filter { position in
                switch self.entities[position].stage {
                case .copying: !self.queues[position].copies.isEmpty
                case .filling: !self.queues[position].fills.isEmpty
                case .indexing, .constraining: self.queues[position].hasTasks
                case .waiting, .preparing, .settled, .complete: false
                }
            }
            .sorted { (-self.entities[$0].priority, $0) < (-self.entities[$1].priority, $1) }
    }

    private func freeSeats(now: ContinuousClock.Instant) -> Seats {
        let free = self.vacancies
            .filter { now - (self.workers[$0.key]?.lastHeard ?? now) < Self.suspicion }
            .sorted { $0.value == $1.value ? $0.key.rawValue < $1.key.rawValue : $0.value > $1.value }
            .map { ($0.key, $0.value) }
        return Seats(free: free, tasks: self.tasksOfWorkers())
    }

    /// How many tasks each worker is at; those at none are missing.
    private func tasksOfWorkers() -> [Incarnation: Int] {
        guard self.tallies.contains(where: { $0.openTasks > 0 }) else { return [:] }
        return self.leases.mapValues { $0.values.count { self.shards[$0]?.kind.isTask ?? false } }
    }

    /// Counts anew what a worker could take; called whenever something it depends on has changed.
    mutating func countVacancies(of incarnation: Incarnation) {
        guard let worker = self.workers[incarnation], !worker.isDraining, worker.drainBy == nil else {
            self.vacancies[incarnation] = nil
            return
        }
        let free = worker.slots - (self.leases[incarnation]?.count ?? 0)
        self.vacancies[incarnation] = free > 0 ? free : nil
    }

    /// What tasks may not go beside.
    struct TaskBounds {
        /// Somewhere in the pool a constraint is being added.
        var isConstraining: Bool
        /// Entities of whose table a constraint is being validated.
        var validating: Set<Int>
    }

    /// Free slots, handed out one worker after the other, so that load spreads over the hosts.
    struct Seats {
        private var free: [(worker: Incarnation, slots: Int)]
        private var tasks: [Incarnation: Int]
        private var turn = 0

        init(free: [(Incarnation, Int)], tasks: [Incarnation: Int] = [:]) {
            self.free = free.map { (worker: $0.0, slots: $0.1) }
            self.tasks = tasks
        }

        var isEmpty: Bool { self.free.isEmpty }

        /// A seat at one of the workers with the fewest tasks: sorting for an index takes a host's memory and disks.
        mutating func takeLightest() -> Incarnation {
            let places = self.free.indices.map { (self.turn + $0) % self.free.count }
            self.turn = places.min { self.tasksAt($0) < self.tasksAt($1) } ?? self.turn
            let worker = self.take()
            self.tasks[worker, default: 0] += 1
            return worker
        }

        private func tasksAt(_ place: Int) -> Int {
            self.tasks[self.free[place].worker, default: 0]
        }

        mutating func take() -> Incarnation {
            if self.turn >= self.free.count { self.turn = 0 }
            let worker = self.free[self.turn].worker
            self.free[self.turn].slots -= 1
            if self.free[self.turn].slots == 0 {
                self.free.remove(at: self.turn)
            } else {
                self.turn += 1
            }
            return worker
        }
    }
}
