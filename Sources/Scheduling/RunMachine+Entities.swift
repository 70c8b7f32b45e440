extension RunMachine {
    package enum EntityAction: Sendable, Equatable {
        /// Compute losers and suspend triggers, then report `prepared`.
        case prepare(EntityName)
        /// Every copy is done or failed; record it.
        case settle(EntityName)
        /// Deferred references may be resolved now; record it.
        case fill(EntityName)
        /// Nothing is left: restore triggers, analyse, record it.
        case complete(EntityName)
        /// Rows this entity's children wait for may have come: make replay shards of the child's pending rejects.
        case planReplays(EntityName)
        /// Fill shards that were done must be done again, because rows they point at have come.
        case refill(EntityName)
        /// Everything is done or failed.
        case endRun(failedShards: Int)
    }

    /// Moves every entity on as far as its shards and parents allow.
    ///
    /// Call it after every change; an action is named once.
    package mutating func advance() -> [EntityAction] {
        var actions: [EntityAction] = []
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for position in self.entities.indices {
                while let action = self.step(position) {
                    hasMoved = true
                    actions += action
                }
            }
        }
        if !self.hasEnded, self.entities.allSatisfy({ $0.stage == .complete }) {
            self.hasEnded = true
            actions.append(.endRun(failedShards: self.tallies.reduce(0) { $0 + $1.failed }))
        }
        return actions
    }

    /// The interpreter has prepared an entity; its shards may be granted.
    package mutating func prepared(_ entity: EntityName) {
        guard let position = self.index[entity], self.entities[position].stage == .preparing else { return }
        self.entities[position].stage = .copying
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
            guard tally.openCopies == 0 else { return nil }
            self.entities[position].stage = .settled
            return [.settle(entity.name)] + self.heal(position)
        case .settled:
            if tally.openCopies > 0 { return self.reopen(position) }
            guard tally.openFills > 0 else {
                self.entities[position].stage = .complete
                return [.complete(entity.name)]
            }
            guard entity.deferredParents.allSatisfy({ self.isSettled($0) }) else { return nil }
            self.entities[position].stage = .filling
            return [.fill(entity.name)]
        case .filling:
            if tally.openCopies > 0 { return self.reopen(position) }
            guard tally.openFills == 0 else { return nil }
            self.entities[position].stage = .complete
            return [.complete(entity.name)]
        case .complete:
            if tally.openCopies > 0 { return self.reopen(position) }
            guard tally.openFills > 0 else { return nil }
            self.entities[position].stage = .settled
            return []
        }
    }

    /// A retried or replay shard: the entity is prepared anew, because its triggers are live again.
    private mutating func reopen(_ position: Int) -> [EntityAction] {
        self.entities[position].stage = .preparing
        return [.prepare(self.entities[position].name)]
    }

    /// What follows for others once rows came that were missing before.
    private mutating func heal(_ position: Int) -> [EntityAction] {
        guard self.tallies[position].isHealing else { return [] }
        self.tallies[position].isHealing = false
        let name = self.entities[position].name
        var actions: [EntityAction] = []
        for (place, other) in self.entities.enumerated() {
            if other.dependencies.contains(name), other.stage != .waiting {
                actions.append(.planReplays(other.name))
            }
            if place == position || other.deferredParents.contains(name), self.tallies[place].doneFills > 0 {
                actions.append(.refill(other.name))
            }
        }
        return actions
    }

    private func isReleasable(_ entity: EntityNode) -> Bool {
        guard entity.dependencies.allSatisfy({ self.isSettled($0) }) else { return false }
        guard self.limits.phaseBarrier else { return true }
        return self.entities.allSatisfy { $0.phase >= entity.phase || $0.stage.isSettled }
    }

    private func isSettled(_ name: EntityName) -> Bool {
        self.index[name].map { self.entities[$0].stage.isSettled } ?? true
    }
}
