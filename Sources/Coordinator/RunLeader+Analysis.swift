import Catalog
import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

/// What follows the load of an entity.
extension RunLeader {
    /// Refreshes the statistics of loaded tables, one after the other, in a session of their own and beside the event loop:
    /// of a large table they take minutes, behind somebody's lock for ever, and pings must be answered meanwhile.
    func startAnalyses(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for name in self.unanalyzed where !self.analyzing.contains(name) {
            self.unanalyzed.remove(name)
            guard let entity = self.plan.entity(named: name.rawValue) else { continue }
            self.analyzing.insert(name)
            group.addTask { [analyst, mailbox] in
                do throws(ControlStoreError) {
                    try await analyst.analyze(entity.targetTable)
                    mailbox.yield(.analyzed(name, failure: nil))
                } catch {
                    mailbox.yield(.analyzed(name, failure: error))
                }
            }
        }
    }

    /// An entity is complete, unless there is more to do for it meanwhile.
    func analyzed(_ name: EntityName, failure: ControlStoreError?) async throws {
        self.analyzing.remove(name)
        // After an outage every entity that was not complete is completed again.
        guard self.targetOutage == nil else { return }
        if let failure, let entity = self.plan.entity(named: name.rawValue) {
            // There may be no connection left for it: the leading session has one, and says what else is wrong.
            self.logger.warning(
                "a table can't be analysed beside the others",
                metadata: .of([.entity: name, .error: "\(failure)"])
            )
            try await self.analyze(entity, name)
        }
        if self.machine.isComplete(name) {
            try await self.store.setStage(of: name, in: self.run.id, .complete)
            self.logger.info("entity complete", metadata: .of([.entity: name]))
        }
        // Nobody need wait for the next look.
        if self.unanalyzed.isEmpty, self.analyzing.isEmpty {
            await self.analyst.close()
            try await self.concludeAtLast()
        }
    }

    /// Analyses a table in the leading session.
    ///
    /// What the server refuses leaves the table without statistics, no more than that.
    private func analyze(_ entity: ResolvedEntity, _ name: EntityName) async throws {
        do throws(ControlStoreError) {
            try await self.store.analyze(entity.targetTable)
        } catch {
            guard error.sqlState != nil, !error.isTransient else { throw error }
            let shown = entity.hasPersonalColumns ? error.underlying?.withoutRowValues : error.underlying
            let text = """
                \(entity.targetTable) is loaded and could not be analysed, so queries on it may be slow until somebody does: \
                \(shown?.message ?? error.message)
                """
            try await self.note(.warning, .analysisFailed, text, entity: name)
        }
    }
}
