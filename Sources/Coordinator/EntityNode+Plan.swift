import Catalog
import Scheduling

extension EntityNode {
    /// An entity as it stands in the control schema.
    ///
    /// What was being prepared is prepared again; fills, tasks and completions are found anew from the shards.
    init(_ entity: ResolvedEntity, in plan: ResolvedPlan, stage: Stage?, dueRounds: Set<TaskRound> = []) {
        let resumed: Stage =
            switch stage ?? .waiting {
            case .waiting, .preparing, .copying: .waiting
            case .indexing: .indexing
            case .settled, .filling, .constraining: .settled
            case .complete: .complete
            }
        self.init(
            name: EntityName(rawValue: entity.name),
            position: entity.position,
            phase: plan.phases.firstIndex(of: entity.phase) ?? 0,
            dependencies: entity.dependencies.map { EntityName(rawValue: $0) },
            deferredParents: entity.deferredParents.map { EntityName(rawValue: $0) },
            priority: entity.priority,
            parallelism: entity.parallelism,
            canYield: entity.readsInKeyOrder == true,
            stage: resumed,
            dueRounds: dueRounds
        )
    }
}
