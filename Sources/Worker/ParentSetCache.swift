import Catalog
import ControlProtocol
import ControlStore
import MigrationPlan
import Postgres
import RowPipeline
import Scheduling

/// The presence sets of a worker: read once per parent and epoch, shared by its slots.
actor ParentSetCache {
    private let store: ControlStore
    private let targetKeys: TargetKeys
    private var parents: [EntityName: Entry<TransformEnvironment.ParentState>] = [:]
    private var losers: [EntityName: Entry<PresenceSet>] = [:]

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
        let program = kind == .fill ? entity.fill?.program ?? entity.program : entity.program
        var environment = TransformEnvironment(
            entity: entity.name,
            recordsPresence: kind != .fill && entity.recordsPresence,
            rowsExist: kind == .fill
        )
        if kind != .fill, !entity.uniqueRules.isEmpty {
            environment.losers = try await self.losers(of: entity, run: run, epoch: epoch)
        }
        var parents = program.referencedEntities
        if kind != .fill, entity.identity.owner != entity.name { parents.insert(entity.identity.owner) }
        for parent in parents {
            guard let resolved = run.entities[EntityName(rawValue: parent)] else { continue }
            environment.parents[parent] = try await self.state(of: resolved, run: run, epoch: epoch)
        }
        let identities = Dictionary(uniqueKeysWithValues: run.plan.entities.map { ($0.name, $0.identity) })
        return ParentSets(identities: identities, environment: environment)
    }

    private func state(
        of parent: ResolvedEntity,
        run: RunContext,
        epoch: Int
    ) async throws(AttemptFailure) -> TransformEnvironment.ParentState {
        let name = EntityName(rawValue: parent.name)
        if let entry = self.parents[name], entry.epoch >= epoch { return try await Self.value(of: entry) }
        let entry = Entry(epoch: epoch) { [store, targetKeys] in
            let presence = try await store.presence(of: name, in: run.id)
            var state = TransformEnvironment.ParentState(
                failedRanges: presence.failedRanges.map { $0.closedRange }
            )
            for bitmap in presence.bitmaps { state.present.formUnion(try PresenceSet(serialized: bitmap)) }
            state.pending = PresenceSet(presence.pendingKeys)
            if parent.into == .append, let column = parent.legacyColumn {
                // Rows that came before this run are parents too.
                state.present.formUnion(try await targetKeys.keys(of: parent.targetTable, column: column))
            }
            return state
        }
        self.parents[name] = entry
        return try await Self.value(of: entry)
    }

    private func losers(of entity: ResolvedEntity, run: RunContext, epoch: Int) async throws(AttemptFailure)
        -> PresenceSet
    {
        let name = EntityName(rawValue: entity.name)
        if let entry = self.losers[name], entry.epoch >= epoch { return try await Self.value(of: entry) }
        let entry = Entry(epoch: epoch) { [store] in
            guard let bitmap = try await store.losers(of: name, in: run.id) else { return PresenceSet() }
            return try PresenceSet(serialized: bitmap)
        }
        self.losers[name] = entry
        return try await Self.value(of: entry)
    }

    private static func value<Value: Sendable>(of entry: Entry<Value>) async throws(AttemptFailure) -> Value {
        do {
            return try await entry.task.value
        } catch let error as ControlStoreError {
            throw AttemptFailure(error)
        } catch let error as PostgresError {
            throw AttemptFailure(error, side: .target, isCancelled: false)
        } catch {
            throw AttemptFailure(.fault, side: .worker, message: "a presence set can't be read: \(error)")
        }
    }

    /// A set that is being read or has been.
    private struct Entry<Value: Sendable> {
        let epoch: Int
        let task: Task<Value, any Error>

        init(epoch: Int, _ read: @escaping @Sendable () async throws -> Value) {
            self.epoch = epoch
            self.task = Task { try await read() }
        }
    }
}

extension KeyRange {
    /// The same keys as a closed range.
    var closedRange: ClosedRange<Int64> {
        let last = self.upper.map { $0 - 1 } ?? .max
        let first = self.lower ?? .min
        return first...max(first, last)
    }
}

extension AttemptFailure {
    /// The control schema could not be read; it is in the target.
    init(_ error: ControlStoreError) {
        self.init(
            error.isTransient ? .surroundings : .fault,
            side: .target,
            sqlState: error.sqlState,
            message: "\(error)"
        )
    }
}
