import Catalog
import ControlStore
import Postgres
import RowPipeline
import Scheduling

/// What happens to an entity around its load: losers of unique rules before it, triggers off and on again.
actor EntityPreparation {
    private nonisolated let executor = BlockingExecutor(label: "godwit.preparation")
    private let source: ConnectionParameters
    let store: ControlStore
    let run: RunID
    /// How often the tables of an entity were too busy for a drop.
    var busy: [EntityName: Int] = [:]
    nonisolated let median: KeyMedian

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(source: ConnectionParameters, store: ControlStore, run: RunID) {
        self.source = source
        self.store = store
        self.run = run
        self.median = KeyMedian(source: source)
    }

    /// Drops what is off during the load, computes the losers in the run's snapshot and suspends the target table's triggers.
    ///
    /// Doing it again changes nothing.
    ///
    /// - Returns: The rounds of tasks that are to follow the load, whatever plan the run had when they were dropped.
    func prepare(
        _ entity: ResolvedEntity,
        plan: ResolvedPlan,
        snapshot: String
    ) async throws(PreparationFailure) -> Set<TaskRound> {
        let name = EntityName(rawValue: entity.name)
        do throws(ControlStoreError) {
            try await self.dropForLoad(entity)
        } catch {
            throw PreparationFailure(error)
        }
        if let statement = entity.losersStatement {
            let losers = try self.losers(statement, of: entity, plan: plan, snapshot: snapshot)
            do throws(ControlStoreError) {
                try await self.store.recordLosers(of: name, in: self.run, losers.serialized())
            } catch {
                throw PreparationFailure(error)
            }
        }
        do throws(ControlStoreError) {
            try await self.suspendTriggers(of: entity)
            return try await self.store.dueRounds(of: self.run, entity: name)[name] ?? []
        } catch {
            throw PreparationFailure(error)
        }
    }

    /// Switches the target table's triggers off; doing it again changes nothing.
    func suspendTriggers(of entity: ResolvedEntity) async throws(ControlStoreError) {
        let name = EntityName(rawValue: entity.name)
        try await self.store.suspend(
            entity.triggersToSuspend.map { trigger in
                SuspendedObject(
                    entity: name,
                    kind: "trigger",
                    table: entity.targetTable,
                    name: trigger,
                    suspendSQL: "ALTER TABLE \(entity.targetTable) DISABLE TRIGGER \(quoteIdentifier(trigger))",
                    steps: [
                        RestoreStep(
                            .trigger,
                            "ALTER TABLE \(entity.targetTable) ENABLE TRIGGER \(quoteIdentifier(trigger))"
                        )
                    ]
                )
            },
            in: self.run
        )
    }

    private func losers(
        _ statement: String,
        of entity: ResolvedEntity,
        plan: ResolvedPlan,
        snapshot: String
    ) throws(PreparationFailure) -> PresenceSet {
        var importsSnapshot = false
        do throws(PostgresError) {
            let connection = try Connection(self.source, role: .source, applicationName: "godwit unique rules")
            try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            importsSnapshot = true
            try connection.execute("SET TRANSACTION SNAPSHOT \(quoteLiteral(snapshot))")
            importsSnapshot = false
            try connection.execute("SET LOCAL search_path TO \(plan.sourceSearchPath)")
            let result = try connection.query(statement)
            return PresenceSet(result.rows.lazy.compactMap { $0.integer(0) })
        } catch {
            let shown = entity.hasPersonalColumns ? error.withoutRowValues : error
            throw PreparationFailure(shown, importsSnapshot: importsSnapshot)
        }
    }
}
