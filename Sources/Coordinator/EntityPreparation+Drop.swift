import Catalog
import ControlStore
import Postgres
import Scheduling

extension EntityPreparation {
    /// Where others keep a table to themselves: so often everything is tried, then what takes no lock on the tables that
    /// foreign keys refer to, and in the end the load begins with all of it in place.
    ///
    /// The preparation is delayed by some seconds in between; a load with its indexes in place is slow, one that never
    /// begins is worse. Safe from 1 on.
    private static let patience = (everything: 15, anything: 20)

    /// Drops what the plan's resolution has chosen, before the first shard of an entity; later, or again, it does nothing.
    ///
    /// Every lock is waited for less than a second, so that nobody who needs the table waits behind this one for longer,
    /// and shards at work on a table that a foreign key refers to don't end in a deadlock with it.
    func dropForLoad(_ entity: ResolvedEntity) async throws(ControlStoreError) {
        let name = EntityName(rawValue: entity.name)
        let attempt = self.busy[name, default: 0]
        let objects = (entity.deferredObjects ?? [])
            .filter { attempt < Self.patience.everything || $0.kind != .foreignKey }
        guard !objects.isEmpty, attempt < Self.patience.anything else { return }
        do throws(ControlStoreError) {
            let outcome = try await self.store.drop(
                objects.map { DroppedObject(SuspendedObject($0, of: entity), isUnchanged: $0.isUnchanged) },
                of: name,
                table: entity.targetTable,
                in: self.run
            )
            try await self.tell(of: outcome, name, entity.targetTable)
        } catch {
            guard error.sqlState == .lockNotAvailable || error.sqlState == .deadlockDetected else { throw error }
            self.busy[name] = attempt + 1
            guard attempt + 1 == Self.patience.anything else { throw error }
            let text = "\(entity.targetTable) is busy: it is loaded with its indexes and foreign keys in place"
            try await self.store.record([NewEvent(.warning, .preparationDelayed, text, entity: name)], of: self.run)
        }
    }

    private func tell(
        of outcome: DropOutcome,
        _ name: EntityName,
        _ table: String
    ) async throws(ControlStoreError) {
        let text: String
        switch outcome {
        case .notTheFirst: return
        case .hasRows: text = "indexes and foreign keys of \(table) stay in place, because it has got rows"
        case .dropped(let names, let left):
            let rest = left.sorted { $0.key < $1.key }.map { "; \($0.key) stays in place: \($0.value)" }.joined()
            text = "dropped for the load of \(table): \(names.joined(separator: ", "))\(rest)"
        }
        try await self.store.record([NewEvent(.info, text, entity: name)], of: self.run)
    }
}

extension SuspendedObject {
    /// An index or a constraint of an entity's target table.
    init(_ object: DeferredObject, of entity: ResolvedEntity) {
        self.init(
            entity: EntityName(rawValue: entity.name),
            kind: object.kind.rawValue,
            table: entity.targetTable,
            name: object.name,
            suspendSQL: object.drop,
            steps: object.steps.map { RestoreStep(RestoreStep.Kind($0.kind), $0.sql) }
        )
    }
}

extension RestoreStep.Kind {
    fileprivate init(_ kind: DeferredObject.Step.Kind) {
        switch kind {
        case .index: self = .index
        case .constraint: self = .constraint
        case .validate: self = .validate
        }
    }
}
