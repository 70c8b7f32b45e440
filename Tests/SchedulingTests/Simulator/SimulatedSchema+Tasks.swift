@testable import Scheduling

/// What is off during the load of an entity, and how it comes back.
extension SimulatedSchema {
    /// Drops what has never been dropped before.
    mutating func suspend(_ entity: EntityName, term: Int) throws(TermLost) {
        try self.confirm(term)
        let place = self.scenario.place(of: entity)
        // Rows that a retry brings are written with everything in place.
        guard !self.shards(of: place).contains(where: { $0.entry.state == .done }) else { return }
        for structure in self.structures.indices where self.structures[structure].entity == place {
            self.structures[structure].isDropped = true
        }
    }

    /// Rounds of tasks that are left of an entity.
    func dueRounds(of entity: Int) -> Set<TaskRound> {
        var rounds: Set<TaskRound> = []
        for (place, structure) in self.structures.enumerated() where structure.entity == entity && structure.isOff {
            if self.shards.contains(where: { $0.object == place && $0.entry.state == .failed }) { continue }
            for step in structure.steps.dropFirst(structure.stepsDone) {
                rounds.insert(Self.round(of: step, isOfIndex: structure.isOfIndex))
            }
        }
        return rounds
    }

    /// Makes shards of the steps of a round that are next and have none yet.
    mutating func planTasks(_ round: TaskRound, of entity: EntityName, term: Int) throws(TermLost) -> [ShardID] {
        try self.confirm(term)
        let place = self.scenario.place(of: entity)
        var planned: [ShardID] = []
        for (number, structure) in self.structures.enumerated() where structure.entity == place && structure.isOff {
            let kind = structure.steps[structure.stepsDone]
            guard Self.round(of: kind, isOfIndex: structure.isOfIndex) == round,
                !self.shards.contains(where: { $0.object == number && $0.entry.kind == kind })
            else { continue }
            let id = self.add(place, kind, KeyRange(lower: nil, upper: nil), rows: [])
            self[id].object = number
            planned.append(id)
        }
        return planned
    }

    /// A task is committed.
    mutating func advance(_ shard: Shard) {
        guard let object = shard.object else { return }
        let structure = self.structures[object]
        if !structure.isOff || structure.steps[structure.stepsDone] != shard.entry.kind {
            self.violations.append("\(shard.entry.id) was not the next step of structure \(object)")
        }
        if structure.isOfIndex, !self.wasRetried,
            self.shards(of: shard.entity).contains(where: { $0.entry.kind == .copy && $0.entry.state.isOpen })
        {
            self.violations.append("structure \(object) came back before the rows of \(shard.entry.entity)")
        }
        self.structures[object].stepsDone += 1
    }

    /// Whether dependents of an entity have to wait for a task.
    func isAwaitedByDependents(_ shard: Shard) -> Bool {
        guard let object = shard.object else { return false }
        return self.structures[object].isOfIndex
    }

    /// Two constraints that are added at a time deadlock, and so do two that are validated on one table.
    mutating func checkTaskLimits() {
        let leased = self.leased.values.map { self[$0] }
        if leased.count(where: { $0.entry.kind == .constraint }) > 1 {
            self.violations.append("two constraints are added at a time")
        }
        let validated = leased.filter { $0.entry.kind == .validate }.map(\.entity)
        if Set(validated).count < validated.count {
            self.violations.append("two constraints of a table are validated at a time")
        }
    }

    private static func round(of step: ShardKind, isOfIndex: Bool) -> TaskRound {
        switch step {
        case .index: .indexes
        case .constraint: isOfIndex ? .keys : .foreignKeys
        case .validate: .validations
        case .copy, .fill, .replay: preconditionFailure("\(step) is no task")
        }
    }
}
