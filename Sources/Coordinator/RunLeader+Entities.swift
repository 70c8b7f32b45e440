import Catalog
import ControlStore
import Logging
import MigrationPlan
import Observability
import Scheduling

extension RunLeader {
    /// Moves the entities on and does what that calls for.
    func advance() async throws {
        while self.ended == nil {
            let actions = self.machine.advance()
            guard !actions.isEmpty else { return }
            for action in actions { try await self.run(action) }
        }
    }

    private func run(_ action: RunMachine.EntityAction) async throws {
        switch action {
        case .prepare(let entity):
            try await self.store.setStage(of: entity, in: self.run.id, .preparing)
            self.unprepared[entity] = .now
        case .index(let entity):
            try await self.store.setStage(of: entity, in: self.run.id, .indexing)
            self.logger.info("entity copied, its indexes follow", metadata: .of([.entity: entity]))
        case .settle(let entity):
            try await self.watchErrorRate(of: entity)
            self.epoch = try await self.store.advancePresenceEpoch(of: self.run.id)
            try await self.store.setStage(of: entity, in: self.run.id, .settled)
            self.logger.info("entity settled", metadata: .of([.entity: entity]))
        case .fill(let entity):
            // Long after the load, where it is a refill: the triggers are on again.
            if let resolved = self.plan.entity(named: entity.rawValue) {
                try await self.preparation.suspendTriggers(of: resolved)
            }
            self.epoch = try await self.store.advancePresenceEpoch(of: self.run.id)
            try await self.store.setStage(of: entity, in: self.run.id, .filling)
        case .constrain(let entity):
            try await self.store.setStage(of: entity, in: self.run.id, .constraining)
        case .planTasks(let entity, let round):
            try await self.planTasks(round, of: entity)
        case .complete(let entity):
            try await self.complete(entity)
        case .planReplays(let entity):
            try await self.planReplays(of: entity)
        case .refill(let entity):
            try await self.look(at: self.store.reopenFills(of: entity, in: self.run.id))
        case .endRun:
            try await self.conclude()
        }
    }

    private func complete(_ name: EntityName) async throws {
        try await self.store.restoreTriggers(of: self.run.id, entity: name, isLeading: true)
        self.unanalyzed.insert(name)
    }

    /// Switches on what a run that came to a bad end had switched off; its workers have left.
    ///
    /// Indexes and constraints take their time and may be refused: they are left to whoever asks for them.
    ///
    /// - Returns: The summary, with what is still off.
    func restored(after summary: RunSummary) async throws -> RunSummary {
        let count = try await self.store.restoreTriggers(of: self.run.id)
        if count > 0 { self.logger.notice("switched triggers on again", metadata: .of([.count: count])) }
        let off = try await self.store.openStructures(of: self.run.id)
        guard let text = StructuresOff.text(off, run: self.run.number) else { return summary }
        self.logger.warning("indexes or constraints are off", metadata: .of([.count: off.count]))
        try await self.note(.warning, .structuresOff, text)
        return RunSummary(summary.outcome, "\(summary.message)\n\(text)")
    }

    private func planReplays(of name: EntityName) async throws {
        let shards = try await self.store.planReplays(of: name, in: self.run.id)
        guard !shards.isEmpty else { return }
        self.logger.info(
            "replaying rows that waited for a parent",
            metadata: .of([.entity: name, .shards: shards.count])
        )
        self.machine.learn(try await self.store.shardEntries(shards, now: .now))
    }

    private func planTasks(_ round: TaskRound, of name: EntityName) async throws {
        let shards = try await self.store.planTasks(round, of: name, in: self.run.id)
        for entry in try await self.store.shardEntries(shards, now: .now) { self.machine.add(entry) }
    }
}
