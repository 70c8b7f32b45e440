import Catalog
import ControlProtocol
import ControlStore
import MigrationPlan
import Postgres
import RowPipeline
import Scheduling

/// The presence sets of one run at a worker: read once per parent and epoch, shared by its slots.
struct ParentSetCache: Sendable {
    private let store: ControlStore
    private let targetKeys: TargetKeys
    private let parents = EpochCache<EntityName, TransformEnvironment.ParentState>()
    private let losers = EpochCache<EntityName, PresenceSet>()

    init(store: ControlStore, target: ConnectionParameters) {
        self.store = store
        self.targetKeys = TargetKeys(parameters: target)
    }

    /// The keys of a `replay` shard; none for other kinds.
    func keys(of assignment: Assignment) async throws(AttemptFailure) -> [Int64] {
        guard assignment.kind == .replay else { return [] }
        do throws(ControlStoreError) {
            return try await self.store.keys(of: assignment.shard)
        } catch {
            throw AttemptFailure(error)
        }
    }

    /// What the program of an entity, or of its fill pass, has to know.
    func sets(
        for entity: ResolvedEntity,
        kind: ShardKind,
        run: RunContext,
        epoch: Int
    ) async throws(AttemptFailure) -> ParentSets {
        if kind.isTask { return ParentSets(identities: [:], environment: TransformEnvironment(entity: entity.name)) }
        let program = kind == .fill ? entity.fill?.program ?? entity.program : entity.program
        var environment = TransformEnvironment(
            entity: entity.name,
            recordsPresence: kind != .fill && entity.recordsPresence,
            rowsExist: kind == .fill
        )
        do {
            if kind != .fill, !entity.uniqueRules.isEmpty {
                environment.losers = try await self.losers(of: entity, run: run.id, epoch: epoch)
            }
            var parents = program.referencedEntities
            if kind != .fill, entity.identity.owner != entity.name { parents.insert(entity.identity.owner) }
            for parent in parents {
                guard let resolved = run.entities[EntityName(rawValue: parent)] else { continue }
                environment.parents[parent] = try await self.state(of: resolved, run: run.id, epoch: epoch)
            }
        } catch let error as ControlStoreError {
            throw AttemptFailure(error)
        } catch let error as PostgresError {
            throw AttemptFailure(error, side: .target, isCancelled: false)
        } catch {
            throw AttemptFailure(.fault, side: .worker, message: "a presence set can't be read: \(error)")
        }
        let identities = Dictionary(uniqueKeysWithValues: run.plan.entities.map { ($0.name, $0.identity) })
        return ParentSets(identities: identities, environment: environment)
    }

    private func state(
        of parent: ResolvedEntity,
        run: RunID,
        epoch: Int
    ) async throws -> TransformEnvironment.ParentState {
        let name = EntityName(rawValue: parent.name)
        return try await self.parents.value(of: name, epoch: epoch) { [store, targetKeys] in
            let presence = try await store.presence(of: name, in: run)
            var state = TransformEnvironment.ParentState(
                awaitedRanges: presence.awaitedRanges.map { $0.closedRange }
            )
            for bitmap in presence.bitmaps { state.present.formUnion(try PresenceSet(serialized: bitmap)) }
            state.pending = PresenceSet(presence.pendingKeys)
            if parent.into == .append, let column = parent.legacyColumn {
                // Rows that came before this run are parents too.
                state.present.formUnion(try await targetKeys.keys(of: parent.targetTable, column: column))
            }
            return state
        }
    }

    private func losers(of entity: ResolvedEntity, run: RunID, epoch: Int) async throws -> PresenceSet {
        let name = EntityName(rawValue: entity.name)
        return try await self.losers.value(of: name, epoch: epoch) { [store] in
            guard let bitmap = try await store.losers(of: name, in: run) else { return PresenceSet() }
            return try PresenceSet(serialized: bitmap)
        }
    }
}
