extension RunMachine {
    /// What an entity's next step calls for.
    package enum EntityAction: Sendable, Equatable {
        /// Compute losers and suspend triggers, then report `prepared`.
        case prepare(EntityName)
        /// Its dropped indexes may be built now; record it.
        case index(EntityName)
        /// Its rows are there, or have failed; record it.
        case settle(EntityName)
        /// Deferred references may be resolved now; record it.
        case fill(EntityName)
        /// Its dropped foreign keys may come back now; record it.
        case constrain(EntityName)
        /// Make shards of the steps of a round, as far as there are none of them yet.
        case planTasks(EntityName, TaskRound)
        /// Nothing is left: restore triggers, analyse, record it.
        case complete(EntityName)
        /// Rows this entity's children wait for may have come: make replay shards of the child's pending rejects.
        case planReplays(EntityName)
        /// Fill shards that are done or at work must be done again, because rows they point at may have come.
        case refill(EntityName)
        /// Everything is done or failed.
        case endRun(failedShards: Int)

        var bringsShards: Bool {
            switch self {
            case .planReplays, .planTasks, .refill: true
            case .prepare, .index, .settle, .fill, .constrain, .complete, .endRun: false
            }
        }
    }

    /// Moves every entity on as far as its shards and parents allow.
    ///
    /// Call it after every change, and again until it answers none: an action that can bring shards ends a batch, so
    /// that nothing is concluded without them. Actions are to be carried out in order; a crash between two of them
    /// loses nothing, because an entity is recorded as settled only after what follows for others.
    package mutating func advance() -> [EntityAction] {
        if !self.hasBegun {
            self.hasBegun = true
            self.oweReplays()
        }
        var actions: [EntityAction] = []
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for position in self.entities.indices {
                while let step = self.step(position) {
                    hasMoved = true
                    actions += step
                    if step.contains(where: \.bringsShards) { return actions }
                }
            }
        }
        if !self.hasEnded, self.entities.allSatisfy({ $0.stage == .complete }) {
            self.hasEnded = true
            actions.append(.endRun(failedShards: self.failedShards.count))
        }
        return actions
    }

    /// The interpreter has prepared an entity; its shards may be granted.
    ///
    /// - Parameters:
    ///   - entity: Which.
    ///   - dueRounds: What has to come back of its table after the load; nil for what was known before.
    package mutating func prepared(_ entity: EntityName, dueRounds: Set<TaskRound>? = nil) {
        guard let position = self.index[entity], self.entities[position].stage == .preparing else { return }
        self.entities[position].stage = .copying
        if let dueRounds { self.entities[position].dueRounds = dueRounds }
    }

    /// Whether an entity waits for `prepared`.
    package func isPreparing(_ entity: EntityName) -> Bool {
        self.index[entity].map { self.entities[$0].stage == .preparing } ?? false
    }

    /// Whether nothing is left to do for an entity.
    package func isComplete(_ entity: EntityName) -> Bool {
        self.index[entity].map { self.entities[$0].stage == .complete } ?? false
    }

    /// One transition of one entity, nil where it stays; the actions may be none.
    private mutating func step(_ position: Int) -> [EntityAction]? {
        let entity = self.entities[position]
        let tally = self.tallies[position]
        switch entity.stage {
        case .waiting:
            guard self.isReleasable(entity) else { return nil }
            self.entities[position].stage = .preparing
            return [.prepare(entity.name)]
        case .preparing:
            return nil
        case .copying:
            guard tally.copies.open == 0 else { return nil }
            if tally.owesReplays { return self.planReplays(position) }
            guard tally.indexes.open > 0 || self.isDue(TaskRound.beforeSettling, position) else {
                return self.settle(position)
            }
            self.entities[position].stage = .indexing
            return [.index(entity.name)]
        case .indexing:
            return self.stepIndexing(position)
        case .settled, .filling, .constraining, .complete:
            if tally.copies.open > 0 {
                // A retried or replayed shard: prepared anew, because its triggers are live again.
                self.entities[position].stage = .waiting
                return []
            }
            return self.stepSettled(position)
        }
    }

    /// What follows for others once an entity has settled, perhaps with rows that were missing before.
    ///
    /// In a first pass nobody has looked at its rows yet, and nothing follows.
    mutating func heal(_ position: Int) -> [EntityAction] {
        let name = self.entities[position].name
        var actions: [EntityAction] = []
        for place in self.entities.indices {
            let other = self.entities[place]
            if other.dependencies.contains(name), self.tallies[place].copies.haveBegun {
                if self.tallies[place].copies.open > 0 {
                    // Those at work may still reject rows for want of the old presence.
                    self.tallies[place].owesReplays = true
                } else {
                    actions += self.planReplays(place)
                }
            }
            if place == position || other.deferredParents.contains(name), self.tallies[place].fills.haveBegun {
                actions.append(.refill(other.name))
            }
        }
        return actions
    }

    private mutating func planReplays(_ position: Int) -> [EntityAction] {
        self.tallies[position].owesReplays = false
        return [.planReplays(self.entities[position].name)]
    }

    /// At the start of a reign: an entity that was at work may hold rejects of parents that have settled since, and the
    /// coordinator that knew is gone.
    private mutating func oweReplays() {
        for (position, entity) in self.entities.enumerated() where !entity.dependencies.isEmpty {
            let copies = self.tallies[position].copies
            guard copies.haveBegun, entity.stage == .waiting || copies.open > 0 else { continue }
            self.tallies[position].owesReplays = true
        }
    }

    private func isReleasable(_ entity: EntityNode) -> Bool {
        guard entity.dependencies.allSatisfy({ self.isSettled($0) }) else { return false }
        guard self.limits.phaseBarrier else { return true }
        return self.entities.allSatisfy { $0.phase >= entity.phase || $0.stage.isSettled }
    }

    func isSettled(_ name: EntityName) -> Bool {
        self.index[name].map { self.entities[$0].stage.isSettled } ?? true
    }
}
