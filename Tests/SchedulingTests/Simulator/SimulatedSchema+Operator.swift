@testable import Scheduling

/// What an operator does, with and without a coordinator.
extension SimulatedSchema {
    /// `godwit retry --failed`, the causes mended.
    mutating func retryFailed() {
        guard self.status != .cancelled else { return }
        for shard in self.shards where shard.entry.state == .failed {
            self.wasRetried = true
            self.change(shard.entry.id, to: .pending(notBefore: nil))
            self[shard.entry.id].failedAttempts = 0
            self[shard.entry.id].notBefore = nil
            for row in shard.rows { self.rows[shard.entity].isPoisoned[row] = false }
            if self.stages[shard.entity].isSettled {
                self.stages[shard.entity] = shard.entry.kind.isTask ? .settled : .copying
            }
        }
    }

    mutating func pause() {
        if self.status == .running { self.status = .paused }
    }

    mutating func resume() {
        if self.status == .paused { self.status = .running }
    }

    /// Gives the run up; a shard whose row is locked is left to end as done.
    mutating func cancel() {
        self.status = .cancelled
        guard self.scenario.planted != .forgottenCancel else { return }
        for (lease, id) in self.leased where self.transactions[lease]?.locked != id {
            self.change(id, to: .pending(notBefore: nil))
        }
    }

    /// What must hold when a run has ended with nothing failed.
    func violationsAtEnd() -> [String] {
        var found = self.violations
        if self.readSnapshots.count > 1, !self.isMixed { found.append("nobody knows that the run is mixed") }
        for shard in self.shards where shard.entry.state.isOpen || shard.entry.state == .failed {
            found.append("\(shard.entry) is not done")
        }
        for (number, structure) in self.structures.enumerated() where structure.isOff {
            found.append("structure \(number) of \(self.scenario.entities[structure.entity].name) is still off")
        }
        for (entity, node) in self.scenario.entities.enumerated() {
            let ranges = self.shards(of: entity).filter { $0.entry.kind == .copy && $0.commits == 1 }
                .map(\.entry.range)
                .sorted { ($0.lower ?? .min, $0.lower == nil ? 0 : 1) < ($1.lower ?? .min, $1.lower == nil ? 0 : 1) }
            let meet = zip(ranges, ranges.dropFirst()).allSatisfy { $0.upper != nil && $0.upper == $1.lower }
            if !meet || ranges.isEmpty || ranges.first?.lower != nil || ranges.last?.upper != nil {
                found.append("the committed ranges of \(node.name) do not tile its keys")
            }
            let rows = self.rows[entity]
            for row in rows.isPresent.indices {
                if rows.isPending[row] { found.append("row \(row) of \(node.name) waits for a parent that has come") }
                if !rows.isPresent[row] { found.append("row \(row) of \(node.name) is missing") }
                if !node.deferredParents.isEmpty, !rows.isFilled[row] {
                    found.append("row \(row) of \(node.name) is not filled")
                }
            }
        }
        return found
    }
}
