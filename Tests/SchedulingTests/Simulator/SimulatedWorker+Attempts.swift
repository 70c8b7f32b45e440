@testable import Scheduling

extension SimulatedWorker {
    /// A step of the attempt in a slot; those of attempts that have ended since come to nothing.
    func attempt(_ slot: Int, _ lease: LeaseID, _ step: SimulationEvent.Step) {
        guard let attempt = self.attempts[slot], attempt.assignment.lease == lease else { return }
        switch step {
        case .begin: self.begin(slot, attempt)
        case .fence: self.fence(slot, attempt)
        case .commit: self.commit(slot, attempt)
        case .end: self.ended(slot, attempt, attempt.failure)
        }
    }

    private func begin(_ slot: Int, _ attempt: Attempt) {
        guard attempt.failure == nil else { return }
        let assignment = attempt.assignment
        guard assignment.kind.isTask || self.world.source.isAlive(attempt.hold) else {
            self.ended(slot, attempt, .snapshotLost)
            return
        }
        self.world.schema.open(assignment.lease)
        let scenario = self.world.scenario
        let entity = scenario.entities[scenario.place(of: assignment.entity)]
        let parents: [EntityName] =
            switch assignment.kind {
            case .copy, .replay: entity.dependencies
            case .fill: entity.deferredParents
            case .index, .constraint, .validate: []
            }
        for parent in parents {
            let place = scenario.place(of: parent)
            self.attempts[slot]?.seen[place] = self.parentState(of: place, epoch: assignment.epoch)
        }
        self.attempts[slot]?.failure = self.failure(of: assignment)
        let seconds = self.world.seconds(self.world.chance(scenario.faults.slow) ? 10...50 : 0.1...4)
        self.attempts[slot]?.reading = (self.world.now, seconds)
        self.next(slot, assignment.lease, .fence, in: seconds...seconds)
    }

    /// Rows that a running shard has read.
    func progress(of lease: LeaseID) -> Int {
        guard let attempt = self.attempts.values.first(where: { $0.assignment.lease == lease }),
            let reading = attempt.reading
        else { return 0 }
        let share = min(1, (self.world.now - reading.since) / reading.seconds)
        return Int(Double(self.world.schema[attempt.assignment.shard].rows.count) * share)
    }

    /// What an attempt leaves to others: asked to by the coordinator, or by itself.
    private func rest(of attempt: Attempt) -> [[Int]] {
        let scenario = self.world.scenario
        let rows = self.world.schema[attempt.assignment.shard].rows
        let entity = scenario.entities[scenario.place(of: attempt.assignment.entity)]
        guard attempt.assignment.kind == .copy, entity.canYield, rows.count > 1 else { return [] }
        let isByItself = scenario.yielding > 0 && self.world.seconds(0...1) < scenario.yielding
        guard attempt.partsAsked != nil || isByItself else { return [] }
        let kept = Int.random(in: 1..<rows.count, using: &self.world.random)
        let rest = Array(rows[kept...])
        let parts = min(attempt.partsAsked ?? Int.random(in: 1...3, using: &self.world.random), rest.count)
        return (0..<parts).map { Array(rest[$0 * rest.count / parts..<($0 + 1) * rest.count / parts]) }
    }

    private func failure(of assignment: Assignment) -> FailureClass? {
        if assignment.kind != .fill, self.world.schema.isPoisoned(assignment.shard) { return .rows }
        guard self.world.chance(self.world.scenario.faults.failing) else { return nil }
        return FailureClass.allCases.randomElement(using: &self.world.random)
    }

    private func fence(_ slot: Int, _ attempt: Attempt) {
        let assignment = attempt.assignment
        if let failure = attempt.failure {
            self.ended(slot, attempt, failure)
        } else if !self.world.schema.isOpen(assignment.lease) {
            self.ended(slot, attempt, .surroundings)
        } else if self.world.schema.fence(assignment.shard, assignment.lease) {
            self.attempts[slot]?.isFenced = true
            self.attempts[slot]?.rest = self.rest(of: attempt)
            self.next(slot, assignment.lease, .commit, in: self.world.chance(0.1) ? 0...5 : 0...0.01)
        } else {
            self.ended(slot, attempt, .leaseLost)
        }
    }

    private func commit(_ slot: Int, _ attempt: Attempt) {
        let assignment = attempt.assignment
        guard self.world.schema.isOpen(assignment.lease) else {
            self.ended(slot, attempt, .surroundings)
            return
        }
        self.world.schema.commit(
            assignment.shard,
            assignment.lease,
            snapshot: attempt.hold.number,
            seen: attempt.seen,
            leaving: attempt.rest
        )
        self.ended(slot, attempt, nil)
    }
}
