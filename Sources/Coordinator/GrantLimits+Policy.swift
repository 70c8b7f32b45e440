import Catalog
import MigrationPlan
import Scheduling

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
