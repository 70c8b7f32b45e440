/// What an entity does once its rows are copied.
extension RunMachine {
    mutating func stepIndexing(_ position: Int) -> [EntityAction]? {
        guard self.tallies[position].openTasks == 0 else { return nil }
        if let action = self.planNext(of: TaskRound.beforeSettling, position) { return [action] }
        guard self.tallies[position].copies.open == 0 else {
            // Written with everything in place, after the tasks and not beside them: both would wait for a lock.
            self.entities[position].stage = .waiting
            return []
        }
        return self.settle(position)
    }

    mutating func settle(_ position: Int) -> [EntityAction] {
        self.entities[position].stage = .settled
        return self.heal(position) + [.settle(self.entities[position].name)]
    }

    mutating func stepSettled(_ position: Int) -> [EntityAction]? {
        let entity = self.entities[position]
        let tally = self.tallies[position]
        let mayFill = entity.deferredParents.allSatisfy { self.isSettled($0) }
        switch entity.stage {
        case .settled where tally.fills.open > 0:
            guard mayFill else { return nil }
            self.entities[position].stage = .filling
            return [.fill(entity.name)]
        case .filling where tally.fills.open > 0:
            // Filling while a parent is copied again would be done twice.
            guard !mayFill else { return nil }
            self.entities[position].stage = .settled
            return []
        case .settled, .filling:
            guard tally.openTasks > 0 || self.isDue(TaskRound.afterFilling, position) else {
                return self.complete(position)
            }
            guard self.areParentsFilled(entity) else { return nil }
            self.entities[position].stage = .constraining
            return [.constrain(entity.name)]
        case .constraining where tally.fills.open > 0:
            self.entities[position].stage = .settled
            return []
        case .constraining:
            guard tally.openTasks == 0 else { return nil }
            return self.planNext(of: TaskRound.afterFilling, position).map { [$0] } ?? self.complete(position)
        case .complete
        where tally.fills.open > 0 || tally.openTasks > 0 || self.isDue(TaskRound.afterFilling, position):
            self.entities[position].stage = .settled
            return []
        case .complete, .waiting, .preparing, .copying, .indexing:
            return nil
        }
    }

    func isDue(_ rounds: [TaskRound], _ position: Int) -> Bool {
        rounds.contains { self.entities[position].dueRounds.contains($0) }
    }

    private mutating func complete(_ position: Int) -> [EntityAction] {
        self.entities[position].stage = .complete
        return [.complete(self.entities[position].name)]
    }

    /// The next round that is due; nil where none is.
    private mutating func planNext(of rounds: [TaskRound], _ position: Int) -> EntityAction? {
        guard let round = rounds.first(where: { self.entities[position].dueRounds.contains($0) }) else { return nil }
        self.entities[position].dueRounds.remove(round)
        return .planTasks(self.entities[position].name, round)
    }

    /// Whether nobody writes to the tables that an entity refers to: a foreign key that is added locks them.
    private func areParentsFilled(_ entity: EntityNode) -> Bool {
        (entity.dependencies + entity.deferredParents)
            .allSatisfy { name in
                guard let place = self.index[name] else { return true }
                let tally = self.tallies[place]
                return self.entities[place].stage.isSettled && tally.copies.open == 0 && tally.fills.open == 0
            }
    }
}
