import Catalog
import Scheduling

extension RetryPolicy {
    /// With the plan's attempts and delay.
    init(_ policy: RunPolicy) {
        self.init(attempts: policy.retryAttempts, delay: .seconds(policy.retryDelaySeconds))
    }
}
