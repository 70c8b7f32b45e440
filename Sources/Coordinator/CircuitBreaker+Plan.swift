import Catalog
import ControlStore
import MigrationPlan
import Scheduling

extension CircuitBreaker {
    /// The breaker of a run's plan, with the rates that were accepted so far; nil where the plan has none.
    init?(of run: RunID, plan: ResolvedPlan, in store: ControlStore) async throws(ControlStoreError) {
        guard let settings = plan.policy.circuitBreaker else { return nil }
        self.init(
            limit: settings.errorRate,
            minimumRows: settings.minimumRows,
            accepted: try await store.acceptedErrorRates(of: run)
        )
    }
}
