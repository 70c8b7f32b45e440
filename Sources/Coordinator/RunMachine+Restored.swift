import Catalog
import ControlStore
import Scheduling

extension RunMachine {
    /// The run machine as the control schema has it.
    static func restored(of run: RunRecord, plan: ResolvedPlan, from store: ControlStore) async throws -> RunMachine {
        let stages = Dictionary(uniqueKeysWithValues: try await store.entities(of: run.id).map { ($0.name, $0.stage) })
        let dueRounds = try await store.dueRounds(of: run.id)
        let nodes = plan.entities.map { entity in
            let name = EntityName(rawValue: entity.name)
            return EntityNode(entity, in: plan, stage: stages[name], dueRounds: dueRounds[name] ?? [])
        }
        var machine = RunMachine(entities: nodes, limits: GrantLimits(plan.policy))
        var last: ShardID?
        while true {
            let entries = try await store.shardEntries(of: run.id, after: last, atMost: Self.shardsAtOnce, now: .now)
            for entry in entries { machine.add(entry) }
            guard let end = entries.last else { break }
            last = end.id
        }
        let withShards = Set(machine.shards.entities)
        if let missing = nodes.first(where: { !withShards.contains($0.name) }) {
            throw CoordinatorError(.runFailed, "run \(run.id) has no shards of \(missing.name) in the control schema")
        }
        return machine
    }

    /// Shards read at once: a megabyte or two (safe from hundreds to tens of thousands).
    private static let shardsAtOnce = 5_000
}
