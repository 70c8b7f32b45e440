import Catalog
import MigrationPlan
import Scheduling

extension GrantLimits {
    init(_ policy: RunPolicy) {
        let throttle = ThrottleLimits(policy.throttle)
        self.init(
            parallelism: policy.parallelism,
            phaseBarrier: policy.phaseBarrier,
            sourceConnections: policy.connections.source,
            targetConnections: policy.connections.target,
            sourceProbes: throttle.watchesSource ? 1 : 0,
            targetProbes: throttle.watchesTarget ? 1 : 0
        )
    }
}
