import Catalog
import MigrationPlan
import RowPipeline
import Scheduling

extension EntityNode {
    /// An entity as it stands in the control schema.
    ///
    /// What was being prepared is prepared again; fills and completions are found anew from the shards.
    init(_ entity: ResolvedEntity, in plan: ResolvedPlan, stage: Stage?) {
        let resumed: Stage =
            switch stage ?? .waiting {
            case .waiting, .preparing: .waiting
            case .copying: .waiting
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

extension ResolvedEntity {
    /// The entities its deferred references point at.
    var deferredParents: [String] {
        let operations = self.fill?.program.outputs.map(\.operation) ?? []
        return operations.flatMap { operation -> [String] in
            guard case .reference(let reference) = operation else { return [] }
            return reference.alternatives.map(\.entity)
        }
    }
}

extension GrantLimits {
    init(_ policy: RunPolicy) {
        self.init(
            parallelism: policy.parallelism,
            phaseBarrier: policy.phaseBarrier,
            sourceConnections: policy.connections.source,
            targetConnections: policy.connections.target
        )
    }
}
