import Catalog
import Scheduling

extension EntityNode {
    /// An entity as it stands in the control schema.
    ///
    /// What was being prepared is prepared again; fills and completions are found anew from the shards.
    init(_ entity: ResolvedEntity, in plan: ResolvedPlan, stage: Stage?) {
        let resumed: Stage =
            switch stage ?? .waiting {
            case .waiting, .preparing, .copying: .waiting
            case .settled, .filling: .settled
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
            stage: resumed
        )
    }
}
