import ControlStore
import RowPipeline
import Scheduling

/// The circuit breaker: too many failing rows of an entity pause the run.
extension RunLeader {
    /// Looks at all entities, each second.
    func watchErrorRates(_ status: StatusReport) async throws {
        guard self.ended == nil else { return }
        for entity in status.entities {
            guard self.runPause.reason == nil else { return }
            try await self.judge(entity)
        }
    }

    /// Looks at one whose rows others will refer to from now on, with what its index tasks have rejected a moment ago.
    ///
    /// The figures of each second may come after the copies of those others; nothing is granted before this.
    func watchErrorRate(of name: EntityName) async throws {
        guard self.breaker != nil, self.runPause.reason == nil,
            let entity = try await self.store.judgedStatus(of: name, in: self.run.id)
        else { return }
        try await self.judge(entity)
    }

    private func judge(_ entity: EntityStatus) async throws {
        // Rows that wait for a failed shard's retry say nothing about the entity's own rows.
        let pending = entity.rejects[RejectReason.parentPending.code] ?? 0
        let trip = self.breaker?
            .judge(
                entity.name,
                migrated: entity.counters.migrated,
                rejected: max(0, entity.counters.rejected - pending),
                failed: entity.failedRows
            )
        guard let trip else { return }
        try await self.pause(.circuitBreaker, trip.reason, accepting: (trip.entity, trip.rate))
    }
}
